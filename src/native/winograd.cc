// With B, G and A of F(2×2, 3×3), images d of 4×4 pixels, kernels g and gradients of the output s:
//
//   output             Aᵀ [Σ_channels (G g Gᵀ) ⊙ (Bᵀ d B)] A
//   kernel's gradient  Gᵀ [Σ_images (Bᵀ d B) ⊙ (A s Aᵀ)] G
//
// The sums are products of matrices, one for each of the 16 places of a transformed square.
#include "winograd.h"

#include "parallel.h"
#include "register_tiles.h"
#include "tiles.h"

namespace elbow {
namespace {

// Places of a transformed square.
constexpr int64_t PLACES = 16;
// Channels whose part of a transformed kernel stays in the caches.
constexpr int64_t CHUNK_CHANNELS = 256;
// Floats of the transformed squares that are worked on together, and how many squares that may be: with fewer the
// transformed kernels are read too often, with more the squares leave the second-level cache (measured on 512 KiB).
constexpr int64_t GROUP_FLOATS = 524288;
constexpr int64_t LEAST_SQUARES = 16;
constexpr int64_t MOST_SQUARES = 64;

// Squares of 2×2 pixels of output, image by image, row by row.
struct Squares {
  int64_t high;
  int64_t wide;
  int64_t count;

  explicit Squares(const Conv& conv)
      : high(ceil_div(conv.out_height, 2)), wide(ceil_div(conv.out_width, 2)), count(conv.batch * high * wide) {}
};

// A square in its image: the first pixel of its output.
struct Place {
  int64_t image;
  int64_t row;
  int64_t column;

  Place(const Squares& squares, int64_t square)
      : image(square / (squares.high * squares.wide)),
        row(square / squares.wide % squares.high * 2),
        column(square % squares.wide * 2) {}
};

Pieces groups_of(const Squares& squares, int64_t channels, int64_t filters) {
  const int64_t size = std::clamp(GROUP_FLOATS / (PLACES * (channels + filters)), LEAST_SQUARES, MOST_SQUARES);
  return {squares.count, size / TILE_PIXELS * TILE_PIXELS};
}

using Square = __m256[4][4];

// Bᵀ d B.
inline void transform_image(const Square& d, Square& out) {
  Square t;
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    t[0][c] = _mm256_sub_ps(d[0][c], d[2][c]);
    t[1][c] = _mm256_add_ps(d[1][c], d[2][c]);
    t[2][c] = _mm256_sub_ps(d[2][c], d[1][c]);
    t[3][c] = _mm256_sub_ps(d[1][c], d[3][c]);
  }
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    out[r][0] = _mm256_sub_ps(t[r][0], t[r][2]);
    out[r][1] = _mm256_add_ps(t[r][1], t[r][2]);
    out[r][2] = _mm256_sub_ps(t[r][2], t[r][1]);
    out[r][3] = _mm256_sub_ps(t[r][1], t[r][3]);
  }
}

// G g Gᵀ, of a row or column: (a, (a + b + c) / 2, (a − b + c) / 2, c).
inline void spread(__m256 a, __m256 b, __m256 c, __m256 out[4]) {
  const __m256 half = _mm256_set1_ps(0.5f), ends = _mm256_add_ps(a, c);
  out[0] = a;
  out[1] = _mm256_mul_ps(_mm256_add_ps(ends, b), half);
  out[2] = _mm256_mul_ps(_mm256_sub_ps(ends, b), half);
  out[3] = c;
}

// Eight channels of the 4×4 pixels that a square's output comes from; zeros beyond the borders.
inline void load_image(const Conv& conv, const float* x, const Place& place, int64_t channel, Square& d) {
  const int64_t top = place.row - conv.before, left = place.column - conv.before;
  const float* image = x + place.image * conv.height * conv.width * conv.channels + channel;
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    const bool is_row = top + r >= 0 && top + r < conv.height;
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
      const bool is_pixel = is_row && left + c >= 0 && left + c < conv.width;
      d[r][c] = is_pixel ? _mm256_loadu_ps(image + ((top + r) * conv.width + left + c) * conv.channels)
                         : _mm256_setzero_ps();
    }
  }
}

// Transforms kernels and lays them out as the tiles read them: [place][chunk][block][channel of the chunk][filter].
void transform_kernel(const Conv& conv, const float* kernel, const Pieces& chunks, const std::vector<Block>& blocks,
                      float* packed) {
  const int64_t channels = conv.channels, filters = conv.filters;
  parallel_for(chunks.count(), [&](int64_t chunk) {
    const int64_t begin = chunks.begin(chunk), length = chunks.length(chunk);
    for (const Block& block : blocks) {
      const int64_t first = block.first * LANES, width = block.vectors * LANES;
      float* const target = packed + begin * filters + length * first;
      for (int64_t c = 0; c < length; c++) {
        for (int64_t lane = 0; lane < width; lane += LANES) {
          const float* g = kernel + (begin + c) * filters + first + lane;
          const auto at = [&](int place) { return _mm256_loadu_ps(g + place * channels * filters); };
          __m256 columns[3][4], all[4];
          for (int column = 0; column < 3; column++) spread(at(column), at(3 + column), at(6 + column), columns[column]);
          for (int row = 0; row < 4; row++) {
            spread(columns[0][row], columns[1][row], columns[2][row], all);
            for (int column = 0; column < 4; column++) {
              const int64_t place = (row * 4 + column) * channels * filters;
              _mm256_storeu_ps(target + place + c * width + lane, all[column]);
            }
          }
        }
      }
    }
  });
}

