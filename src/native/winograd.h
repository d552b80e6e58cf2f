// Convolutions with 3×3 kernels and stride 1 by minimal filtering: F(4×4, 3×3) takes 36 products for 16 pixels of output in
// place of 144, F(2×2, 3×3) 16 for four pixels in place of 36. The first rounds to some 1e-5 of the largest value.
#pragma once

#include "conv.h"

namespace elbow {

// Whether a convolution can be done so: kernels of 3×3, and whole vectors of channels and of filters.
bool winograd_suits(const Conv& conv);

// The m of F(m×m, 3×3), 2 or 4: the one that takes fewer products for this size of output.
int winograd_output(const Conv& conv);

// y: shape [batch, out_height, out_width, filters].
void winograd_forward(const Conv& conv, const float* x, const float* kernel, float* y);

// Gradient by the input, dx of x's shape, from dy of y's shape.
void winograd_input_gradient(const Conv& conv, const float* kernel, const float* dy, float* dx);

// Gradient by the kernel, dkernel of the kernel's shape.
void winograd_kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel);

}  // namespace elbow
