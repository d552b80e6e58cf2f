// Aᵀ [Σ_channels (G g Gᵀ) ⊙ (Bᵀ d B)] A of images d of 6×6 pixels and kernels g, as filtering.h has it, for five values of the
// kernel and two of the output.
#include "winograd5.h"

#include "filtering.h"
#include "parallel.h"
#include "pooling.h"
#include "register_tiles.h"
#include "tiles.h"

namespace elbow {
namespace {

constexpr int64_t SIDE = 6;
constexpr int64_t PLACES = SIDE * SIDE;
constexpr int64_t FEWEST_CHANNELS = 16;
// Windows that are worked on together: their sums for a block of filters stay in the first-level cache, their transformed
// images in the second.
constexpr int64_t GROUP_WINDOWS = 12;

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

// Windows of 2×2 pixels of output, image by image, row by row.
struct Windows {
  int64_t high;
  int64_t wide;
  int64_t count;

  explicit Windows(const Conv& conv)
      : high(conv.out_height / 2), wide(conv.out_width / 2), count(conv.batch * high * wide) {}
};

// Transforms eight channels of 6×6 pixels, at(row, column) each.
template <typename At>
inline void transform_square(const At& at, int64_t place_step, float* to) {
  __m256 t[SIDE][SIDE];
  for (int column = 0; column < SIDE; column++) {
    __m256 d[SIDE], out[SIDE];
#pragma GCC unroll 6
    for (int row = 0; row < SIDE; row++) d[row] = at(row, column);
    transform_six(d, out);
#pragma GCC unroll 6
    for (int row = 0; row < SIDE; row++) t[row][column] = out[row];
  }
  for (int row = 0; row < SIDE; row++) {
    __m256 out[SIDE];
    transform_six(t[row], out);
#pragma GCC unroll 6
    for (int column = 0; column < SIDE; column++) _mm256_store_ps(to + (row * SIDE + column) * place_step, out[column]);
  }
}

// Transforms the 6×6 pixels that a window's output comes from, zeros beyond the borders: to[place][channel]. Past the last
// channel a vector has anything.
void pack_window(const Conv& conv, const float* x, const Windows& windows, int64_t window, int64_t place_step,
                 float* to) {
  const int64_t image = window / (windows.high * windows.wide);
  const int64_t top = window / windows.wide % windows.high * 2 - conv.before;
  const int64_t left = window % windows.wide * 2 - conv.before;
  const int64_t channels = conv.channels, row_step = conv.width * channels;
  const float* const square = x + image * conv.height * row_step + top * row_step + left * channels;
  const bool is_inside = top >= 0 && left >= 0 && top + SIDE <= conv.height && left + SIDE <= conv.width;
  for (int64_t channel = 0; channel < channels; channel += LANES) {
    const float* const from = square + channel;
    // A whole vector may be read: what follows these channels is another pixel. Masked loads take longer.
    const bool is_whole = channel + LANES <= channels || image < conv.batch - 1;
    if (is_inside && is_whole) {
      const auto at = [&](int64_t row, int64_t column) { return _mm256_loadu_ps(from + row * row_step + column * channels); };
      transform_square(at, place_step, to + channel);
      continue;
    }
    const __m256i mask = lanes_mask(channels - channel);
    const auto at = [&](int64_t row, int64_t column) {
      const bool is_pixel =
          top + row >= 0 && top + row < conv.height && left + column >= 0 && left + column < conv.width;
      if (!is_pixel) return _mm256_setzero_ps();
      return _mm256_maskload_ps(from + row * row_step + column * channels, mask);
    };
    transform_square(at, place_step, to + channel);
  }
}

// What a thread works with, for a group of windows.
struct Work {
  // Floats of a place, for a block of filters.
  static constexpr int64_t STEP = GROUP_WINDOWS * TILE_VECTORS * LANES;

