#include "parallel.h"
#include "register_tiles.h"
#include "squares.h"
#include "winograd.h"

namespace elbow {
namespace {

// Memory of both sizes of squares.
struct Work {
  Scratch images, slopes, sums;

  static Work& own() {
    static thread_local Work work;
    return work;
  }
};

// A s Aᵀ of eight filters of a square's output; what lies beyond the borders counts as zeros.
template <int m>
void transform_slopes(const Conv& conv, const float* dy, const Place& place, int64_t filter,
                      Square<Filtering<m>::SIDE>& out) {
  const float* image = dy + place.image * conv.out_pixels() * conv.filters + filter;
  Square<m> s;
#pragma GCC unroll 4
  for (int r = 0; r < m; r++) {
#pragma GCC unroll 4
    for (int c = 0; c < m; c++) {
      const int64_t row = place.row + r, column = place.column + c;
      s[r][c] = row < conv.out_height && column < conv.out_width
                    ? _mm256_loadu_ps(image + (row * conv.out_width + column) * conv.filters)
                    : _mm256_setzero_ps();
    }
  }
  transform_square<m, Filtering<m>::SIDE>(Filtering<m>::slopes, s, out);
}

// Gᵀ u G of eight filters, for one channel.
template <int m>
void store_kernel(const Conv& conv, const float* sums, int64_t place_step, int64_t channel, int64_t filter,
                  float* dkernel) {
  constexpr int SIDE = Filtering<m>::SIDE;
  Square<SIDE> given;
  Square<3> taps;
  load_places<SIDE>(sums, place_step, given);
  transform_square<SIDE, 3>(Filtering<m>::gradient, given, taps);
  for (int p = 0; p < 9; p++) {
    _mm256_storeu_ps(dkernel + (p * conv.channels + channel) * conv.filters + filter, taps[p / 3][p % 3]);
  }
}

template <int m>
void kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel) {
  constexpr int SIDE = Filtering<m>::SIDE;
  constexpr int64_t PLACES = elbow::PLACES<m>;
  const int64_t filters = conv.filters, quads = conv.channels / QUAD;
  const Squares<m> squares(conv);
  const std::vector<Block> blocks = blocks_of(filters);
  // A task has all images and an even number of quads of channels: sums are never shared.
  const Pieces tasks = Pieces::even(quads / 2, ceil_div(quads / 2, thread_count()));
  // Sums are made group by group, so that a group's size must not depend on the number of threads.
  const Pieces groups = groups_of(squares, conv.channels, filters);
  std::vector<int32_t> order(groups.size);
  for (int64_t square = 0; square < groups.size; square++) order[square] = square;

  parallel_for(tasks.count(), [&](int64_t task) {
    Work& work = Work::own();
    const int64_t size = groups.size, first = 2 * tasks.begin(task), own = 2 * tasks.length(task);
    // [place][quad][square][channel], [place][block][square][filter], and sums as [place][quad][block][channel][filter].
    float* const images = work.images.floats(PLACES * own * size * QUAD);
    float* const slopes = work.slopes.floats(PLACES * size * filters);
    float* const sums = work.sums.floats(PLACES * own * QUAD * filters);
    std::memset(sums, 0, PLACES * own * QUAD * filters * sizeof(float));
    for (int64_t group = 0; group < groups.count(); group++) {
      const int64_t begin = groups.begin(group), count = groups.length(group);
      for (int64_t square = 0; square < count; square++) {
        const Place place(squares, begin + square);
        for (int64_t quad = 0; quad < own; quad += 2) {
          Square<SIDE> v;
          transform_image<m>(conv, x, place, (first + quad) * QUAD, v);
          float* const to = images + (quad * size + square) * QUAD;
#pragma GCC unroll 36
          for (int p = 0; p < PLACES; p++) {
            float* const target = to + p * own * size * QUAD;
            _mm_store_ps(target, _mm256_castps256_ps128(v[p / SIDE][p % SIDE]));
            _mm_store_ps(target + size * QUAD, _mm256_extractf128_ps(v[p / SIDE][p % SIDE], 1));
          }
        }
        for (const Block& block : blocks) {
          for (int64_t vector = 0; vector < block.vectors; vector++) {
            Square<SIDE> s;
            transform_slopes<m>(conv, dy, place, (block.first + vector) * LANES, s);
            float* const to = slopes + block.first * LANES * size + (square * block.vectors + vector) * LANES;
            store_places<SIDE>(s, to, size * filters);
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
            store_kernel<m>(conv, from + (c * block.vectors + vector) * LANES, own * filters * QUAD,
                         (first + quad) * QUAD + c, (block.first + vector) * LANES, dkernel);
          }
        }
      }
    }
  });
}

}  // namespace

void winograd_kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel) {
  const auto compute = winograd_output(conv) == 4 ? kernel_gradient<4> : kernel_gradient<2>;
  compute(conv, x, dy, dkernel);
}

}  // namespace elbow
