#include "conv.h"
#include "parallel.h"
#include "pooling.h"
#include "register_tiles.h"
#include "row_filtering.h"
#include "tiles.h"
#include "winograd5.h"

namespace elbow {
namespace {

// Floats of a packed chunk of a kernel's block: half of a second-level cache of 512 KiB is far more.
constexpr int64_t KERNEL_FLOATS = 8192;
// Output pixels that are worked on together, so that a chunk of the kernel is read once for all of them.
constexpr int64_t GROUP_PIXELS = 256;

// Lays a kernel out as the tiles read it: [chunk][block][row and column][channel of the chunk][filter of the block].
void pack_kernel(const Conv& conv, const float* kernel, const Pieces& chunks, const std::vector<Block>& blocks,
                 float* packed) {
  const int64_t area = conv.kernel * conv.kernel, padded = round_up(conv.filters, LANES);
  parallel_for(chunks.count() * area, [&](int64_t task) {
    const int64_t chunk = task / area, place = task % area;
    const int64_t begin = chunks.begin(chunk), length = chunks.length(chunk);
    const float* from = kernel + (place * conv.channels + begin) * conv.filters;
    for (const Block& block : blocks) {
      const int64_t first = block.first * LANES, width = block.vectors * LANES;
      const int64_t used = std::min(width, conv.filters - first);
      float* to = packed + area * (begin * padded + length * first) + place * length * width;
      for (int64_t channel = 0; channel < length; channel++, to += width) {
        std::memcpy(to, from + channel * conv.filters + first, used * sizeof(float));
        for (int64_t filter = used; filter < width; filter++) to[filter] = 0;
      }
    }
  });
}

// Stores the sums of one image, [pixel][step], as its output.
void store_image(const Conv& conv, const After& after, const float* sums, int64_t step, int64_t image, float* y) {
  const int64_t pool = after.pool;
  const int64_t rows = conv.out_height / pool, columns = conv.out_width / pool;
  std::vector<int64_t> steps(pool * pool);
  for (int64_t i = 0; i < pool * pool; i++) steps[i] = (i / pool * conv.out_width + i % pool) * step;
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t column = 0; column < columns; column++) {
      const int64_t to = ((image * rows + row) * columns + column) * conv.filters;
      store_window(after, sums + (row * conv.out_width + column) * pool * step, steps.data(), conv.filters, to, y);
    }
  }
}

// The maxima of an image's 2×2 windows for a block of filters: the pixels of a window are a tile, and nothing of it leaves
// the registers before it is a pixel of the output, the first of which begins at y[to].
template <int V>
void store_windows(const Conv& conv, const After& after, const float* image, const float* weights, int64_t first_filter,
                   int64_t to, float* y) {
  const int64_t row = conv.padded_width() * conv.channels, run = conv.kernel * conv.channels;
  for (int64_t r = 0; r < conv.out_height / 2; r++) {
    const float* window = image + 2 * r * row;
    for (int64_t c = 0; c < conv.out_width / 2; c++, window += 2 * conv.channels, to += conv.filters) {
      const float* const pixels[TILE_PIXELS] = {window, window + conv.channels, window + row,
                                                window + row + conv.channels};
      InnerTile<V> tile;
      tile.clear();
      tile.add(pixels, row, conv.kernel, run, weights);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) {
        const __m256 sums[] = {tile.sums[0][v], tile.sums[1][v], tile.sums[2][v], tile.sums[3][v]};
        store_square(after, sums, first_filter + v * LANES, conv.filters, to, y);
      }
    }
  }
}

constexpr decltype(&store_windows<1>) STORE_WINDOWS[] = {nullptr, store_windows<1>, store_windows<2>, store_windows<3>};

// A convolution with 2×2 windows whose channels are one chunk.
void window_forward(const Conv& conv, const float* x, const float* packed, const std::vector<Block>& blocks,
                    const After& after, float* y) {
  const int64_t taps = conv.kernel * conv.kernel * conv.channels;
  parallel_for(conv.batch, [&](int64_t image) {
    static thread_local Scratch scratch;
    float* const input = scratch.floats(conv.padded_height() * conv.padded_width() * conv.channels);
    pack_channels(conv, x + image * conv.height * conv.width * conv.channels, 1, 0, conv.channels, conv.channels, input);
    const int64_t to = image * (conv.out_height / 2) * (conv.out_width / 2) * conv.filters;
    for (const Block& block : blocks) {
      const int64_t first = block.first * LANES;
      STORE_WINDOWS[block.vectors](conv, after, input, packed + taps * first, first, to, y);
    }
  });
}

}  // namespace

void conv_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y) {
  if (winograd5_suits(conv, after)) return winograd5_forward(conv, x, kernel, after, y);
  if (row_filtering_suits(conv, after)) return row_filtering_forward(conv, x, kernel, after, y);
  const int64_t area = conv.kernel * conv.kernel, step = round_up(conv.filters, LANES);
  const Pieces chunks = Pieces::even(conv.channels, KERNEL_FLOATS / (area * TILE_VECTORS * LANES));
  const Pieces groups = Pieces::even(conv.batch, GROUP_PIXELS / conv.out_pixels());
  const std::vector<Block> blocks = blocks_of(conv.filters);
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(area * conv.channels * step);
  pack_kernel(conv, kernel, chunks, blocks, packed);
  if (after.pool == 2 && chunks.count() == 1) return window_forward(conv, x, packed, blocks, after, y);
  std::vector<int32_t> pixels = pixel_places(conv, groups.size);
  const int64_t padded_pixels = conv.padded_height() * conv.padded_width();

  parallel_for(groups.count(), [&](int64_t group) {
    static thread_local Scratch image_scratch, sum_scratch;
    const int64_t begin = groups.begin(group), images = groups.length(group);
    const int64_t count = images * conv.out_pixels();
    float* const input = image_scratch.floats(groups.size * padded_pixels * chunks.size);
    float* const sums = sum_scratch.floats(round_up(groups.size * conv.out_pixels(), TILE_PIXELS) * step);
    for (int64_t chunk = 0; chunk < chunks.count(); chunk++) {
      const int64_t channels = chunks.length(chunk);
      pack_channels(conv, x + begin * conv.height * conv.width * conv.channels, images, chunks.begin(chunk), channels,
                    channels, input);
      for (const Block& block : blocks) {
        const float* weights = packed + area * (chunks.begin(chunk) * step + channels * block.first * LANES);
        for (int64_t pixel = 0; pixel < count; pixel += TILE_PIXELS) {
          const float* places[TILE_PIXELS];
          // Past the last pixel the tile repeats it; those sums are not looked at.
          for (int64_t p = 0; p < TILE_PIXELS; p++) {
            places[p] = input + pixels[std::min(pixel + p, count - 1)] * channels;
          }
          INNER_TILES[block.vectors](places, conv.padded_width() * channels, conv.kernel, conv.kernel * channels,
                                     weights, sums + pixel * step + block.first * LANES, step, chunk == 0);
        }
      }
    }
    for (int64_t image = 0; image < images; image++) {
      store_image(conv, after, sums + image * conv.out_pixels() * step, step, begin + image, y);
    }
  });
}

}  // namespace elbow