  // Transformed images, [place][window][channel].
  Scratch images;
  // Sums of a column of places, [row][window][filter of the block].
  alignas(64) float sums[SIDE * STEP];
  // Those columns transformed back, [column][row of pixels][window][filter of the block].
  alignas(64) float columns[SIDE * 2 * STEP];
};

// Sums over the channels for a column of places, transformed back along the column.
template <int V>
void add_column(const BlockWeights& kernel, const float* images, int64_t image_step, int64_t column, int64_t count,
                Work& work) {
  constexpr int64_t width = V * LANES;
  for (int64_t row = 0; row < SIDE; row++) {
    const int64_t place = row * SIDE + column;
    for (int64_t i = 0; i < count; i += TILE_PIXELS) {
      const float* from[TILE_PIXELS];
      // Past the last window the tile repeats it; those sums are not looked at.
      for (int64_t p = 0; p < TILE_PIXELS; p++) {
        from[p] = images + (place * GROUP_WINDOWS + std::min(i + p, count - 1)) * image_step;
      }
      InnerTile<V> tile;
      tile.clear();
      tile.add(from, 0, 1, kernel.taps, kernel.weights + place * kernel.place_step);
      tile.store(work.sums + row * Work::STEP + i * width, width);
    }
  }
  for (int64_t at = 0; at < count * width; at += LANES) {
    __m256 m[SIDE], out[2];
#pragma GCC unroll 6
    for (int row = 0; row < SIDE; row++) m[row] = _mm256_load_ps(work.sums + row * Work::STEP + at);
    transform_sums(m, out);
    _mm256_store_ps(work.columns + column * 2 * Work::STEP + at, out[0]);
    _mm256_store_ps(work.columns + (column * 2 + 1) * Work::STEP + at, out[1]);
  }
}

// Transforms eight sums of a window back along the rows, to its four pixels.
inline void unpack_window(const float* columns, __m256 pixels[4]) {
#pragma GCC unroll 2
  for (int row = 0; row < 2; row++) {
    __m256 m[SIDE];
#pragma GCC unroll 6
    for (int column = 0; column < SIDE; column++) m[column] = _mm256_load_ps(columns + (column * 2 + row) * Work::STEP);
    transform_sums(m, pixels + row * 2);
  }
}

// The maxima of a group's windows for a block of filters; y[to] is the first window's first filter.
template <int V>
void store_group(const BlockWeights& kernel, const float* images, int64_t image_step, int64_t count, After after,
                 int64_t to, float* y, Work& work) {
  for (int64_t column = 0; column < SIDE; column++) add_column<V>(kernel, images, image_step, column, count, work);
  for (int64_t i = 0; i < count; i++, to += kernel.filters) {
    for (int64_t v = 0; v < V; v++) {
      __m256 pixels[4];
      unpack_window(work.columns + (i * V + v) * LANES, pixels);
      store_square(after, pixels, kernel.first + v * LANES, kernel.filters, to, y);
    }
  }
}

constexpr decltype(&store_group<1>) STORE_GROUP[] = {nullptr, store_group<1>, store_group<2>, store_group<3>};

}  // namespace

bool winograd5_suits(const Conv& conv, const After& after) {
  return conv.kernel == 5 && after.pool == 2 && conv.channels >= FEWEST_CHANNELS;
}

void winograd5_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y) {
  const int64_t image_step = round_up(conv.channels, LANES);
  const Windows windows(conv);
  const Pieces groups = {windows.count, GROUP_WINDOWS};
  const std::vector<Block> blocks = blocks_of(conv.filters);
  static thread_local Scratch kernel_scratch;
  const int64_t place_step = conv.channels * round_up(conv.filters, LANES);
  float* const packed = kernel_scratch.floats(PLACES * place_step);
  pack_kernel(conv, kernel, blocks, packed);

  parallel_for(groups.count(), [&](int64_t group) {
    static thread_local Work work;
    const int64_t begin = groups.begin(group), count = groups.length(group);
    float* const images = work.images.floats(PLACES * GROUP_WINDOWS * image_step);
    for (int64_t i = 0; i < count; i++) {
      pack_window(conv, x, windows, begin + i, GROUP_WINDOWS * image_step, images + i * image_step);
    }
    for (const Block& block : blocks) {
      const int64_t first = block.first * LANES;
      const BlockWeights weights = {packed + first * conv.channels, place_step, conv.channels, first, conv.filters};
      STORE_GROUP[block.vectors](weights, images, image_step, count, after, begin * conv.filters, y, work);
    }
  });
}

}  // namespace elbow
