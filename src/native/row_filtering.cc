#include "row_filtering.h"

#include "filtering.h"
#include "parallel.h"
#include "pooling.h"
#include "register_tiles.h"
#include "winograd5.h"

namespace elbow {
namespace {

constexpr int64_t TAPS = 5;
// Pixels of output of a stretch of a row, and its pixels of input, which are the places of a transformed stretch, too.
constexpr int64_t STRETCH = 4;
constexpr int64_t PLACES = 8;
// With fewer the transformations take longer than the products that they save.
constexpr int64_t FEWEST_CHANNELS = 3;

// Lays transformed kernels out as the tiles read them: [place][block][row and channel][filter of the block].
void pack_kernel(const Conv& conv, const float* kernel, const std::vector<Block>& blocks, float* packed) {
  const int64_t channels = conv.channels, filters = conv.filters, taps = TAPS * channels;
  for (const Block& block : blocks) {
    const int64_t width = block.vectors * LANES;
    for (int64_t tap = 0; tap < taps; tap++) {
      const float* from = kernel + (tap / channels * TAPS * channels + tap % channels) * filters;
      for (int64_t lane = 0; lane < width; lane++) {
        const int64_t filter = block.first * LANES + lane;
        float g[TAPS], out[PLACES];
        for (int64_t i = 0; i < TAPS; i++) g[i] = filter < filters ? from[i * channels * filters + filter] : 0;
        transform_five_taps(g, out);
        float* const to = packed + block.first * LANES * taps + tap * width + lane;
        for (int64_t p = 0; p < PLACES; p++) to[p * taps * round_up(filters, LANES)] = out[p];
      }
    }
  }
}

// An image's columns of pixels, zeros beyond the borders: to[column][row and channel], so many floats a column, of which four
// more than there are numbers may be written.
void gather_columns(const Conv& conv, const float* image, int64_t columns, int64_t step, float* to) {
  const int64_t channels = conv.channels, rows = conv.padded_height();
  const int64_t last_row = std::min(conv.before + conv.height, rows), left = conv.before;
  const int64_t right = std::min(left + conv.width, columns);
  const __m128i four = _mm256_castsi256_si128(lanes_mask(channels));
  const auto clear = [&](int64_t column, int64_t row, int64_t count) {
    std::memset(to + column * step + row * channels, 0, count * channels * sizeof(float));
  };
  for (int64_t row = left; row < last_row; row++) {
    const float* from = image + (row - left) * conv.width * channels;
    // Of the next image, whose rows would come one cache line at a time.
    prefetch(from + conv.height * conv.width * channels, conv.width * channels);
    float* target = to + left * step + row * channels;
    for (int64_t column = left; column < right; column++, from += channels, target += step) {
      // Past a pixel's channels the next row's overwrite what is there, or the zeros below.
      _mm_storeu_ps(target, _mm_maskload_ps(from, four));
      for (int64_t c = 4; c < channels; c++) target[c] = from[c];
    }
  }
  for (int64_t column = 0; column < columns; column++) {
    if (column < left || column >= right) {
      clear(column, 0, rows);
    } else {
      clear(column, 0, left);
      clear(column, last_row, rows - last_row);
    }
  }
}

// Transforms a stretch of every row.
void transform_stretch(const float* columns, int64_t step, float* places) {
  for (int64_t at = 0; at < step; at += LANES) {
    __m256 d[PLACES], out[PLACES];
#pragma GCC unroll 8
    for (int p = 0; p < PLACES; p++) d[p] = _mm256_load_ps(columns + p * step + at);
    transform_eight(d, out);
#pragma GCC unroll 8
    for (int p = 0; p < PLACES; p++) _mm256_store_ps(places + p * step + at, out[p]);
  }
}

// What a thread works with.
struct Work {
  // An image, [column][row and channel].
  Scratch columns;
  // A stretch of it transformed, [place][row and channel].
  Scratch places;
};

// Where the maxima of a stretch go: y[to] is the first of the first row of windows, y[to + row_step] that of the next one.
struct Target {
  float* y;
  int64_t to;
  int64_t row_step;
  // Rows of windows, and how many of them are in a row of the stretch.
  int64_t rows;
  int64_t windows;
};

// The maxima of a stretch's windows for a block of V vectors of filters, two rows of windows at a time.
template <int V>
void store_stretch(const float* places, int64_t step, int64_t channels, BlockWeights kernel, After after, Target target) {
  constexpr int64_t width = V * LANES;
  alignas(64) float sums[PLACES][TILE_PIXELS][width];
  for (int64_t row = 0; row < target.rows; row += TILE_PIXELS / 2) {
    for (int64_t p = 0; p < PLACES; p++) {
      const float* from[TILE_PIXELS];
      // Past the last row the tile repeats it; those sums are not looked at.
      for (int64_t i = 0; i < TILE_PIXELS; i++) {
        from[i] = places + p * step + std::min(2 * row + i, 2 * target.rows - 1) * channels;
      }
      InnerTile<V> tile;
      tile.clear();
      tile.add(from, 0, 1, kernel.taps, kernel.weights + p * kernel.place_step);
      tile.store(sums[p][0], width);
    }
    for (int64_t pair = 0; pair < std::min(TILE_PIXELS / 2, target.rows - row); pair++) {
      for (int64_t v = 0; v < V; v++) {
        __m256 pixels[2][STRETCH];
#pragma GCC unroll 2
        for (int r = 0; r < 2; r++) {
          __m256 given[PLACES];
#pragma GCC unroll 8
          for (int p = 0; p < PLACES; p++) given[p] = _mm256_load_ps(&sums[p][2 * pair + r][v * LANES]);
          transform_four_outputs(given, pixels[r]);
        }
        for (int64_t window = 0; window < target.windows; window++) {
          const __m256 square[4] = {pixels[0][2 * window], pixels[0][2 * window + 1], pixels[1][2 * window],
                                    pixels[1][2 * window + 1]};
          store_square(after, square, kernel.first + v * LANES, kernel.filters,
                       target.to + (row + pair) * target.row_step + window * kernel.filters, target.y);
        }
      }
    }
  }
}

constexpr decltype(&store_stretch<1>) STORE_STRETCH[] = {nullptr, store_stretch<1>, store_stretch<2>, store_stretch<3>};

}  // namespace

bool row_filtering_suits(const Conv& conv, const After& after) {
  return conv.kernel == TAPS && after.pool == 2 && conv.channels >= FEWEST_CHANNELS && !winograd5_suits(conv, after);
}

void row_filtering_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y) {
  const int64_t channels = conv.channels, filters = conv.filters, taps = TAPS * channels;
  const int64_t high = conv.out_height / 2, wide = conv.out_width / 2;
  const int64_t step = round_up(conv.padded_height() * channels + 4, LANES);
  // The last stretch may reach past the last window.
  const int64_t columns_used = round_up(2 * wide, STRETCH) + TAPS - 1;
  const std::vector<Block> blocks = blocks_of(filters);
  const int64_t place_step = taps * round_up(filters, LANES);
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(PLACES * place_step);
  pack_kernel(conv, kernel, blocks, packed);

  parallel_for(conv.batch, [&](int64_t image) {
    static thread_local Work work;
    float* const columns = work.columns.floats(columns_used * step);
    float* const places = work.places.floats(PLACES * step);
    gather_columns(conv, x + image * conv.height * conv.width * channels, columns_used, step, columns);
    for (int64_t column = 0; column < wide; column += 2) {
      transform_stretch(columns + 2 * column * step, step, places);
      const Target target = {y, (image * high * wide + column) * filters, wide * filters, high,
                             std::min<int64_t>(2, wide - column)};
      for (const Block& block : blocks) {
        const int64_t first = block.first * LANES;
        const BlockWeights weights = {packed + taps * first, place_step, taps, first, filters};
        STORE_STRETCH[block.vectors](places, step, channels, weights, after, target);
      }
    }
  });
}

}  // namespace elbow
