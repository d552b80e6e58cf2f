#include "conv.h"
#include "parallel.h"
#include "register_tiles.h"
#include "tiles.h"

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

// Bias and ReLU of a vector; not-a-number stays what it is.
inline __m256 finish(__m256 sum, const float* bias, int64_t filter, __m256i mask, bool relu) {
  if (bias) sum = _mm256_add_ps(sum, _mm256_maskload_ps(bias + filter, mask));
  return relu ? _mm256_max_ps(_mm256_setzero_ps(), sum) : sum;
}

// Stores the sums of one image, [pixel][step], as its output.
void store_image(const Conv& conv, const After& after, const float* sums, int64_t step, int64_t image, float* y) {
  const int64_t pool = after.pool, filters = conv.filters;
  const int64_t rows = conv.out_height / pool, columns = conv.out_width / pool;
  float* to = y + image * rows * columns * filters;
  uint8_t* places = after.places ? after.places + image * rows * columns * filters : nullptr;
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t column = 0; column < columns; column++, to += filters) {
      const float* window = sums + (row * conv.out_width + column) * pool * step;
      for (int64_t filter = 0; filter < filters; filter += LANES) {
        const int64_t used = std::min(LANES, filters - filter);
        const __m256i mask = lanes_mask(used);
        __m256 best = _mm256_load_ps(window + filter);
        __m256i where = _mm256_setzero_si256();
        for (int64_t i = 1; i < pool * pool; i++) {
          const __m256 other = _mm256_load_ps(window + (i / pool * conv.out_width + i % pool) * step + filter);
          // The first of equal values stays, and not-a-number wins.
          const __m256 more =
              _mm256_or_ps(_mm256_cmp_ps(other, best, _CMP_GT_OQ), _mm256_cmp_ps(other, other, _CMP_UNORD_Q));
          best = _mm256_blendv_ps(best, other, more);
          where = _mm256_blendv_epi8(where, _mm256_set1_epi32(static_cast<int>(i)), _mm256_castps_si256(more));
        }
        best = finish(best, after.bias, filter, mask, after.relu);
        if (used == LANES) {
          _mm256_storeu_ps(to + filter, best);
        } else {
          _mm256_maskstore_ps(to + filter, mask, best);
        }
        if (places) {
          const __m128i words =
              _mm_packs_epi32(_mm256_castsi256_si128(where), _mm256_extracti128_si256(where, 1));
          const uint64_t bytes = _mm_cvtsi128_si64(_mm_packus_epi16(words, words));
          std::memcpy(places + filter, &bytes, used);
        }
      }
      if (places) places += filters;
    }
  }
}

}  // namespace

void conv_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y) {
  const int64_t area = conv.kernel * conv.kernel, step = round_up(conv.filters, LANES);
  const Pieces chunks = Pieces::even(conv.channels, KERNEL_FLOATS / (area * TILE_VECTORS * LANES));
  const Pieces groups = Pieces::even(conv.batch, GROUP_PIXELS / conv.out_pixels());
  const std::vector<Block> blocks = blocks_of(conv.filters);
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(area * conv.channels * step);
  pack_kernel(conv, kernel, chunks, blocks, packed);
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
