// The images' gradient through pooling and ReLU: each listed pixel adds the kernels of its filters, times their slopes.
#include "conv_pool.h"
#include "parallel.h"

namespace elbow {
namespace {

// Adds to the images' gradient, at each listed pixel, Σ slope × a row of the filter's kernel.
template <int V>
void add_pixels(const PixelSlopes& slopes, const float* kernel, int64_t step, int64_t channels, float* image) {
  int64_t i = 0;
  for (int64_t pixel = 0; pixel < slopes.count; pixel++) {
    __m256 sums[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) sums[v] = _mm256_setzero_ps();
    for (const int64_t end = slopes.ends[pixel]; i < end; i++) {
      const __m256 slope = _mm256_broadcast_ss(slopes.values.data() + i);
      const float* weights = kernel + slopes.filters[i] * step;
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) sums[v] = _mm256_fmadd_ps(slope, _mm256_load_ps(weights + v * LANES), sums[v]);
    }
    float* to = image + slopes.pixels[pixel] * channels;
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      _mm256_storeu_ps(to + v * LANES, _mm256_add_ps(_mm256_loadu_ps(to + v * LANES), sums[v]));
    }
  }
}

using AddPixels = decltype(&add_pixels<1>);
template <int... V>
constexpr std::array<AddPixels, sizeof...(V)> add_table(std::integer_sequence<int, V...>) {
  return {&add_pixels<V + 1>...};
}
constexpr auto ADD_PIXELS = add_table(std::make_integer_sequence<int, ROW_VECTORS>{});

// Copies a chunk of the gradient out of its padded images.
void unpack_channels(const Conv& conv, const float* packed, int64_t images, int64_t first, int64_t count, float* dx) {
  for (int64_t image = 0; image < images; image++) {
    for (int64_t r = 0; r < conv.height; r++) {
      const float* from =
          packed + ((image * conv.padded_height() + r + conv.before) * conv.padded_width() + conv.before) * count;
      float* to = dx + (image * conv.height + r) * conv.width * conv.channels + first;
      for (int64_t column = 0; column < conv.width; column++, from += count, to += conv.channels) {
        std::memcpy(to, from, count * sizeof(float));
      }
    }
  }
}

}  // namespace

void pool_input_gradient(const PoolLayout& layout, const float* kernel, const Pooled& pooled, float* dx) {
  const Conv& conv = layout.conv;
  const int64_t step = layout.row_floats(), rows = conv.kernel, row = conv.padded_width();
  // [chunk][row][filter][column and channel]
  const int64_t chunk_floats = rows * conv.filters * step;
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(layout.chunks.count() * chunk_floats);
  std::memset(packed, 0, layout.chunks.count() * chunk_floats * sizeof(float));
  for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
    const int64_t channels = layout.chunks.length(chunk), begin = layout.chunks.begin(chunk);
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t i = 0; i < conv.kernel * channels; i++) {
        const int64_t channel = (r * conv.kernel + i / channels) * conv.channels + begin + i % channels;
        const float* from = kernel + channel * conv.filters;
        float* to = packed + chunk * chunk_floats + r * conv.filters * step + i;
        for (int64_t filter = 0; filter < conv.filters; filter++) to[filter * step] = from[filter];
      }
    }
  }
  parallel_for(layout.groups.count(), [&](int64_t group) {
    static thread_local Scratch image_scratch;
    static thread_local PixelSlopes slopes;
    float* const image = image_scratch.floats(layout.image_floats());
    list_by_pixel(layout, pooled, group, slopes);
    for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
      const int64_t channels = layout.chunks.length(chunk), vectors = ceil_div(conv.kernel * channels, LANES);
      std::memset(image, 0, layout.image_floats() * sizeof(float));
      for (int64_t r = 0; r < rows; r++) {
        ADD_PIXELS[vectors - 1](slopes, packed + chunk * chunk_floats + r * conv.filters * step, step, channels,
                                image + r * row * channels);
      }
      unpack_channels(conv, image, layout.groups.length(group), layout.chunks.begin(chunk), channels,
                      dx + layout.groups.begin(group) * conv.height * conv.width * conv.channels);
    }
  });
}

}  // namespace elbow
