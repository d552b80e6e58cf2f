// Convolutions with 5×5 kernels over few channels and the 2×2 pooling that follows: each row of the kernel by minimal
// filtering, F(4, 5) with 8 products for four pixels in place of 20. Of squares the transformations would cost more than they
// save, because few channels share them. A pixel that is no finite number makes all four pixels of its stretch so.
#pragma once

#include "conv.h"

namespace elbow {

// Whether it can be done so and pays.
bool row_filtering_suits(const Conv& conv, const After& after);

// As conv_forward; rounding differs by some 1e-6 of the largest value.
void row_filtering_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y);

}  // namespace elbow
