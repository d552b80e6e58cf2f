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

// The pixels that a stretch of every row comes from, zeros beyond the borders: to[column][row and channel], so many floats a
// column, of which four more than there are numbers may be written.
void gather_columns(const Conv& conv, const float* image, int64_t left, int64_t step, float* to) {
  const int64_t channels = conv.channels, rows = conv.padded_height();
  const int64_t first = conv.before, last = std::min(conv.before + conv.height, rows);
  const __m128i four = _mm256_castsi256_si128(lanes_mask(channels));
  for (int64_t place = 0; place < PLACES; place++, to += step) {
    const int64_t column = left + place;
    if (column < 0 || column >= conv.width) {
      std::memset(to, 0, rows * channels * sizeof(float));
      continue;
    }
    std::memset(to, 0, first * channels * sizeof(float));
    const float* from = image + column * channels;
    float* target = to + first * channels;
    for (int64_t row = first; row < last; row++, from += conv.width * channels, target += channels) {
      // Past a pixel's channels the next row's overwrite what is there.
      _mm_storeu_ps(target, _mm_maskload_ps(from, four));
      for (int64_t c = 4; c < channels; c++) target[c] = from[c];
    }
    std::memset(to + last * channels, 0, (rows - last) * channels * sizeof(float));
  }
}

// What a thread works with.
struct Work {
  // [column][row and channel], and transformed to [place][row and channel].
  Scratch columns, places;
  // [place][row][filter of the block]
  Scratch sums;
};

// The maxima of the windows of a stretch, from its transformed sums: y[to] is the first of the first row.
void store_stretch(const After& after, const float* sums, int64_t rows, int64_t sum_rows, const Block& block,
                   int64_t windows, int64_t filters, int64_t row_step, int64_t to, float* y) {
  const int64_t width = block.vectors * LANES;
  for (int64_t row = 0; row < rows; row += 2, to += row_step) {
    for (int64_t lane = 0; lane < width; lane += LANES) {
      __m256 pixels[2][STRETCH];
#pragma GCC unroll 2
      for (int r = 0; r < 2; r++) {
        __m256 given[PLACES];
#pragma GCC unroll 8
        for (int p = 0; p < PLACES; p++) given[p] = _mm256_load_ps(sums + (p * sum_rows + row + r) * width + lane);
        transform_four_outputs(given, pixels[r]);
      }
      for (int64_t window = 0; window < windows; window++) {
        const __m256 square[4] = {pixels[0][2 * window], pixels[0][2 * window + 1], pixels[1][2 * window],
                                  pixels[1][2 * window + 1]};
        store_square(after, square, block.first * LANES + lane, filters, to + window * filters, y);
      }
    }
  }
}

}  // namespace

bool row_filtering_suits(const Conv& conv, const After& after) {
  return conv.kernel == TAPS && after.pool == 2 && conv.channels >= FEWEST_CHANNELS && !winograd5_suits(conv, after);
}

void row_filtering_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y) {
  const int64_t channels = conv.channels, filters = conv.filters, taps = TAPS * channels;
  const int64_t high = conv.out_height / 2, wide = conv.out_width / 2, rows = 2 * high;
  const int64_t step = round_up(conv.padded_height() * channels + 4, LANES), sum_rows = round_up(rows, TILE_PIXELS);
  const std::vector<Block> blocks = blocks_of(filters);
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(PLACES * taps * round_up(filters, LANES));
  pack_kernel(conv, kernel, blocks, packed);

  parallel_for(conv.batch, [&](int64_t image) {
    static thread_local Work work;
    float* const columns = work.columns.floats(PLACES * step);
    float* const places = work.places.floats(PLACES * step);
    float* const sums = work.sums.floats(PLACES * sum_rows * TILE_VECTORS * LANES);
    for (int64_t column = 0; column < wide; column += 2) {
      gather_columns(conv, x + image * conv.height * conv.width * channels, 2 * column - conv.before, step, columns);
      for (int64_t at = 0; at < step; at += LANES) {
        __m256 d[PLACES], out[PLACES];
#pragma GCC unroll 8
        for (int p = 0; p < PLACES; p++) d[p] = _mm256_load_ps(columns + p * step + at);
        transform_eight(d, out);
#pragma GCC unroll 8
        for (int p = 0; p < PLACES; p++) _mm256_store_ps(places + p * step + at, out[p]);
      }
      for (const Block& block : blocks) {
        const int64_t width = block.vectors * LANES;
        for (int64_t p = 0; p < PLACES; p++) {
          const float* weights = packed + taps * (p * round_up(filters, LANES) + block.first * LANES);
          for (int64_t row = 0; row < rows; row += TILE_PIXELS) {
            const float* from[TILE_PIXELS];
            // Past the last row the tile repeats it; those sums are not looked at.
            for (int64_t i = 0; i < TILE_PIXELS; i++) from[i] = places + p * step + std::min(row + i, rows - 1) * channels;
            INNER_TILES[block.vectors](from, 0, 1, taps, weights, sums + (p * sum_rows + row) * width, width, true);
          }
        }
        store_stretch(after, sums, rows, sum_rows, block, std::min<int64_t>(2, wide - column), filters, wide * filters,
                      (image * high * wide + column) * filters, y);
      }
    }
  });
}

}  // namespace elbow
