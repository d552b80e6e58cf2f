// The two halves of conv_pool_gradients.
#pragma once

#include "slopes.h"

namespace elbow {

void pool_kernel_gradient(const Layout& layout, const float* x, const Pooled& pooled, float* dkernel, float* dbias);
void pool_input_gradient(const Layout& layout, const float* kernel, const Pooled& pooled, float* dx);

}  // namespace elbow