// Aᵀ m A of eight filters, to the pixels of the square that are there.
void store_output(const Conv& conv, const float* sums, int64_t place_step, const Place& place, int64_t filter,
                  float* y) {
  __m256 t[2][4];
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    const __m256 m0 = _mm256_load_ps(sums + c * place_step), m1 = _mm256_load_ps(sums + (4 + c) * place_step);
    const __m256 m2 = _mm256_load_ps(sums + (8 + c) * place_step), m3 = _mm256_load_ps(sums + (12 + c) * place_step);
    t[0][c] = _mm256_add_ps(_mm256_add_ps(m0, m1), m2);
    t[1][c] = _mm256_sub_ps(_mm256_sub_ps(m1, m2), m3);
  }
  float* const image = y + place.image * conv.out_pixels() * conv.filters + filter;
#pragma GCC unroll 2
  for (int r = 0; r < 2; r++) {
    if (place.row + r >= conv.out_height) continue;
    float* const to = image + ((place.row + r) * conv.out_width + place.column) * conv.filters;
    _mm256_storeu_ps(to, _mm256_add_ps(_mm256_add_ps(t[r][0], t[r][1]), t[r][2]));
    if (place.column + 1 < conv.out_width) {
      _mm256_storeu_ps(to + conv.filters, _mm256_sub_ps(_mm256_sub_ps(t[r][1], t[r][2]), t[r][3]));
    }
  }
}

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

bool winograd_suits(const Conv& conv) {
  return conv.kernel == 3 && conv.channels % LANES == 0 && conv.filters % LANES == 0;
}

void winograd_forward(const Conv& conv, const float* x, const float* kernel, float* y) {
  const int64_t channels = conv.channels, filters = conv.filters;
  const Squares squares(conv);
  const Pieces chunks = Pieces::even(channels, CHUNK_CHANNELS), groups = groups_of(squares, channels, filters);
  const std::vector<Block> blocks = blocks_of(filters);
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(PLACES * channels * filters);
  transform_kernel(conv, kernel, chunks, blocks, packed);

  parallel_for(groups.count(), [&](int64_t group) {
    static thread_local Scratch image_scratch, sum_scratch;
    const int64_t size = groups.size, begin = groups.begin(group), count = groups.length(group);
    // [place][square][channel], and sums as [place][square][filter].
    float* const images = image_scratch.floats(PLACES * size * channels);
    float* const sums = sum_scratch.floats(PLACES * size * filters);
    for (int64_t square = 0; square < count; square++) {
      const Place place(squares, begin + square);
      for (int64_t channel = 0; channel < channels; channel += LANES) {
        Square d, v;
        load_image(conv, x, place, channel, d);
        transform_image(d, v);
        float* const to = images + square * channels + channel;
#pragma GCC unroll 16
        for (int p = 0; p < PLACES; p++) _mm256_store_ps(to + p * size * channels, v[p / 4][p % 4]);
      }
    }
    for (int64_t p = 0; p < PLACES; p++) {
      for (int64_t chunk = 0; chunk < chunks.count(); chunk++) {
        const int64_t first = chunks.begin(chunk), length = chunks.length(chunk);
        for (const Block& block : blocks) {
          const float* weights = packed + p * channels * filters + first * filters + length * block.first * LANES;
          for (int64_t square = 0; square < count; square += TILE_PIXELS) {
            const float* rows[TILE_PIXELS];
            // Past the last square the tile repeats it; those sums are not looked at.
            for (int64_t i = 0; i < TILE_PIXELS; i++) {
              rows[i] = images + (p * size + std::min(square + i, count - 1)) * channels + first;
            }
            INNER_TILES[block.vectors](rows, 0, 1, length, weights,
                                       sums + (p * size + square) * filters + block.first * LANES, filters, chunk == 0);
          }
        }
      }
    }
    for (int64_t square = 0; square < count; square++) {
      const Place place(squares, begin + square);
      for (int64_t filter = 0; filter < filters; filter += LANES) {
        store_output(conv, sums + square * filters + filter, size * filters, place, filter, y);
      }
    }
  });
}

void winograd_input_gradient(const Conv& conv, const float* kernel, const float* dy, float* dx) {
  // A convolution of the gradient with the kernel turned by half a circle, whose filters are the channels.
  const int64_t channels = conv.channels, filters = conv.filters;
  static thread_local Scratch turned_scratch;
  float* const turned = turned_scratch.floats(9 * channels * filters);
  parallel_for(9, [&](int64_t place) {
    const float* from = kernel + (8 - place) * channels * filters;
    float* const to = turned + place * channels * filters;
    for (int64_t first = 0; first < filters; first += LANES) {
      for (int64_t channel = 0; channel < channels; channel++) {
        for (int64_t filter = first; filter < first + LANES; filter++) {
          to[filter * channels + channel] = from[channel * filters + filter];
        }
      }
    }
  });
  const Conv back = {conv.batch, conv.out_height, conv.out_width, filters, channels, 3, 2 - conv.before,
                     conv.height, conv.width};
  winograd_forward(back, dy, turned, dx);
}

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
