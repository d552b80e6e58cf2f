// Of a pooling's gradient all but one place in each window are zeros, and ReLU makes zeros of more. What is left is
// listed for each filter, and only those places are worked on: a sixth of the work of a dense gradient or less.
#include <array>

#include "conv.h"
#include "parallel.h"
#include "tiles.h"

namespace elbow {
namespace {

// Vectors of one row of the kernel that a register tile may have.
constexpr int64_t ROW_VECTORS = 13;
// Floats of a group of padded images, cut to a chunk of channels: most of a first-level cache of 32 KiB.
constexpr int64_t GROUP_FLOATS = 6144;

// The slopes that are not zero, filter by filter: where in the padded images the pixel of the output begins.
struct Slopes {
  int64_t most;
  std::vector<int32_t> pixels;
  std::vector<float> values;
  std::vector<int64_t> counts;
};

struct Layout {
  Conv conv;
  int64_t pool;
  bool relu;
  Pieces chunks;
  Pieces groups;

  Layout(const Conv& of, int64_t pool_, bool relu_)
      : conv(of),
        pool(pool_),
        relu(relu_),
        chunks(Pieces::even(of.channels, ROW_VECTORS * LANES / of.kernel)),
        groups(Pieces::even(of.batch, GROUP_FLOATS / (of.padded_height() * of.padded_width() * chunks.size))) {}

