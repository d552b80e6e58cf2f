// The innermost loops: sums of products that stay in registers.
#pragma once

#include "tiles.h"

namespace elbow {

// Channels of a register tile: their products with three vectors of filters are twelve sums.
constexpr int64_t QUAD = 4;

// Sums of four pixels and V vectors of filters. The k-th row of the kernel meets `run` floats of the image in a row.
template <int V>
void inner_tile(const float* const x[TILE_PIXELS], int64_t row, int64_t rows, int64_t run, const float* kernel,
                float* sums, int64_t step, bool first) {
  __m256 acc[TILE_PIXELS][V];
#pragma GCC unroll 16
  for (int p = 0; p < TILE_PIXELS; p++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      acc[p][v] = first ? _mm256_setzero_ps() : _mm256_load_ps(sums + p * step + v * LANES);
    }
  }
  const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
  for (int64_t k = 0; k < rows; k++, x0 += row, x1 += row, x2 += row, x3 += row) {
    for (int64_t i = 0; i < run; i++, kernel += V * LANES) {
      __m256 w[V];
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) w[v] = _mm256_load_ps(kernel + v * LANES);
      const __m256 a = _mm256_broadcast_ss(x0 + i);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[0][v] = _mm256_fmadd_ps(a, w[v], acc[0][v]);
      const __m256 b = _mm256_broadcast_ss(x1 + i);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[1][v] = _mm256_fmadd_ps(b, w[v], acc[1][v]);
      const __m256 c = _mm256_broadcast_ss(x2 + i);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[2][v] = _mm256_fmadd_ps(c, w[v], acc[2][v]);
      const __m256 d = _mm256_broadcast_ss(x3 + i);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[3][v] = _mm256_fmadd_ps(d, w[v], acc[3][v]);
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < TILE_PIXELS; p++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) _mm256_store_ps(sums + p * step + v * LANES, acc[p][v]);
  }
}

constexpr decltype(&inner_tile<1>) INNER_TILES[] = {nullptr, inner_tile<1>, inner_tile<2>, inner_tile<3>};

// Adds, over all pixels, the products of four channels and V vectors of filters.
template <int V>
void outer_tile(const float* x, const int32_t* pixels, int64_t count, const float* dy, float* sums) {
  __m256 acc[QUAD][V];
#pragma GCC unroll 16
  for (int c = 0; c < QUAD; c++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) acc[c][v] = _mm256_setzero_ps();
  }
  for (int64_t pixel = 0; pixel < count; pixel++, dy += V * LANES) {
    const float* from = x + static_cast<int64_t>(pixels[pixel]) * QUAD;
    __m256 slope[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) slope[v] = _mm256_load_ps(dy + v * LANES);
#pragma GCC unroll 16
    for (int c = 0; c < QUAD; c++) {
      const __m256 value = _mm256_broadcast_ss(from + c);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[c][v] = _mm256_fmadd_ps(value, slope[v], acc[c][v]);
    }
  }
#pragma GCC unroll 16
  for (int c = 0; c < QUAD; c++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      float* const sum = sums + (c * V + v) * LANES;
      _mm256_store_ps(sum, _mm256_add_ps(_mm256_load_ps(sum), acc[c][v]));
    }
  }
}

constexpr decltype(&outer_tile<1>) OUTER_TILES[] = {nullptr, outer_tile<1>, outer_tile<2>, outer_tile<3>};

}  // namespace elbow
