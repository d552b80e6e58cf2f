// elbow's operations for TensorFlow, through its C interface, whose ABI is stable. Loading this library registers them.
//
// All are about a convolution of stride 1 with zeros `before` on two sides and an output of `rows` × `columns`.
//
//   ElbowConvKernelGradient(x, kernel, dy) -> dkernel
//   ElbowConvPool(x, kernel, bias) -> y, places       with max pooling of `pool`, bias, and ReLU where `relu`
//   ElbowConvPoolGradients(x, kernel, y, places, dy) -> dx, dkernel, dbias    dx is empty where not `needs_input`
#include <memory>
#include <string>
#include <vector>

#include "conv.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

using elbow::After;
using elbow::Conv;

struct StatusOwner {
  TF_Status* status = TF_NewStatus();
  ~StatusOwner() { TF_DeleteStatus(status); }
  bool ok() const { return TF_GetCode(status) == TF_OK; }
};

// The attributes of an operation; those it does not have keep their defaults.
struct Attributes {
  int64_t before = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t pool = 1;
  bool relu = false;
  bool needs_input = true;
};

int64_t whole(TF_OpKernelConstruction* construction, const char* name, TF_Status* status) {
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(construction, name, &value, status);
  return value;
}

bool truth(TF_OpKernelConstruction* construction, const char* name, TF_Status* status) {
  unsigned char value = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, name, &value, status);
  return value != 0;
}

enum class Kind { plain, pool, pool_gradients };

template <Kind kind>
void* create(TF_OpKernelConstruction* construction) {
  StatusOwner owner;
  auto* attributes = new Attributes;
  attributes->before = whole(construction, "before", owner.status);
  if (owner.ok()) attributes->rows = whole(construction, "rows", owner.status);
  if (owner.ok()) attributes->columns = whole(construction, "columns", owner.status);
  if (kind != Kind::plain) {
    if (owner.ok()) attributes->pool = whole(construction, "pool", owner.status);
    if (owner.ok()) attributes->relu = truth(construction, "relu", owner.status);
  }
  if (kind == Kind::pool_gradients && owner.ok()) {
    attributes->needs_input = truth(construction, "needs_input", owner.status);
  }
  if (!owner.ok()) TF_OpKernelConstruction_Failure(construction, owner.status);
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// The tensors of one call.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context) {}

  ~Call() {
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    if (!owner_.ok()) TF_OpKernelContext_Failure(context_, owner_.status);
  }

  bool ok() const { return owner_.ok(); }

  void fail(const std::string& message) { TF_SetStatus(owner_.status, TF_INVALID_ARGUMENT, message.c_str()); }

  TF_Tensor* input(int index) {
    if (!ok()) return nullptr;
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, owner_.status);
    return keep(tensor);
  }

  template <typename T = float>
  T* output(int index, TF_DataType type, const std::vector<int64_t>& shape) {
    if (!ok()) return nullptr;
    size_t bytes = sizeof(T);
    for (int64_t side : shape) bytes *= side;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, type, shape.data(), static_cast<int>(shape.size()), bytes,
                                          owner_.status);
    return static_cast<T*>(keep(tensor) ? TF_TensorData(tensor) : nullptr);
  }

 private:
  TF_Tensor* keep(TF_Tensor* tensor) {
    if (tensor) tensors_.push_back(tensor);
    return ok() ? tensor : nullptr;
  }

  TF_OpKernelContext* context_;
  StatusOwner owner_;
  std::vector<TF_Tensor*> tensors_;
};

template <typename T = float>
T* data(TF_Tensor* tensor) {
  return static_cast<T*>(TF_TensorData(tensor));
}

std::vector<int64_t> shape_of(const TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor, static_cast<int>(i));
  return shape;
}

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
  }
  return conv;
}

bool has_shape(Call& call, const TF_Tensor* tensor, const std::vector<int64_t>& shape) {
  if (!call.ok()) return false;
  if (shape_of(tensor) == shape) return true;
  call.fail("a gradient's shape is not that of what it belongs to");
  return false;
}

