#include "winograd.h"

#include "parallel.h"
#include "register_tiles.h"
#include "squares.h"

namespace elbow {
namespace {

// Channels whose part of a transformed kernel stays in the caches.
constexpr int64_t CHUNK_CHANNELS = 256;

// Memory of both sizes of squares.
struct Work {
  Scratch images, sums;

  static Work& own() {
    static thread_local Work work;
    return work;
  }
};

Scratch& kernel_scratch() {
  static thread_local Scratch scratch;
  return scratch;
}

// Channels of a kernel that a task transforms.
constexpr int64_t TASK_CHANNELS = 16;

// Transforms kernels and lays them out as the tiles read them: [place][chunk][block][channel of the chunk][filter].
template <int m>
void transform_kernel(const Conv& conv, const float* kernel, const Pieces& chunks, const std::vector<Block>& blocks,
                      float* packed) {
  constexpr int SIDE = Filtering<m>::SIDE;
  const int64_t channels = conv.channels, filters = conv.filters;
  const Pieces tasks = Pieces::even(channels, TASK_CHANNELS);
  parallel_for(tasks.count(), [&](int64_t task) {
    for (int64_t channel = tasks.begin(task); channel < tasks.begin(task) + tasks.length(task); channel++) {
      const int64_t chunk = channel / chunks.size, begin = chunks.begin(chunk), length = chunks.length(chunk);
      for (const Block& block : blocks) {
        const int64_t first = block.first * LANES, width = block.vectors * LANES;
        float* const to = packed + begin * filters + length * first + (channel - begin) * width;
        for (int64_t lane = 0; lane < width; lane += LANES) {
          const float* g = kernel + channel * filters + first + lane;
          Square<3> taps;
          Square<SIDE> all;
          for (int p = 0; p < 9; p++) taps[p / 3][p % 3] = _mm256_loadu_ps(g + p * channels * filters);
          transform_square<3, SIDE>(Filtering<m>::kernel, taps, all);
          store_places<SIDE>(all, to + lane, channels * filters);
        }
      }
    }
  });
}

// Aᵀ u A of eight filters, to the pixels of the square that are there.
template <int m>
void store_output(const Conv& conv, const float* sums, int64_t place_step, const Place& place, int64_t filter,
                  float* y) {
  constexpr int SIDE = Filtering<m>::SIDE;
  Square<SIDE> given;
  Square<m> pixels;
  load_places<SIDE>(sums, place_step, given);
  transform_square<SIDE, m>(Filtering<m>::output, given, pixels);
  float* const image = y + place.image * conv.out_pixels() * conv.filters + filter;
#pragma GCC unroll 4
  for (int r = 0; r < m; r++) {
    if (place.row + r >= conv.out_height) break;
    float* const to = image + ((place.row + r) * conv.out_width + place.column) * conv.filters;
#pragma GCC unroll 4
    for (int c = 0; c < m; c++) {
      if (place.column + c >= conv.out_width) break;
      _mm256_storeu_ps(to + c * conv.filters, pixels[r][c]);
    }
  }
}

template <int m>
void forward(const Conv& conv, const float* x, const float* kernel, float* y) {
  constexpr int64_t PLACES = elbow::PLACES<m>;
  const int64_t channels = conv.channels, filters = conv.filters;
  const Squares<m> squares(conv);
  const Pieces chunks = Pieces::even(channels, CHUNK_CHANNELS), groups = groups_of(squares, channels, filters);
  const std::vector<Block> blocks = blocks_of(filters);
  float* const packed = kernel_scratch().floats(PLACES * channels * filters);
  transform_kernel<m>(conv, kernel, chunks, blocks, packed);

  parallel_for(groups.count(), [&](int64_t group) {
    Work& work = Work::own();
    const int64_t size = groups.size, begin = groups.begin(group), count = groups.length(group);
    // [place][square][channel], and sums as [place][square][filter].
    float* const images = work.images.floats(PLACES * size * channels);
    float* const sums = work.sums.floats(PLACES * size * filters);
    for (int64_t square = 0; square < count; square++) {
      const Place place(squares, begin + square);
      for (int64_t channel = 0; channel < channels; channel += LANES) {
        Square<Filtering<m>::SIDE> transformed;
        transform_image<m>(conv, x, place, channel, transformed);
        store_places<Filtering<m>::SIDE>(transformed, images + square * channels + channel, size * channels);
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
        store_output<m>(conv, sums + square * filters + filter, size * filters, place, filter, y);
      }
    }
  });
}

}  // namespace

bool winograd_suits(const Conv& conv) {
  return conv.kernel == 3 && conv.channels % LANES == 0 && conv.filters % LANES == 0;
}

int winograd_output(const Conv& conv) {
  const auto products = [&](int64_t m) {
    return ceil_div(conv.out_height, m) * ceil_div(conv.out_width, m) * (m + 2) * (m + 2);
  };
  return products(4) < products(2) ? 4 : 2;
}

void winograd_forward(const Conv& conv, const float* x, const float* kernel, float* y) {
  const auto compute = winograd_output(conv) == 4 ? forward<4> : forward<2>;
  compute(conv, x, kernel, y);
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
