// Convolutions with 3×3 kernels and stride 1 by minimal filtering, F(2×2, 3×3): 16 products for four pixels of output in
// place of 36 (Winograd, "Arithmetic Complexity of Computations", 1980; Lavin and Gray, arXiv:1509.09308, section 4.1).
#pragma once

#include "conv.h"

namespace elbow {

// Whether a convolution can be done so: kernels of 3×3, and whole vectors of channels and of filters.
bool winograd_suits(const Conv& conv);

// y: shape [batch, out_height, out_width, filters].
void winograd_forward(const Conv& conv, const float* x, const float* kernel, float* y);

// Gradient by the input, dx of x's shape, from dy of y's shape.
void winograd_input_gradient(const Conv& conv, const float* kernel, const float* dy, float* dx);

// Gradient by the kernel, dkernel of the kernel's shape.
void winograd_kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel);

}  // namespace elbow
