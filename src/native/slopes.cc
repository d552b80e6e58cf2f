#include "slopes.h"

namespace elbow {
namespace {

// Floats of a group of padded images, cut to a chunk of channels: most of a first-level cache of 32 KiB.
constexpr int64_t IMAGE_FLOATS = 6144;

// For each set of lanes the order that brings them to the front, a byte a lane.
constexpr std::array<uint64_t, 256> make_orders() {
  std::array<uint64_t, 256> orders{};
  for (int set = 0; set < 256; set++) {
    int at = 0;
    for (uint64_t lane = 0; lane < 8; lane++) {
      if (set >> lane & 1) orders[set] |= lane << (8 * at++);
    }
  }
  return orders;
}
constexpr std::array<uint64_t, 256> ORDERS = make_orders();

inline __m256i order_of(int set) {
  return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(ORDERS[set])));
}

inline void transpose(__m256 rows[8]) {
  __m256 a[8], b[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i += 2) {
    a[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
    a[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; i += 4) {
    b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
    b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
    b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
    b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    rows[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
    rows[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
  }
}

// Eight filters of a window, or fewer: zeros past them.
struct Lanes {
  int64_t used;
  __m256i mask;

  explicit Lanes(int64_t filters) : used(std::min(filters, LANES)), mask(lanes_mask(filters)) {}

  __m256 load(const float* from) const {
    return used == LANES ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, mask);
  }

  __m256 slopes(const Pooled& pooled, int64_t at, bool relu) const {
    const __m256 dy = load(pooled.dy + at);
    if (!relu) return dy;
    return _mm256_and_ps(dy, _mm256_cmp_ps(load(pooled.y + at), _mm256_setzero_ps(), _CMP_GT_OQ));
  }

  __m256i places(const Pooled& pooled, int64_t at) const {
    uint64_t bytes = 0;
    // Past these filters are those of the next window.
    if (at + LANES <= pooled.count) {
      std::memcpy(&bytes, pooled.places + at, LANES);
    } else {
      std::memcpy(&bytes, pooled.places + at, used);
    }
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(bytes)));
  }
};

inline int set_of(__m256 slopes) {
  // Not-a-number is one of them.
  return _mm256_movemask_ps(_mm256_cmp_ps(slopes, _mm256_setzero_ps(), _CMP_NEQ_UQ));
}

// How far each pixel of a window is from its first one, in pixels of the padded images.
std::array<int32_t, 256> steps_of(const PoolLayout& layout) {
  std::array<int32_t, 256> steps{};
  const int64_t pool = layout.pool;
  for (int64_t place = 0; place < pool * pool; place++) {
    steps[place] = place / pool * layout.conv.padded_width() + place % pool;
  }
  return steps;
}

// The first pixels of the windows of a group of images.
void list_corners(const PoolLayout& layout, int64_t images, std::vector<int32_t>& corners) {
  const Conv& conv = layout.conv;
  const int64_t pool = layout.pool;
  corners.clear();
  for (int64_t image = 0; image < images; image++) {
    for (int64_t row = 0; row < conv.out_height / pool; row++) {
      for (int64_t column = 0; column < conv.out_width / pool; column++) {
        corners.push_back((image * conv.padded_height() + row * pool) * conv.padded_width() + column * pool);
      }
    }
  }
}

}  // namespace

PoolLayout::PoolLayout(const Conv& of, const After& after)
    : conv(of),
      pool(after.pool),
      relu(after.relu),
      chunks(Pieces::even(of.channels, ROW_VECTORS * LANES / of.kernel)),
      groups(Pieces::even(of.batch, IMAGE_FLOATS / (of.padded_height() * of.padded_width() * chunks.size))) {}

