// All are about a convolution of stride 1 with zeros `before` on two sides and an output of `rows` × `columns`.
//
//   ElbowConv(x, kernel) -> y                         for kernels that winograd_suits
//   ElbowConvInputGradient(x, kernel, dy) -> dx       likewise
//   ElbowConvKernelGradient(x, kernel, dy) -> dkernel
//   ElbowConvPool(x, kernel, bias) -> y, places       with max pooling of `pool`, bias, and ReLU where `relu`; places are
//                                                     empty where not `keep_places`
//   ElbowConvPoolGradients(x, kernel, y, places, dy) -> dx, dkernel, dbias    dx is empty where not `needs_input`
#include "conv.h"
#include "operation.h"
#include "winograd.h"

namespace elbow {
namespace {

// Those that an operation does not have keep their defaults.
struct Attributes {
  int64_t before = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t pool = 1;
  bool relu = false;
  bool needs_input = true;
  bool keep_places = true;
};

// A place in a window is a byte.
constexpr int64_t LARGEST_WINDOW = 15;

enum class Kind { plain, pool, pool_gradients };

template <Kind kind>
void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  AttributeReader reader(construction);
  reader.read("before", attributes->before);
  reader.read("rows", attributes->rows);
  reader.read("columns", attributes->columns);
  if (kind != Kind::plain) {
    reader.read("pool", attributes->pool);
    reader.read("relu", attributes->relu);
  }
  if (kind == Kind::pool) reader.read("keep_places", attributes->keep_places);
  if (kind == Kind::pool_gradients) reader.read("needs_input", attributes->needs_input);
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// The convolution of these images and this kernel; fails where they do not fit.
Conv conv_of(Call& call, const Attributes& attributes, const TF_Tensor* x, const TF_Tensor* kernel) {
  if (!call.ok()) return {};
  if (TF_NumDims(x) != 4 || TF_NumDims(kernel) != 4 || TF_Dim(kernel, 0) != TF_Dim(kernel, 1) ||
      TF_Dim(kernel, 2) != TF_Dim(x, 3)) {
    call.fail("expected images [batch, height, width, channels] and a kernel [side, side, channels, filters]");
    return {};
  }
  const Conv conv = {TF_Dim(x, 0),          TF_Dim(x, 1),     TF_Dim(x, 2),      TF_Dim(x, 3),      TF_Dim(kernel, 3),
                     TF_Dim(kernel, 0),     attributes.before, attributes.rows, attributes.columns};
  if (conv.before < 0 || conv.before >= conv.kernel || conv.out_height < 1 || conv.out_width < 1 ||
      conv.padded_height() < conv.height + conv.before || conv.padded_width() < conv.width + conv.before) {
    call.fail("the padding does not lead from the size of the images to that of the output");
  } else if (attributes.pool < 1 || attributes.pool > LARGEST_WINDOW) {
    call.fail("expected windows of 1 to 15 pixels a side");
  }
  return conv;
}

std::vector<int64_t> out_shape(const Conv& conv, int64_t pool) {
  return {conv.batch, conv.out_height / pool, conv.out_width / pool, conv.filters};
}

bool suits(Call& call, const Conv& conv) {
  if (call.ok() && !winograd_suits(conv)) call.fail("expected a kernel of 3x3, and multiples of 8 channels and filters");
  return call.ok();
}

void compute_conv(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!suits(call, conv)) return;
  float* y = call.output(0, TF_FLOAT, out_shape(conv, 1));
  if (call.ok()) winograd_forward(conv, data(x), data(kernel), y);
}

void compute_input_gradient(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *dy = call.input(2);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!suits(call, conv) || !has_shape(call, dy, out_shape(conv, 1))) return;
  float* dx = call.output(0, TF_FLOAT, shape_of(x));
  if (call.ok()) winograd_input_gradient(conv, data(kernel), data(dy), dx);
}

void compute_kernel_gradient(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *dy = call.input(2);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!has_shape(call, dy, out_shape(conv, 1))) return;
  float* dkernel = call.output(0, TF_FLOAT, shape_of(kernel));
  if (!call.ok()) return;
  const auto gradient = winograd_suits(conv) ? winograd_kernel_gradient : conv_kernel_gradient;
  gradient(conv, data(x), data(dy), dkernel);
}

void compute_pool(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *bias = call.input(2);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!has_shape(call, bias, {conv.filters})) return;
  float* y = call.output(0, TF_FLOAT, out_shape(conv, attributes.pool));
  const bool keep = attributes.keep_places;
  uint8_t* places = call.output<uint8_t>(1, TF_UINT8, keep ? out_shape(conv, attributes.pool) : std::vector<int64_t>{0});
  if (!call.ok()) return;
  conv_forward(conv, data(x), data(kernel), {data(bias), attributes.relu, attributes.pool, keep ? places : nullptr}, y);
}

void compute_pool_gradients(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *y = call.input(2), *places = call.input(3),
            *dy = call.input(4);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!call.ok()) return;
  const auto shape = out_shape(conv, attributes.pool);
  if (!has_shape(call, y, shape) || !has_shape(call, places, shape) || !has_shape(call, dy, shape)) return;
  float* dx = call.output(0, TF_FLOAT, attributes.needs_input ? shape_of(x) : std::vector<int64_t>{0});
  float* dkernel = call.output(1, TF_FLOAT, shape_of(kernel));
  float* dbias = call.output(2, TF_FLOAT, {conv.filters});
  if (!call.ok()) return;
  const After after = {nullptr, attributes.relu, attributes.pool, data<uint8_t>(places)};
  conv_pool_gradients(conv, after, data(x), data(kernel), data(y), data(dy), attributes.needs_input ? dx : nullptr,
                      dkernel, dbias);
}

}  // namespace

const std::vector<Operation>& conv_operations() {
  static const std::vector<const char*> plain = {"before: int", "rows: int", "columns: int"};
  static const std::vector<const char*> pool = {"before: int", "rows: int",  "columns: int",
                                                "pool: int",   "relu: bool", "keep_places: bool"};
  static const std::vector<const char*> gradients = {"before: int", "rows: int",  "columns: int",
                                                     "pool: int",   "relu: bool", "needs_input: bool"};
  static const std::vector<Operation> all = {
      {"ElbowConv",
       {"x: float", "kernel: float"},
       {"y: float"},
       plain,
       create<Kind::plain>,
       guarded<compute_conv>,
       destroy},
      {"ElbowConvInputGradient",
       {"x: float", "kernel: float", "dy: float"},
       {"dx: float"},
       plain,
       create<Kind::plain>,
       guarded<compute_input_gradient>,
       destroy},
      {"ElbowConvKernelGradient",
       {"x: float", "kernel: float", "dy: float"},
       {"dkernel: float"},
       plain,
       create<Kind::plain>,
       guarded<compute_kernel_gradient>,
       destroy},
      {"ElbowConvPool",
       {"x: float", "kernel: float", "bias: float"},
       {"y: float", "places: uint8"},
       pool,
       create<Kind::pool>,
       guarded<compute_pool>,
       destroy},
      {"ElbowConvPoolGradients",
       {"x: float", "kernel: float", "y: float", "places: uint8", "dy: float"},
       {"dx: float", "dkernel: float", "dbias: float"},
       gradients,
       create<Kind::pool_gradients>,
       guarded<compute_pool_gradients>,
       destroy},
  };
  return all;
}

}  // namespace elbow