std::vector<int64_t> out_shape(const Conv& conv, int64_t pool) {
  return {conv.batch, conv.out_height / pool, conv.out_width / pool, conv.filters};
}

void compute_kernel_gradient(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *dy = call.input(2);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!has_shape(call, dy, out_shape(conv, 1))) return;
  float* dkernel = call.output(0, TF_FLOAT, shape_of(kernel));
  if (call.ok()) elbow::conv_kernel_gradient(conv, data(x), data(dy), dkernel);
}

void compute_pool(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *bias = call.input(2);
  const Conv conv = conv_of(call, attributes, x, kernel);
  if (!has_shape(call, bias, {conv.filters})) return;
  float* y = call.output(0, TF_FLOAT, out_shape(conv, attributes.pool));
  uint8_t* places = call.output<uint8_t>(1, TF_UINT8, out_shape(conv, attributes.pool));
  if (call.ok()) {
    elbow::conv_forward(conv, data(x), data(kernel), {data(bias), attributes.relu, attributes.pool, places}, y);
  }
}

void compute_pool_gradients(void* kernel_data, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<Attributes*>(kernel_data);
  Call call(context);
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *y = call.input(2), *places = call.input(3),
            *dy = call.input(4);
  const Conv conv = conv_of(call, attributes, x, kernel);
  const auto shape = out_shape(conv, attributes.pool);
  if (!has_shape(call, y, shape) || !has_shape(call, places, shape) || !has_shape(call, dy, shape)) return;
  float* dx = call.output(0, TF_FLOAT, attributes.needs_input ? shape_of(x) : std::vector<int64_t>{0});
  float* dkernel = call.output(1, TF_FLOAT, shape_of(kernel));
  float* dbias = call.output(2, TF_FLOAT, {conv.filters});
  if (!call.ok()) return;
  const After after = {nullptr, attributes.relu, attributes.pool, data<uint8_t>(places)};
  elbow::conv_pool_gradients(conv, after, data(x), data(kernel), data(y), data(dy),
                             attributes.needs_input ? dx : nullptr, dkernel, dbias);
}

void unknown_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

struct Operation {
  const char* name;
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  std::vector<const char*> attributes;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
};

const std::vector<Operation>& operations() {
  static const std::vector<const char*> plain = {"before: int", "rows: int", "columns: int"};
  static const std::vector<const char*> pool = {"before: int", "rows: int", "columns: int", "pool: int", "relu: bool"};
  static const std::vector<const char*> gradients = {"before: int", "rows: int",  "columns: int",
                                                     "pool: int",   "relu: bool", "needs_input: bool"};
  static const std::vector<Operation> all = {
      {"ElbowConvKernelGradient",
       {"x: float", "kernel: float", "dy: float"},
       {"dkernel: float"},
       plain,
       create<Kind::plain>,
       compute_kernel_gradient},
      {"ElbowConvPool",
       {"x: float", "kernel: float", "bias: float"},
       {"y: float", "places: uint8"},
       pool,
       create<Kind::pool>,
       compute_pool},
      {"ElbowConvPoolGradients",
       {"x: float", "kernel: float", "y: float", "places: uint8", "dy: float"},
       {"dx: float", "dkernel: float", "dbias: float"},
       gradients,
       create<Kind::pool_gradients>,
       compute_pool_gradients},
  };
  return all;
}

bool register_operation(const Operation& operation) {
  StatusOwner owner;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown_shapes);
  TF_RegisterOpDefinition(definition, owner.status);
  if (!owner.ok()) return false;
  TF_KernelBuilder* kernel =
      TF_NewKernelBuilder(operation.name, "CPU", operation.create, operation.compute, destroy);
  TF_RegisterKernelBuilder(operation.name, kernel, owner.status);
  return owner.ok();
}

}  // namespace

// Node loads the library as an addon without exports. On a CPU without AVX2 and FMA nothing is registered.
extern "C" __attribute__((visibility("default"))) void* napi_register_module_v1(void*, void* exports) {
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    for (const Operation& operation : operations()) {
      if (!register_operation(operation)) break;
    }
  }
  return exports;
}
