// Convolutions with 5×5 kernels and the 2×2 pooling that follows by minimal filtering, F(2×2, 5×5) over the points 0, 1, −1,
// 2, −2 and ∞: 36 products for the four pixels of a window in place of 100. See winograd.h for the sources.
#pragma once

#include "conv.h"

namespace elbow {

// Whether it can be done so and pays: windows of 2×2, and channels enough to be worth the transformations.
bool winograd5_suits(const Conv& conv, const After& after);

// As conv_forward; rounding differs by some 1e-6 of the largest value.
void winograd5_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y);

}  // namespace elbow
