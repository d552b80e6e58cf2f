// All normalise over all axes but the last one, with `epsilon`, and a ReLU where `relu`.
//
//   ElbowNorm(x, scale, offset) -> y, mean, variance       by the moments of x, which it gives out; the variance is biased
//   ElbowNormApply(x, scale, offset, mean, variance) -> y
//   ElbowNormGradients(x, scale, offset, mean, variance, dy) -> dx, dscale, doffset    of ElbowNorm
#include "norm.h"
#include "operation.h"

namespace elbow {
namespace {

struct Attributes {
  float epsilon = 0;
  bool relu = false;
};

void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes;
  AttributeReader reader(construction);
  reader.read("epsilon", attributes->epsilon);
  reader.read("relu", attributes->relu);
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// The normalisation of a tensor; fails where it has no channels or no numbers, or the vectors are not of the channels.
Norm norm_of(Call& call, const void* attributes, const TF_Tensor* x, const std::vector<TF_Tensor*>& vectors) {
  if (!call.ok()) return {};
  const auto& given = *static_cast<const Attributes*>(attributes);
  const int dims = TF_NumDims(x);
  const int64_t channels = dims > 0 ? TF_Dim(x, dims - 1) : 0, count = TF_TensorElementCount(x);
  if (channels < 1 || count < 1) {
    call.fail("expected at least one number, and channels as the last axis");
    return {};
  }
  for (const TF_Tensor* vector : vectors) has_shape(call, vector, {channels});
  return {count / channels, channels, given.epsilon, given.relu};
}

void compute_norm(void* attributes, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *x = call.input(0), *scale = call.input(1), *offset = call.input(2);
  const Norm norm = norm_of(call, attributes, x, {scale, offset});
  if (!call.ok()) return;
  float* y = call.output(0, TF_FLOAT, shape_of(x));
  float* mean = call.output(1, TF_FLOAT, {norm.channels});
  float* variance = call.output(2, TF_FLOAT, {norm.channels});
  if (!call.ok()) return;
  norm_moments(norm, data(x), mean, variance);
  norm_apply(norm, data(x), data(scale), data(offset), mean, variance, y);
}

void compute_apply(void* attributes, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *x = call.input(0), *scale = call.input(1), *offset = call.input(2), *mean = call.input(3),
            *variance = call.input(4);
  const Norm norm = norm_of(call, attributes, x, {scale, offset, mean, variance});
  if (!call.ok()) return;
  float* y = call.output(0, TF_FLOAT, shape_of(x));
  if (call.ok()) norm_apply(norm, data(x), data(scale), data(offset), data(mean), data(variance), y);
}

void compute_gradients(void* attributes, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *x = call.input(0), *scale = call.input(1), *offset = call.input(2), *mean = call.input(3),
            *variance = call.input(4), *dy = call.input(5);
  const Norm norm = norm_of(call, attributes, x, {scale, offset, mean, variance});
  if (!call.ok() || !has_shape(call, dy, shape_of(x))) return;
  float* dx = call.output(0, TF_FLOAT, shape_of(x));
  float* dscale = call.output(1, TF_FLOAT, {norm.channels});
  float* doffset = call.output(2, TF_FLOAT, {norm.channels});
  if (!call.ok()) return;
  norm_gradients(norm, data(x), data(scale), data(offset), data(mean), data(variance), data(dy), dx, dscale, doffset);
}

}  // namespace

const std::vector<Operation>& norm_operations() {
  static const std::vector<const char*> attributes = {"epsilon: float", "relu: bool"};
  static const std::vector<Operation> all = {
      {"ElbowNorm",
       {"x: float", "scale: float", "offset: float"},
       {"y: float", "mean: float", "variance: float"},
       attributes,
       create,
       guarded<compute_norm>,
       destroy},
      {"ElbowNormApply",
       {"x: float", "scale: float", "offset: float", "mean: float", "variance: float"},
       {"y: float"},
       attributes,
       create,
       guarded<compute_apply>,
       destroy},
      {"ElbowNormGradients",
       {"x: float", "scale: float", "offset: float", "mean: float", "variance: float", "dy: float"},
       {"dx: float", "dscale: float", "doffset: float"},
       attributes,
       create,
       guarded<compute_gradients>,
       destroy},
  };
  return all;
}

}  // namespace elbow
