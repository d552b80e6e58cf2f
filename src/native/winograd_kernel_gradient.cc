#include "parallel.h"
#include "register_tiles.h"
#include "squares.h"
#include "winograd.h"

namespace elbow {
namespace {

// A s Aᵀ of eight filters of a square's output; what lies beyond the borders counts as zeros.
void transform_slopes(const Conv& conv, const float* dy, const Place& place, int64_t filter, Square& out) {
  const float* image = dy + place.image * conv.out_pixels() * conv.filters + filter;
  const auto at = [&](int64_t row, int64_t column) {
    return row < conv.out_height && column < conv.out_width
               ? _mm256_loadu_ps(image + (row * conv.out_width + column) * conv.filters)
               : _mm256_setzero_ps();
  };
  const __m256 zero = _mm256_setzero_ps();
  __m256 t[4][2];
#pragma GCC unroll 2
  for (int c = 0; c < 2; c++) {
    const __m256 s0 = at(place.row, place.column + c), s1 = at(place.row + 1, place.column + c);
    t[0][c] = s0;
    t[1][c] = _mm256_add_ps(s0, s1);
    t[2][c] = _mm256_sub_ps(s0, s1);
    t[3][c] = _mm256_sub_ps(zero, s1);
  }
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    out[r][0] = t[r][0];
    out[r][1] = _mm256_add_ps(t[r][0], t[r][1]);
    out[r][2] = _mm256_sub_ps(t[r][0], t[r][1]);
    out[r][3] = _mm256_sub_ps(zero, t[r][1]);
  }
}

// Gᵀ u G of eight filters, for one channel.
void store_kernel(const Conv& conv, const float* sums, int64_t place_step, int64_t channel, int64_t filter,
                  float* dkernel) {
  const __m256 half = _mm256_set1_ps(0.5f);
  const auto gather = [&](const __m256 a[4], __m256 out[3]) {
    const __m256 sum = _mm256_mul_ps(_mm256_add_ps(a[1], a[2]), half);
    out[0] = _mm256_add_ps(a[0], sum);
    out[1] = _mm256_mul_ps(_mm256_sub_ps(a[1], a[2]), half);
    out[2] = _mm256_add_ps(sum, a[3]);
  };
  __m256 columns[4][3];
  for (int column = 0; column < 4; column++) {
    __m256 rows[4];
    for (int row = 0; row < 4; row++) rows[row] = _mm256_load_ps(sums + (row * 4 + column) * place_step);
    gather(rows, columns[column]);
  }
  for (int row = 0; row < 3; row++) {
    const __m256 line[4] = {columns[0][row], columns[1][row], columns[2][row], columns[3][row]};
    __m256 out[3];
    gather(line, out);
    for (int column = 0; column < 3; column++) {
      _mm256_storeu_ps(dkernel + ((row * 3 + column) * conv.channels + channel) * conv.filters + filter, out[column]);
    }
  }
}

}  // namespace

void winograd_kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel) {
  const int64_t filters = conv.filters, quads = conv.channels / QUAD;
  const Squares squares(conv);
  const std::vector<Block> blocks = blocks_of(filters);
  // A task has all images and an even number of quads of channels: sums are never shared.
  const Pieces tasks = Pieces::even(quads / 2, ceil_div(quads / 2, thread_count()));
  // Sums are made group by group, so that a group's size must not depend on the number of threads.
  const Pieces groups = groups_of(squares, conv.channels, filters);
  std::vector<int32_t> order(groups.size);
  for (int64_t square = 0; square < groups.size; square++) order[square] = square;

  parallel_for(tasks.count(), [&](int64_t task) {
    static thread_local Scratch image_scratch, slope_scratch, sum_scratch;
    const int64_t size = groups.size, first = 2 * tasks.begin(task), own = 2 * tasks.length(task);
    // [place][quad][square][channel], [place][block][square][filter], and sums as [place][quad][block][channel][filter].
    float* const images = image_scratch.floats(PLACES * own * size * QUAD);
    float* const slopes = slope_scratch.floats(PLACES * size * filters);
    float* const sums = sum_scratch.floats(PLACES * own * QUAD * filters);
    std::memset(sums, 0, PLACES * own * QUAD * filters * sizeof(float));
    for (int64_t group = 0; group < groups.count(); group++) {
      const int64_t begin = groups.begin(group), count = groups.length(group);
      for (int64_t square = 0; square < count; square++) {
        const Place place(squares, begin + square);
        for (int64_t quad = 0; quad < own; quad += 2) {
          Square d, v;
          load_image(conv, x, place, (first + quad) * QUAD, d);
          transform_image(d, v);
          float* const to = images + (quad * size + square) * QUAD;
#pragma GCC unroll 16
          for (int p = 0; p < PLACES; p++) {
            float* const target = to + p * own * size * QUAD;
            _mm_store_ps(target, _mm256_castps256_ps128(v[p / 4][p % 4]));
            _mm_store_ps(target + size * QUAD, _mm256_extractf128_ps(v[p / 4][p % 4], 1));
          }
        }
        for (const Block& block : blocks) {
          for (int64_t vector = 0; vector < block.vectors; vector++) {
            Square s;
            transform_slopes(conv, dy, place, (block.first + vector) * LANES, s);
            float* const to = slopes + block.first * LANES * size + (square * block.vectors + vector) * LANES;
#pragma GCC unroll 16
            for (int p = 0; p < PLACES; p++) _mm256_store_ps(to + p * size * filters, s[p / 4][p % 4]);
          }
        }
      }
      for (int64_t p = 0; p < PLACES; p++) {
        for (int64_t quad = 0; quad < own; quad++) {
          for (const Block& block : blocks) {
            OUTER_TILES[block.vectors](images + (p * own + quad) * size * QUAD, order.data(), count,
                                       slopes + p * size * filters + block.first * LANES * size,
                                       sums + ((p * own + quad) * filters + block.first * LANES) * QUAD);
          }
        }
      }
    }
    for (int64_t quad = 0; quad < own; quad++) {
      for (const Block& block : blocks) {
        const float* from = sums + (quad * filters + block.first * LANES) * QUAD;
        for (int64_t c = 0; c < QUAD; c++) {
          for (int64_t vector = 0; vector < block.vectors; vector++) {
            store_kernel(conv, from + (c * block.vectors + vector) * LANES, own * filters * QUAD,
                         (first + quad) * QUAD + c, (block.first + vector) * LANES, dkernel);
          }
        }
      }
    }
  });
}

}  // namespace elbow