  int64_t pooled_pixels() const { return (conv.out_height / pool) * (conv.out_width / pool); }
  // Floats of one kernel row of the widest chunk, filled up to vectors.
  int64_t row_floats() const { return round_up(conv.kernel * chunks.size, LANES); }
  int64_t image_floats() const {
    return groups.size * conv.padded_height() * conv.padded_width() * chunks.size + 2 * LANES;
  }
};

// Lists the slopes of the filters from `first` to `last` in a group of images.
void list_slopes(const Layout& layout, int64_t group, int64_t first, int64_t last, const float* y,
                 const uint8_t* places, const float* dy, Slopes& slopes) {
  const Conv& conv = layout.conv;
  const int64_t pool = layout.pool, columns = conv.padded_width();
  const int64_t begin = layout.groups.begin(group), images = layout.groups.length(group);
  slopes.most = layout.groups.size * layout.pooled_pixels();
  slopes.pixels.resize((last - first) * slopes.most);
  slopes.values.resize((last - first) * slopes.most);
  slopes.counts.assign(last - first, 0);
  std::array<int32_t, 256> steps;
  for (int64_t place = 0; place < pool * pool; place++) steps[place] = place / pool * columns + place % pool;
  int64_t from = begin * layout.pooled_pixels() * conv.filters;
  for (int64_t image = 0; image < images; image++) {
    for (int64_t row = 0; row < conv.out_height / pool; row++) {
      for (int64_t column = 0; column < conv.out_width / pool; column++, from += conv.filters) {
        const int32_t corner = (image * conv.padded_height() + row * pool) * columns + column * pool;
        for (int64_t filter = first; filter < last; filter++) {
          const float slope = !layout.relu || y[from + filter] > 0 ? dy[from + filter] : 0;
          int64_t& count = slopes.counts[filter - first];
          // Written always and kept only where it counts: half of the slopes are zeros, in no order to be foreseen.
          slopes.pixels[(filter - first) * slopes.most + count] = corner + steps[places[from + filter]];
          slopes.values[(filter - first) * slopes.most + count] = slope;
          count += slope != 0;
        }
      }
    }
  }
}

// Adds slope × image over the listed pixels, for R rows of a kernel of V vectors each.
template <int V, int R>
void add_rows(const float* image, int64_t channels, int64_t row, const int32_t* pixels, const float* values,
              int64_t count, float* sums, int64_t step) {
  __m256 acc[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) acc[r][v] = _mm256_setzero_ps();
  }
  for (int64_t i = 0; i < count; i++) {
    const float* from = image + pixels[i] * channels;
    const __m256 slope = _mm256_broadcast_ss(values + i);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) {
        acc[r][v] = _mm256_fmadd_ps(slope, _mm256_loadu_ps(from + r * row + v * LANES), acc[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      float* const sum = sums + r * step + v * LANES;
      _mm256_store_ps(sum, _mm256_add_ps(_mm256_load_ps(sum), acc[r][v]));
    }
  }
}

// Adds slope × kernel at the listed pixels of the images' gradient.
template <int V>
void scatter_rows(float* image, int64_t channels, int64_t row, const int32_t* pixels, const float* values,
                  int64_t count, const float* kernel, int64_t step, int64_t rows) {
  for (int64_t i = 0; i < count; i++) {
    float* to = image + pixels[i] * channels;
    const __m256 slope = _mm256_broadcast_ss(values + i);
    const float* weights = kernel;
    for (int64_t r = 0; r < rows; r++, to += row, weights += step) {
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) {
        const __m256 sum = _mm256_fmadd_ps(slope, _mm256_load_ps(weights + v * LANES), _mm256_loadu_ps(to + v * LANES));
        _mm256_storeu_ps(to + v * LANES, sum);
      }
    }
  }
}

using AddRows = decltype(&add_rows<1, 1>);
using ScatterRows = decltype(&scatter_rows<1>);

// Rows that a tile of V vectors a row may have.
constexpr int most_rows(int vectors) { return std::min<int>(5, ROW_VECTORS / vectors); }

template <int V, int... R>
constexpr std::array<AddRows, 6> rows_table(std::integer_sequence<int, R...>) {
  return {nullptr, (R < most_rows(V) ? &add_rows<V, (R < most_rows(V) ? R + 1 : 1)> : nullptr)...};
}
template <int... V>
constexpr std::array<std::array<AddRows, 6>, sizeof...(V)> add_table(std::integer_sequence<int, V...>) {
  return {rows_table<V + 1>(std::make_integer_sequence<int, 5>{})...};
}
template <int... V>
constexpr std::array<ScatterRows, sizeof...(V)> scatter_table(std::integer_sequence<int, V...>) {
  return {&scatter_rows<V + 1>...};
}
constexpr auto ADD_ROWS = add_table(std::make_integer_sequence<int, ROW_VECTORS>{});
constexpr auto SCATTER_ROWS = scatter_table(std::make_integer_sequence<int, ROW_VECTORS>{});

void kernel_gradient(const Layout& layout, const float* x, const float* y, const uint8_t* places, const float* dy,
                     float* dkernel, float* dbias) {
  const Conv& conv = layout.conv;
  const int64_t step = layout.row_floats(), rows = conv.kernel, row = conv.padded_width();
  const int64_t filter_floats = layout.chunks.count() * rows * step;
  // A task has all images and some filters: sums are never shared.
  const Pieces tasks = Pieces::even(conv.filters, ceil_div(conv.filters, thread_count()));
  parallel_for(tasks.count(), [&](int64_t task) {
    static thread_local Scratch image_scratch, sum_scratch;
    static thread_local Slopes slopes;
    const int64_t first = tasks.begin(task), filters = tasks.length(task);
    float* const sums = sum_scratch.floats(filters * filter_floats);
    float* const image = image_scratch.floats(layout.image_floats());
    std::memset(sums, 0, filters * filter_floats * sizeof(float));
    std::fill(dbias + first, dbias + first + filters, 0.f);
    for (int64_t group = 0; group < layout.groups.count(); group++) {
      list_slopes(layout, group, first, first + filters, y, places, dy, slopes);
      for (int64_t filter = 0; filter < filters; filter++) {
        const float* values = slopes.values.data() + filter * slopes.most;
        float sum = 0;
        for (int64_t i = 0; i < slopes.counts[filter]; i++) sum += values[i];
        dbias[first + filter] += sum;
      }
      for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
        const int64_t channels = layout.chunks.length(chunk), vectors = ceil_div(conv.kernel * channels, LANES);
        pack_channels(conv, x + layout.groups.begin(group) * conv.height * conv.width * conv.channels,
                      layout.groups.length(group), layout.chunks.begin(chunk), channels, channels, image);
        for (int64_t filter = 0; filter < filters; filter++) {
          float* const own = sums + filter * filter_floats + chunk * rows * step;
          for (int64_t r = 0; r < rows;) {
            const int64_t taken = std::min<int64_t>(rows - r, most_rows(static_cast<int>(vectors)));
            ADD_ROWS[vectors - 1][taken](image + r * row * channels, channels, row * channels,
                                         slopes.pixels.data() + filter * slopes.most,
                                         slopes.values.data() + filter * slopes.most, slopes.counts[filter],
                                         own + r * step, step);
            r += taken;
          }
        }
      }
    }
    for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
      const int64_t channels = layout.chunks.length(chunk), begin = layout.chunks.begin(chunk);
      for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < conv.kernel * channels; i++) {
          const int64_t channel = (r * conv.kernel + i / channels) * conv.channels + begin + i % channels;
          float* to = dkernel + channel * conv.filters + first;
          const float* from = sums + (chunk * rows + r) * step + i;
          for (int64_t filter = 0; filter < filters; filter++) to[filter] = from[filter * filter_floats];
        }
      }
    }
  });
}

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

