// The innermost loops: sums of products that stay in registers.
#pragma once

#include "tiles.h"

namespace elbow {

// Channels of a register tile: their products with three vectors of filters are twelve sums.
constexpr int64_t QUAD = 4;

// Transformed kernels of a block of filters, as the tiles read them: weights[place][tap][filter of the block].
struct BlockWeights {
  const float* weights;
  // Floats from one place to the next.
  int64_t place_step;
  int64_t taps;
  // Its first filter, and how many there are in all blocks.
  int64_t first;
  int64_t filters;
};

// Sums of four pixels and V vectors of filters.
template <int V>
struct InnerTile {
  __m256 sums[TILE_PIXELS][V];

  void clear() {
#pragma GCC unroll 16
    for (int p = 0; p < TILE_PIXELS; p++) {
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) sums[p][v] = _mm256_setzero_ps();
    }
  }

  void load(const float* from, int64_t step) {
#pragma GCC unroll 16
    for (int p = 0; p < TILE_PIXELS; p++) {
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) sums[p][v] = _mm256_load_ps(from + p * step + v * LANES);
    }
  }

  void store(float* to, int64_t step) const {
#pragma GCC unroll 16
    for (int p = 0; p < TILE_PIXELS; p++) {
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) _mm256_store_ps(to + p * step + v * LANES, sums[p][v]);
    }
  }

  // Adds the products with a kernel whose k-th row meets `run` floats of the image in a row.
  void add(const float* const x[TILE_PIXELS], int64_t row, int64_t rows, int64_t run, const float* kernel) {
    const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
    for (int64_t k = 0; k < rows; k++, x0 += row, x1 += row, x2 += row, x3 += row) {
      for (int64_t i = 0; i < run; i++, kernel += V * LANES) {
        __m256 w[V];
#pragma GCC unroll 16
        for (int v = 0; v < V; v++) w[v] = _mm256_load_ps(kernel + v * LANES);
        add_pixel(0, x0[i], w);
        add_pixel(1, x1[i], w);
        add_pixel(2, x2[i], w);
        add_pixel(3, x3[i], w);
      }
    }
  }

 private:
  void add_pixel(int p, const float& x, const __m256 w[V]) {
    const __m256 value = _mm256_broadcast_ss(&x);
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) sums[p][v] = _mm256_fmadd_ps(value, w[v], sums[p][v]);
  }
};

// Adds products to sums in memory, or to none.
template <int V>
void inner_tile(const float* const x[TILE_PIXELS], int64_t row, int64_t rows, int64_t run, const float* kernel,
                float* sums, int64_t step, bool first) {
  InnerTile<V> tile;
  if (first) {
    tile.clear();
  } else {
    tile.load(sums, step);
  }
  tile.add(x, row, rows, run, kernel);
  tile.store(sums, step);
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
