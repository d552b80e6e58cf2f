// The kernel's gradient through pooling and ReLU: for each filter, slope × image over its listed pixels.
#include "conv_pool.h"
#include "parallel.h"

namespace elbow {
namespace {

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

using AddRows = decltype(&add_rows<1, 1>);

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
constexpr auto ADD_ROWS = add_table(std::make_integer_sequence<int, ROW_VECTORS>{});

}  // namespace

void pool_kernel_gradient(const PoolLayout& layout, const float* x, const Pooled& pooled, float* dkernel, float* dbias) {
  const Conv& conv = layout.conv;
  const int64_t step = layout.row_floats(), rows = conv.kernel, row = conv.padded_width();
  const int64_t filter_floats = layout.chunks.count() * rows * step;
  // A task has all images and some filters: sums are never shared.
  const Pieces tasks = Pieces::even(conv.filters, ceil_div(conv.filters, thread_count()));
  parallel_for(tasks.count(), [&](int64_t task) {
    static thread_local Scratch image_scratch, sum_scratch;
    static thread_local FilterSlopes slopes;
    const int64_t first = tasks.begin(task), filters = tasks.length(task);
    float* const sums = sum_scratch.floats(filters * filter_floats);
    float* const image = image_scratch.floats(layout.image_floats());
    std::memset(sums, 0, filters * filter_floats * sizeof(float));
    std::fill(dbias + first, dbias + first + filters, 0.f);
    for (int64_t group = 0; group < layout.groups.count(); group++) {
      list_by_filter(layout, pooled, group, first, first + filters, slopes);
      for (int64_t filter = 0; filter < filters; filter++) dbias[first + filter] += slopes.sums[filter];
      for (int64_t chunk = 0; chunk < layout.chunks.count(); chunk++) {
        const int64_t channels = layout.chunks.length(chunk), vectors = ceil_div(conv.kernel * channels, LANES);
        pack_channels(conv, x + layout.groups.begin(group) * conv.height * conv.width * conv.channels,
                      layout.groups.length(group), layout.chunks.begin(chunk), channels, channels, image);
        for (int64_t filter = 0; filter < filters; filter++) {
          float* const own = sums + filter * filter_floats + chunk * rows * step;
          for (int64_t r = 0; r < rows;) {
            const int64_t taken = std::min<int64_t>(rows - r, most_rows(static_cast<int>(vectors)));
            ADD_ROWS[vectors - 1][taken](image + r * row * channels, channels, row * channels,
                                         slopes.pixels.data() + filter * slopes.step,
                                         slopes.values.data() + filter * slopes.step, slopes.counts[filter],
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

}  // namespace elbow
