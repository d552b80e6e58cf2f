// Aᵀ [Σ_channels (G g Gᵀ) ⊙ (Bᵀ d B)] A of images d of 6×6 pixels and kernels g, with the matrices of Lavin and Gray,
// arXiv:1509.09308, section 4.3, for five values of the kernel and two of the output.
#include "winograd5.h"

#include "parallel.h"
#include "pooling.h"
#include "register_tiles.h"
#include "tiles.h"

namespace elbow {
namespace {

constexpr int64_t SIDE = 6;
constexpr int64_t PLACES = SIDE * SIDE;
constexpr int64_t FEWEST_CHANNELS = 16;
// Windows that are worked on together: their transformed images and sums stay in the second-level cache.
constexpr int64_t WINDOWS = 16;

// Bᵀ d of a column or row.
inline void transform_image(const __m256 d[SIDE], __m256 out[SIDE]) {
  const __m256 two = _mm256_set1_ps(2), four = _mm256_set1_ps(4);
  const __m256 a = _mm256_fnmadd_ps(four, d[2], d[4]), b = _mm256_fnmadd_ps(four, d[1], d[3]);
  const __m256 c = _mm256_sub_ps(d[4], d[2]), e = _mm256_mul_ps(two, _mm256_sub_ps(d[3], d[1]));
  out[0] = _mm256_fmadd_ps(four, _mm256_sub_ps(d[0], d[2]), c);
  out[1] = _mm256_add_ps(a, b);
  out[2] = _mm256_sub_ps(a, b);
  out[3] = _mm256_add_ps(c, e);
  out[4] = _mm256_sub_ps(c, e);
  out[5] = _mm256_fmadd_ps(four, _mm256_sub_ps(d[1], d[3]), _mm256_sub_ps(d[5], d[3]));
}

// G g of a column or row.
inline void transform_kernel(const float g[5], float out[SIDE]) {
  const float even = g[0] + g[2] + g[4], odd = g[1] + g[3];
  const float twice_even = g[0] + 4 * g[2] + 16 * g[4], twice_odd = 2 * g[1] + 8 * g[3];
  out[0] = g[0] / 4;
  out[1] = -(even + odd) / 6;
  out[2] = -(even - odd) / 6;
  out[3] = (twice_even + twice_odd) / 24;
  out[4] = (twice_even - twice_odd) / 24;
  out[5] = g[4];
}

// Aᵀ m of a column or row.
inline void transform_sums(const __m256 m[SIDE], __m256 out[2]) {
  const __m256 two = _mm256_set1_ps(2);
  out[0] = _mm256_add_ps(m[0], _mm256_add_ps(_mm256_add_ps(m[1], m[2]), _mm256_add_ps(m[3], m[4])));
  out[1] = _mm256_fmadd_ps(two, _mm256_sub_ps(m[3], m[4]), _mm256_add_ps(_mm256_sub_ps(m[1], m[2]), m[5]));
}

// Lays transformed kernels out as the tiles read them: [place][block][channel][filter of the block].
void pack_kernel(const Conv& conv, const float* kernel, const std::vector<Block>& blocks, float* packed) {
  const int64_t channels = conv.channels, filters = conv.filters, step = round_up(filters, LANES);
  parallel_for(channels, [&](int64_t channel) {
    for (const Block& block : blocks) {
      const int64_t width = block.vectors * LANES;
      for (int64_t lane = 0; lane < width; lane++) {
        const int64_t filter = block.first * LANES + lane;
        float* const to = packed + block.first * LANES * channels + channel * width + lane;
        float columns[5][SIDE], all[SIDE];
        for (int column = 0; column < 5; column++) {
          float g[5];
          for (int row = 0; row < 5; row++) {
            g[row] = filter < filters ? kernel[((row * 5 + column) * channels + channel) * filters + filter] : 0;
          }
          transform_kernel(g, columns[column]);
        }
        for (int row = 0; row < SIDE; row++) {
          float g[5];
          for (int column = 0; column < 5; column++) g[column] = columns[column][row];
          transform_kernel(g, all);
          for (int column = 0; column < SIDE; column++) to[(row * SIDE + column) * channels * step] = all[column];
        }
      }
    }
  });
}

// Transforms the 6×6 pixels of a window, whose first one is at `from` of a padded image: to[place][step].
void pack_window(const float* from, int64_t row_floats, int64_t channels, int64_t place_step, float* to) {
  for (int64_t channel = 0; channel < channels; channel += LANES) {
    __m256 t[SIDE][SIDE];
    for (int column = 0; column < SIDE; column++) {
      __m256 d[SIDE], out[SIDE];
#pragma GCC unroll 6
      for (int row = 0; row < SIDE; row++) d[row] = _mm256_loadu_ps(from + row * row_floats + column * channels + channel);
      transform_image(d, out);
#pragma GCC unroll 6
      for (int row = 0; row < SIDE; row++) t[row][column] = out[row];
    }
    for (int row = 0; row < SIDE; row++) {
      __m256 out[SIDE];
      transform_image(t[row], out);
#pragma GCC unroll 6
      for (int column = 0; column < SIDE; column++) {
        _mm256_store_ps(to + (row * SIDE + column) * place_step + channel, out[column]);
      }
    }
  }
}

// Transforms the sums of a window back to its four pixels: to[pixel][step].
void unpack_window(const float* sums, int64_t place_step, int64_t step, float* to) {
  for (int64_t filter = 0; filter < step; filter += LANES) {
    __m256 t[2][SIDE];
    for (int column = 0; column < SIDE; column++) {
      __m256 m[SIDE], out[2];
#pragma GCC unroll 6
      for (int row = 0; row < SIDE; row++) m[row] = _mm256_load_ps(sums + (row * SIDE + column) * place_step + filter);
      transform_sums(m, out);
      t[0][column] = out[0];
      t[1][column] = out[1];
    }
    for (int row = 0; row < 2; row++) {
      __m256 out[2];
      transform_sums(t[row], out);
      _mm256_store_ps(to + row * 2 * step + filter, out[0]);
      _mm256_store_ps(to + (row * 2 + 1) * step + filter, out[1]);
    }
  }
}

}  // namespace

bool winograd5_suits(const Conv& conv, const After& after) {
  return conv.kernel == 5 && after.pool == 2 && conv.channels >= FEWEST_CHANNELS;
}

void winograd5_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y) {
  const int64_t channels = round_up(conv.channels, LANES), step = round_up(conv.filters, LANES);
  const int64_t rows = conv.out_height / 2, columns = conv.out_width / 2, windows = rows * columns;
  const int64_t image_floats = conv.padded_height() * conv.padded_width() * channels;
  const std::vector<Block> blocks = blocks_of(conv.filters);
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(PLACES * conv.channels * step);
  pack_kernel(conv, kernel, blocks, packed);

  parallel_for(conv.batch, [&](int64_t image) {
    static thread_local Scratch image_scratch, input_scratch, sum_scratch, pixel_scratch;
    float* const padded = image_scratch.floats(image_floats);
    float* const input = input_scratch.floats(PLACES * WINDOWS * channels);
    float* const sums = sum_scratch.floats(PLACES * WINDOWS * step);
    float* const pixels = pixel_scratch.floats(4 * step);
    const int64_t pixel_steps[] = {0, step, 2 * step, 3 * step};
    pack_channels(conv, x + image * conv.height * conv.width * conv.channels, 1, 0, conv.channels, channels, padded);
    for (int64_t begin = 0; begin < windows; begin += WINDOWS) {
      const int64_t count = std::min(WINDOWS, windows - begin);
      for (int64_t i = 0; i < count; i++) {
        const int64_t row = (begin + i) / columns * 2, column = (begin + i) % columns * 2;
        pack_window(padded + (row * conv.padded_width() + column) * channels, conv.padded_width() * channels, channels,
                    WINDOWS * channels, input + i * channels);
      }
      for (int64_t place = 0; place < PLACES; place++) {
        for (const Block& block : blocks) {
          const float* weights = packed + (place * step + block.first * LANES) * conv.channels;
          for (int64_t i = 0; i < count; i += TILE_PIXELS) {
            const float* from[TILE_PIXELS];
            // Past the last window the tile repeats it; those sums are not looked at.
            for (int64_t p = 0; p < TILE_PIXELS; p++) {
              from[p] = input + (place * WINDOWS + std::min(i + p, count - 1)) * channels;
            }
            INNER_TILES[block.vectors](from, 0, 1, conv.channels, weights,
                                       sums + (place * WINDOWS + i) * step + block.first * LANES, step, true);
          }
        }
      }
      for (int64_t i = 0; i < count; i++) {
        unpack_window(sums + i * step, WINDOWS * step, step, pixels);
        store_window(after, pixels, pixel_steps, conv.filters, (image * windows + begin + i) * conv.filters, y);
      }
    }
  });
}

}  // namespace elbow
