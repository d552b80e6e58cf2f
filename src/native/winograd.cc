#include "winograd.h"

#include "parallel.h"
#include "register_tiles.h"
#include "squares.h"

namespace elbow {
namespace {

// Channels whose part of a transformed kernel stays in the caches.
constexpr int64_t CHUNK_CHANNELS = 256;

// G g Gᵀ, of a row or column: (a, (a + b + c) / 2, (a − b + c) / 2, c).
inline void spread(__m256 a, __m256 b, __m256 c, __m256 out[4]) {
  const __m256 half = _mm256_set1_ps(0.5f), ends = _mm256_add_ps(a, c);
  out[0] = a;
  out[1] = _mm256_mul_ps(_mm256_add_ps(ends, b), half);
  out[2] = _mm256_mul_ps(_mm256_sub_ps(ends, b), half);
  out[3] = c;
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

}  // namespace elbow
