// How the sums of a window become one pixel of the output.
#pragma once

#include "tiles.h"

namespace elbow {

// Bias and ReLU of a vector; not-a-number stays what it is.
inline __m256 finish(__m256 sum, const float* bias, int64_t filter, __m256i mask, bool relu) {
  if (bias) sum = _mm256_add_ps(sum, _mm256_maskload_ps(bias + filter, mask));
  return relu ? _mm256_max_ps(_mm256_setzero_ps(), sum) : sum;
}

// Stores the maxima of a window, with bias and ReLU, at y[to]. Its pixels lie at `window` plus each of pool² steps.
inline void store_window(const After& after, const float* window, const int64_t* steps, int64_t filters, int64_t to,
                         float* y) {
  const int64_t pixels = after.pool * after.pool;
  for (int64_t filter = 0; filter < filters; filter += LANES) {
    const int64_t used = std::min(LANES, filters - filter);
    const __m256i mask = lanes_mask(used);
    __m256 best = _mm256_load_ps(window + steps[0] + filter);
    __m256i where = _mm256_setzero_si256();
    for (int64_t i = 1; i < pixels; i++) {
      const __m256 other = _mm256_load_ps(window + steps[i] + filter);
      if (!after.places) {
        // Each order gives the second number where one is not a number, so both together keep it.
        best = _mm256_or_ps(_mm256_max_ps(best, other), _mm256_max_ps(other, best));
        continue;
      }
      // The first of equal values stays, and not-a-number wins.
      const __m256 more =
          _mm256_or_ps(_mm256_cmp_ps(other, best, _CMP_GT_OQ), _mm256_cmp_ps(other, other, _CMP_UNORD_Q));
      best = _mm256_blendv_ps(best, other, more);
      where = _mm256_blendv_epi8(where, _mm256_set1_epi32(static_cast<int>(i)), _mm256_castps_si256(more));
    }
    best = finish(best, after.bias, filter, mask, after.relu);
    if (used == LANES) {
      _mm256_storeu_ps(y + to + filter, best);
    } else {
      _mm256_maskstore_ps(y + to + filter, mask, best);
    }
    if (after.places) {
      const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(where), _mm256_extracti128_si256(where, 1));
      const uint64_t bytes = _mm_cvtsi128_si64(_mm_packus_epi16(words, words));
      std::memcpy(after.places + to + filter, &bytes, used);
    }
  }
}

}  // namespace elbow
