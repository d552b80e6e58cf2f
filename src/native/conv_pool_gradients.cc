#include "conv_pool.h"

namespace elbow {

void conv_pool_gradients(const Conv& conv, const After& after, const float* x, const float* kernel, const float* y,
                         const float* dy, float* dx, float* dkernel, float* dbias) {
  const PoolLayout layout(conv, after);
  const int64_t windows = conv.batch * layout.pooled_pixels();
  const Pooled pooled = {y, after.places, dy, windows * conv.filters};
  pool_kernel_gradient(layout, x, pooled, dkernel, dbias);
  if (dx) pool_input_gradient(layout, kernel, pooled, dx);
}

}  // namespace elbow
