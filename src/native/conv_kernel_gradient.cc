#include "conv.h"
#include "parallel.h"
#include "register_tiles.h"
#include "tiles.h"

namespace elbow {
namespace {

// Output pixels that are worked on together.
constexpr int64_t GROUP_PIXELS = 256;

// Lays the gradient of some pixels out as the tiles read it: [block][pixel][filter of the block].
void pack_slopes(const float* dy, int64_t pixels, int64_t filters, const std::vector<Block>& blocks, float* packed) {
  for (const Block& block : blocks) {
    const int64_t first = block.first * LANES, width = block.vectors * LANES;
    const int64_t used = std::min(width, filters - first);
    for (int64_t pixel = 0; pixel < pixels; pixel++, packed += width) {
      std::memcpy(packed, dy + pixel * filters + first, used * sizeof(float));
      for (int64_t filter = used; filter < width; filter++) packed[filter] = 0;
    }
  }
}

}  // namespace

void conv_kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel) {
  const int64_t step = round_up(conv.filters, LANES);
  const int64_t quads = ceil_div(conv.channels, QUAD), padded_pixels = conv.padded_height() * conv.padded_width();
  const Pieces groups = Pieces::even(conv.batch, GROUP_PIXELS / conv.out_pixels());
  const std::vector<Block> blocks = blocks_of(conv.filters);
  const std::vector<int32_t> pixels = pixel_places(conv, groups.size);
  // A task has all images and some of the kernel's rows, each of which belongs to four channels: sums are never shared.
  const Pieces tasks = Pieces::even(quads * conv.kernel, ceil_div(quads * conv.kernel, thread_count()));

  parallel_for(tasks.count(), [&](int64_t task) {
    static thread_local Scratch image_scratch, slope_scratch, sum_scratch;
    const int64_t begin = tasks.begin(task), rows = tasks.length(task);
    const int64_t row_floats = conv.kernel * QUAD * step;
    float* const sums = sum_scratch.floats(rows * row_floats);
    std::memset(sums, 0, rows * row_floats * sizeof(float));
    float* const input = image_scratch.floats(groups.size * padded_pixels * QUAD);
    float* const slopes = slope_scratch.floats(groups.size * conv.out_pixels() * step);
    for (int64_t group = 0; group < groups.count(); group++) {
      const int64_t first = groups.begin(group), images = groups.length(group);
      const int64_t count = images * conv.out_pixels();
      pack_slopes(dy + first * conv.out_pixels() * conv.filters, count, conv.filters, blocks, slopes);
      int64_t packed_quad = -1;
      for (int64_t row = 0; row < rows; row++) {
        const int64_t quad = (begin + row) / conv.kernel, kernel_row = (begin + row) % conv.kernel;
        if (quad != packed_quad) {
          pack_channels(conv, x + first * conv.height * conv.width * conv.channels, images, quad * QUAD,
                        std::min(QUAD, conv.channels - quad * QUAD), QUAD, input);
          packed_quad = quad;
        }
        for (const Block& block : blocks) {
          const float* slope = slopes + block.first * LANES * count;
          for (int64_t column = 0; column < conv.kernel; column++) {
            float* const target = sums + row * row_floats + (column * step + block.first * LANES) * QUAD;
            OUTER_TILES[block.vectors](input + (kernel_row * conv.padded_width() + column) * QUAD, pixels.data(), count,
                                       slope, target);
          }
        }
      }
    }
    for (int64_t row = 0; row < rows; row++) {
      const int64_t quad = (begin + row) / conv.kernel, kernel_row = (begin + row) % conv.kernel;
      for (int64_t column = 0; column < conv.kernel; column++) {
        for (const Block& block : blocks) {
          const float* from = sums + row * row_floats + (column * step + block.first * LANES) * QUAD;
          const int64_t filter = block.first * LANES, width = block.vectors * LANES;
          for (int64_t c = 0; c < std::min(QUAD, conv.channels - quad * QUAD); c++) {
            const int64_t channel = quad * QUAD + c;
            float* to = dkernel + ((kernel_row * conv.kernel + column) * conv.channels + channel) * conv.filters;
            std::memcpy(to + filter, from + c * width, std::min(width, conv.filters - filter) * sizeof(float));
          }
        }
      }
    }
  });
}

}  // namespace elbow
