// Batch normalisation over the last axis (Ioffe and Szegedy, arXiv:1502.03167), with the ReLU that may follow it.
#pragma once

#include <cstdint>

namespace elbow {

struct Norm {
  // All but the last axis.
  int64_t rows;
  int64_t channels;
  float epsilon;
  // Whether max(0, ·) follows.
  bool relu;
};

// Mean and biased variance of each channel over all rows. Sums of many numbers are made in double precision.
void norm_moments(const Norm& norm, const float* x, float* mean, float* variance);

// y = scale (x − mean) / √(variance + ε) + offset, and its ReLU.
void norm_apply(const Norm& norm, const float* x, const float* scale, const float* offset, const float* mean,
                const float* variance, float* y);

// The gradients where mean and variance were those of x.
void norm_gradients(const Norm& norm, const float* x, const float* scale, const float* offset, const float* mean,
                    const float* variance, const float* dy, float* dx, float* dscale, float* doffset);

}  // namespace elbow
