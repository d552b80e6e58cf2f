//   ElbowAdam(gradient, m, v, settings) -> change, m, v    Kingma and Ba, arXiv:1412.6980, algorithm 1
//
// All vectors are of the same length. Settings change from step to step, so they are no attributes: (β₁, 1 − β₁, β₂, 1 − β₂,
// rate, ε), the rate corrected for the bias of both moments. Each product and sum is rounded as if it were an operation of
// its own, so that the bits are those of TensorFlow's operations in a row.
#include <algorithm>
#include <cmath>

#include "operation.h"
#include "parallel.h"

namespace elbow {
namespace {

constexpr int64_t BLOCK_FLOATS = 16384;
constexpr int64_t SETTINGS = 6;

void* create(TF_OpKernelConstruction*) { return nullptr; }

void destroy(void*) {}

void compute_adam(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor *gradient = call.input(0), *first = call.input(1), *second = call.input(2), *settings = call.input(3);
  if (!call.ok()) return;
  const auto shape = shape_of(gradient);
  if (!has_shape(call, first, shape) || !has_shape(call, second, shape) || !has_shape(call, settings, {SETTINGS})) {
    return;
  }
  float* const change = call.output(0, TF_FLOAT, shape);
  float* const next_first = call.output(1, TF_FLOAT, shape);
  float* const next_second = call.output(2, TF_FLOAT, shape);
  if (!call.ok()) return;
  const float* const given = data(settings);
  const float beta1 = given[0], rest1 = given[1], beta2 = given[2], rest2 = given[3], rate = given[4], epsilon = given[5];
  const int64_t count = TF_TensorElementCount(gradient);
  parallel_for((count + BLOCK_FLOATS - 1) / BLOCK_FLOATS, [&](int64_t block) {
    const float *g = data(gradient), *m = data(first), *v = data(second);
    float *__restrict to_change = change, *__restrict to_first = next_first, *__restrict to_second = next_second;
    const int64_t end = std::min(count, (block + 1) * BLOCK_FLOATS);
    for (int64_t i = block * BLOCK_FLOATS; i < end; i++) {
      const float next_m = m[i] * beta1 + g[i] * rest1;
      const float next_v = v[i] * beta2 + g[i] * g[i] * rest2;
      to_first[i] = next_m;
      to_second[i] = next_v;
      to_change[i] = next_m * rate / (std::sqrt(next_v) + epsilon);
    }
  });
}

}  // namespace

const std::vector<Operation>& optimizer_operations() {
  static const std::vector<Operation> all = {
      {"ElbowAdam",
       {"gradient: float", "m: float", "v: float", "settings: float"},
       {"change: float", "next_m: float", "next_v: float"},
       {},
       create,
       guarded<compute_adam>,
       destroy},
  };
  return all;
}

}  // namespace elbow
