// The two halves of conv_pool_gradients, see conv.h for the shapes.
#pragma once

#include "slopes.h"

namespace elbow {

// dkernel of the kernel's shape and dbias of shape [filters], of which nothing is read.
void pool_kernel_gradient(const PoolLayout& layout, const float* x, const Pooled& pooled, float* dkernel, float* dbias);
// dx of the images' shape, of which nothing is read.
void pool_input_gradient(const PoolLayout& layout, const float* kernel, const Pooled& pooled, float* dx);

}  // namespace elbow