void input_gradient(const Layout& layout, const float* kernel, const float* y, const uint8_t* places, const float* dy,
                    float* dx) {
  const Conv& conv = layout.conv;
  const int64_t step = layout.row_floats(), rows = conv.kernel, row = conv.padded_width();
  const int64_t filter_floats = layout.chunks.count() * rows * step;
  static thread_local Scratch kernel_scratch;
  float* const packed = kernel_scratch.floats(conv.filters * filter_floats);
  std::memset(packed, 0, conv.filters * filter_floats * sizeof(float));
  for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
    const int64_t channels = layout.chunks.length(chunk), begin = layout.chunks.begin(chunk);
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t i = 0; i < conv.kernel * channels; i++) {
        const int64_t channel = (r * conv.kernel + i / channels) * conv.channels + begin + i % channels;
        const float* from = kernel + channel * conv.filters;
        float* to = packed + (chunk * rows + r) * step + i;
        for (int64_t filter = 0; filter < conv.filters; filter++) to[filter * filter_floats] = from[filter];
      }
    }
  }
  parallel_for(layout.groups.count(), [&](int64_t group) {
    static thread_local Scratch image_scratch;
    static thread_local Slopes slopes;
    const int64_t images = layout.groups.length(group);
    float* const image = image_scratch.floats(layout.image_floats());
    list_slopes(layout, group, 0, conv.filters, y, places, dy, slopes);
    for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
      const int64_t channels = layout.chunks.length(chunk), vectors = ceil_div(conv.kernel * channels, LANES);
      std::memset(image, 0, layout.image_floats() * sizeof(float));
      for (int64_t filter = 0; filter < conv.filters; filter++) {
        SCATTER_ROWS[vectors - 1](image, channels, row * channels, slopes.pixels.data() + filter * slopes.most,
                                  slopes.values.data() + filter * slopes.most, slopes.counts[filter],
                                  packed + filter * filter_floats + chunk * rows * step, step, rows);
      }
      unpack_channels(conv, image, images, layout.chunks.begin(chunk), channels,
                      dx + layout.groups.begin(group) * conv.height * conv.width * conv.channels);
    }
  });
}

}  // namespace

void conv_pool_gradients(const Conv& conv, const After& after, const float* x, const float* kernel, const float* y,
                         const float* dy, float* dx, float* dkernel, float* dbias) {
  const Layout layout(conv, after.pool, after.relu);
  kernel_gradient(layout, x, y, after.places, dy, dkernel, dbias);
  if (dx) input_gradient(layout, kernel, y, after.places, dy, dx);
}

}  // namespace elbow
