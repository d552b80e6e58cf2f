//   ElbowStandardise(bytes, tables) -> values
//
// Bytes are images plane by plane, [batch, channels, height, width]; what becomes of each byte of each channel stands in the
// tables, [channels, 256]; values are [batch, height, width, channels].
#include "operation.h"
#include "parallel.h"

namespace elbow {
namespace {

constexpr int64_t BYTE_VALUES = 256;

void* create(TF_OpKernelConstruction*) { return nullptr; }

void destroy(void*) {}

void compute_standardise(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *bytes = call.input(0), *tables = call.input(1);
  if (!call.ok()) return;
  const auto shape = shape_of(bytes);
  if (shape.size() != 4) return call.fail("expected bytes [batch, channels, height, width]");
  const int64_t batch = shape[0], channels = shape[1], plane = shape[2] * shape[3];
  if (!has_shape(call, tables, {channels, BYTE_VALUES})) return;
  float* const values = call.output(0, TF_FLOAT, {batch, shape[2], shape[3], channels});
  if (!call.ok()) return;
  parallel_for(batch, [&](int64_t image) {
    for (int64_t channel = 0; channel < channels; channel++) {
      const uint8_t* from = data<uint8_t>(bytes) + (image * channels + channel) * plane;
      const float* table = data(tables) + channel * BYTE_VALUES;
      float* to = values + image * plane * channels + channel;
      for (int64_t pixel = 0; pixel < plane; pixel++, to += channels) *to = table[from[pixel]];
    }
  });
}

}  // namespace

const std::vector<Operation>& image_operations() {
  static const std::vector<Operation> all = {
      {"ElbowStandardise",
       {"bytes: uint8", "tables: float"},
       {"values: float"},
       {},
       create,
       guarded<compute_standardise>,
       destroy},
  };
  return all;
}

}  // namespace elbow
