// How the sums of a window become one pixel of the output.
#pragma once

#include "tiles.h"

namespace elbow {

// The largest so far of a window's pixels, for eight filters, and which pixel it was.
struct Best {
  __m256 value;
  __m256i pixel = _mm256_setzero_si256();

  // Of equal values the first stays, and not-a-number wins.
  void meet(__m256 other, int index, bool keeps_pixel) {
    if (!keeps_pixel) {
      // Each order gives the second number where one is not a number, so both together keep it.
      value = _mm256_or_ps(_mm256_max_ps(value, other), _mm256_max_ps(other, value));
      return;
    }
    const __m256 more =
        _mm256_or_ps(_mm256_cmp_ps(other, value, _CMP_GT_OQ), _mm256_cmp_ps(other, other, _CMP_UNORD_Q));
    value = _mm256_blendv_ps(value, other, more);
    pixel = _mm256_blendv_epi8(pixel, _mm256_set1_epi32(index), _mm256_castps_si256(more));
  }

  // Stores it with bias and ReLU, from the given filter of the pixel of the output that begins at y[to].
  void store(const After& after, int64_t filter, int64_t filters, int64_t to, float* y) const {
    const int64_t used = std::min(LANES, filters - filter);
    __m256 sum = value;
    if (after.bias) sum = _mm256_add_ps(sum, _mm256_maskload_ps(after.bias + filter, lanes_mask(used)));
    // Not-a-number stays what it is.
    if (after.relu) sum = _mm256_max_ps(_mm256_setzero_ps(), sum);
    store_lanes(y + to + filter, used, sum);
    if (!after.places) return;
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(pixel), _mm256_extracti128_si256(pixel, 1));
    const uint64_t bytes = _mm_cvtsi128_si64(_mm_packus_epi16(words, words));
    std::memcpy(after.places + to + filter, &bytes, used);
  }
};

// Stores the maxima of a window, with bias and ReLU, at y[to]. Its pixels lie at `window` plus each of pool² steps.
inline void store_window(const After& after, const float* window, const int64_t* steps, int64_t filters, int64_t to,
                         float* y) {
  const int64_t pixels = after.pool * after.pool;
  for (int64_t filter = 0; filter < filters; filter += LANES) {
    Best best = {_mm256_load_ps(window + steps[0] + filter)};
    for (int64_t i = 1; i < pixels; i++) {
      best.meet(_mm256_load_ps(window + steps[i] + filter), static_cast<int>(i), after.places);
    }
    best.store(after, filter, filters, to, y);
  }
}

// The same of 2×2 pixels that are in registers, for eight filters.
inline void store_square(const After& after, const __m256 pixels[4], int64_t filter, int64_t filters, int64_t to,
                         float* y) {
  Best best = {pixels[0]};
#pragma GCC unroll 4
  for (int i = 1; i < 4; i++) best.meet(pixels[i], i, after.places);
  best.store(after, filter, filters, to, y);
}

}  // namespace elbow