void list_by_filter(const PoolLayout& layout, const Pooled& pooled, int64_t group, int64_t first, int64_t last,
                    FilterSlopes& slopes) {
  static thread_local std::vector<int32_t> corners;
  const int64_t filters = layout.conv.filters, windows = layout.groups.length(group) * layout.pooled_pixels();
  list_corners(layout, layout.groups.length(group), corners);
  // Whole vectors are stored, of which only the front counts.
  slopes.step = layout.groups.size * layout.pooled_pixels() + LANES;
  slopes.pixels.resize((last - first) * slopes.step);
  slopes.values.resize((last - first) * slopes.step);
  slopes.counts.assign(last - first, 0);
  slopes.sums.resize(round_up(last - first, LANES));
  const std::array<int32_t, 256> steps = steps_of(layout);
  const __m256i few = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(steps.data()));
  const bool are_few = layout.pool * layout.pool <= LANES;
  const int64_t begin = layout.groups.begin(group) * layout.pooled_pixels() * filters;
  for (int64_t filter = first; filter < last; filter += LANES) {
    const Lanes lanes(last - filter);
    __m256 sum = _mm256_setzero_ps();
    for (int64_t window = 0; window < windows; window += LANES) {
      const int64_t used = std::min(LANES, windows - window);
      __m256 values[8], pixels[8];
      for (int64_t i = 0; i < LANES; i++) {
        values[i] = pixels[i] = _mm256_setzero_ps();
        if (i >= used) continue;
        const int64_t at = begin + (window + i) * filters + filter;
        values[i] = lanes.slopes(pooled, at, layout.relu);
        sum = _mm256_add_ps(sum, values[i]);
        const __m256i places = lanes.places(pooled, at);
        const __m256i step =
            are_few ? _mm256_permutevar8x32_epi32(few, places) : _mm256_i32gather_epi32(steps.data(), places, 4);
        pixels[i] = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_set1_epi32(corners[window + i]), step));
      }
      transpose(values);
      transpose(pixels);
#pragma GCC unroll 8
      for (int64_t lane = 0; lane < LANES; lane++) {
        if (lane >= lanes.used) break;
        int64_t& count = slopes.counts[filter - first + lane];
        const int64_t to = (filter - first + lane) * slopes.step + count;
        const int set = set_of(values[lane]);
        const __m256i order = order_of(set);
        _mm256_storeu_ps(slopes.values.data() + to, _mm256_permutevar8x32_ps(values[lane], order));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(slopes.pixels.data() + to),
                            _mm256_permutevar8x32_epi32(_mm256_castps_si256(pixels[lane]), order));
        count += __builtin_popcount(set);
      }
    }
    _mm256_storeu_ps(slopes.sums.data() + filter - first, sum);
  }
}

void list_by_pixel(const PoolLayout& layout, const Pooled& pooled, int64_t group, PixelSlopes& slopes) {
  static thread_local std::vector<int32_t> corners;
  const int64_t filters = layout.conv.filters, area = layout.pool * layout.pool;
  const int64_t windows = layout.groups.length(group) * layout.pooled_pixels();
  list_corners(layout, layout.groups.length(group), corners);
  slopes.pixels.resize(windows * area);
  slopes.ends.resize(windows * area);
  slopes.filters.resize(windows * filters + LANES);
  slopes.values.resize(windows * filters + LANES);
  slopes.count = 0;
  const std::array<int32_t, 256> steps = steps_of(layout);
  const __m256i order = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  int32_t end = 0;
  for (int64_t window = 0; window < windows; window++) {
    const int64_t from = (layout.groups.begin(group) * layout.pooled_pixels() + window) * filters;
    for (int64_t place = 0; place < area; place++) {
      const int32_t before = end;
      for (int64_t filter = 0; filter < filters; filter += LANES) {
        const Lanes lanes(filters - filter);
        const __m256 values = lanes.slopes(pooled, from + filter, layout.relu);
        const __m256i is_here =
            _mm256_cmpeq_epi32(lanes.places(pooled, from + filter), _mm256_set1_epi32(static_cast<int>(place)));
        const int set = set_of(_mm256_and_ps(values, _mm256_castsi256_ps(is_here)));
        const __m256i front = order_of(set);
        const __m256i numbers = _mm256_add_epi32(order, _mm256_set1_epi32(static_cast<int>(filter)));
        _mm256_storeu_ps(slopes.values.data() + end, _mm256_permutevar8x32_ps(values, front));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(slopes.filters.data() + end),
                            _mm256_permutevar8x32_epi32(numbers, front));
        end += __builtin_popcount(set);
      }
      if (end == before) continue;
      slopes.pixels[slopes.count] = corners[window] + steps[place];
      slopes.ends[slopes.count++] = end;
    }
  }
}

}  // namespace elbow
