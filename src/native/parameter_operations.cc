//   ElbowSplit(all) -> parts      cuts a vector into `count` tensors
//   ElbowJoin(parts) -> all       lays them in a row again
//
// `sides` are the parts' shapes in a row, `ranks` how many sides each has. TensorFlow's own take an operation more for the shape
// of every part.
#include <cstring>

#include "operation.h"

namespace elbow {
namespace {

// Shapes of the parts, and of each the numbers.
struct Parts {
  std::vector<std::vector<int64_t>> shapes;
  std::vector<int64_t> sizes;
  int64_t total = 0;
};

void* create_split(TF_OpKernelConstruction* construction) {
  auto* parts = new Parts;
  AttributeReader reader(construction);
  std::vector<int64_t> ranks, sides;
  reader.read("ranks", ranks);
  reader.read("sides", sides);
  auto side = sides.begin();
  for (int64_t rank : ranks) {
    // Cut off, the parts are fewer than asked for, which the call then tells.
    if (rank < 0 || rank > sides.end() - side) break;
    parts->shapes.emplace_back(side, side + rank);
    side += rank;
    int64_t size = 1;
    for (int64_t length : parts->shapes.back()) size *= length;
    parts->sizes.push_back(size);
    parts->total += size;
  }
  return parts;
}

void destroy_split(void* parts) { delete static_cast<Parts*>(parts); }

void compute_split(void* attributes, TF_OpKernelContext* context) {
  const auto& parts = *static_cast<Parts*>(attributes);
  Call call(context);
  TF_Tensor* all = call.input(0);
  if (!has_shape(call, all, {parts.total})) return;
  if (static_cast<int>(parts.shapes.size()) != TF_NumOutputs(context)) return call.fail("expected a shape for every part");
  const float* from = data(all);
  for (size_t part = 0; part < parts.shapes.size(); part++) {
    float* const to = call.output(static_cast<int>(part), TF_FLOAT, parts.shapes[part]);
    if (!call.ok()) return;
    std::memcpy(to, from, parts.sizes[part] * sizeof(float));
    from += parts.sizes[part];
  }
}

void* create_join(TF_OpKernelConstruction*) { return nullptr; }

void destroy_join(void*) {}

void compute_join(void*, TF_OpKernelContext* context) {
  Call call(context);
  std::vector<TF_Tensor*> parts;
  int64_t total = 0;
  for (int part = 0; part < TF_NumInputs(context); part++) {
    parts.push_back(call.input(part));
    if (!call.ok()) return;
    total += TF_TensorElementCount(parts.back());
  }
  float* to = call.output(0, TF_FLOAT, {total});
  if (!call.ok()) return;
  for (TF_Tensor* part : parts) {
    const int64_t size = TF_TensorElementCount(part);
    std::memcpy(to, data(part), size * sizeof(float));
    to += size;
  }
}

}  // namespace

const std::vector<Operation>& parameter_operations() {
  static const std::vector<Operation> all = {
      {"ElbowSplit",
       {"all: float"},
       {"parts: count * float"},
       {"count: int >= 1", "ranks: list(int)", "sides: list(int)"},
       create_split,
       guarded<compute_split>,
       destroy_split},
      {"ElbowJoin",
       {"parts: count * float"},
       {"all: float"},
       {"count: int >= 1"},
       create_join,
       guarded<compute_join>,
       destroy_join},
  };
  return all;
}

}  // namespace elbow
