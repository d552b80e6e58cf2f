// Rows lie one behind the other, so a whole number of them fills whole vectors: all loops go over such stretches, in which
// every lane has its own channel. Stretches are put together to blocks of a fixed size that stay in the caches; a block's
// sums are added up in the order of the blocks, whichever thread made them.
#include "norm.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "parallel.h"
#include "tiles.h"

namespace elbow {
namespace {

constexpr int64_t BLOCK_FLOATS = 8192;

struct Blocks {
  // Floats of a stretch, a multiple of the channels.
  int64_t stretch;
  int64_t stretches;
  int64_t count;
  int64_t floats;

  explicit Blocks(const Norm& norm)
      : stretch(std::lcm(norm.channels, LANES)),
        stretches(std::max<int64_t>(1, BLOCK_FLOATS / stretch)),
        count((norm.rows * norm.channels + stretch * stretches - 1) / (stretch * stretches)),
        floats(norm.rows * norm.channels) {}

  int64_t begin(int64_t block) const { return block * stretches * stretch; }
  int64_t end(int64_t block) const { return std::min(floats, begin(block + 1)); }
};

// Calls work(first float, number of floats) for every stretch of a block; the last one of all may be a part of one.
template <typename Work>
void each_stretch(const Blocks& blocks, int64_t block, const Work& work) {
  for (int64_t at = blocks.begin(block); at < blocks.end(block); at += blocks.stretch) {
    work(at, std::min(blocks.stretch, blocks.end(block) - at));
  }
}

// A value of each channel, repeated over a stretch.
std::vector<float> repeated(const Norm& norm, const Blocks& blocks, const float* values) {
  std::vector<float> all(blocks.stretch);
  for (int64_t lane = 0; lane < blocks.stretch; lane++) all[lane] = values[lane % norm.channels];
  return all;
}

std::vector<float> factors(const Norm& norm, const float* scale, const float* variance) {
  std::vector<float> all(norm.channels);
  for (int64_t c = 0; c < norm.channels; c++) {
    all[c] = static_cast<float>(scale[c] / std::sqrt(static_cast<double>(variance[c]) + norm.epsilon));
  }
  return all;
}

}  // namespace

void norm_moments(const Norm& norm, const float* x, float* mean, float* variance) {
  const Blocks blocks(norm);
  const int64_t stretch = blocks.stretch;
  // Of each block and lane: the mean of its numbers, and the sum of their squared distances from it.
  std::vector<float> means(blocks.count * stretch), squares(blocks.count * stretch);
  const auto numbers = [&](int64_t block, int64_t lane) {
    return (blocks.end(block) - blocks.begin(block) - lane + stretch - 1) / stretch;
  };
  parallel_for(blocks.count, [&](int64_t block) {
    float* __restrict center = means.data() + block * stretch;
    float* __restrict spread = squares.data() + block * stretch;
    each_stretch(blocks, block, [&](int64_t at, int64_t length) {
      for (int64_t i = 0; i < length; i++) center[i] += x[at + i];
    });
    for (int64_t i = 0; i < stretch; i++) center[i] /= std::max<int64_t>(1, numbers(block, i));
    each_stretch(blocks, block, [&](int64_t at, int64_t length) {
      for (int64_t i = 0; i < length; i++) {
        const float distance = x[at + i] - center[i];
        spread[i] += distance * distance;
      }
    });
  });
  // Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
  std::vector<double> sums(norm.channels), spreads(norm.channels);
  for (int64_t block = 0; block < blocks.count; block++) {
    for (int64_t lane = 0; lane < stretch; lane++) {
      sums[lane % norm.channels] += static_cast<double>(means[block * stretch + lane]) * numbers(block, lane);
    }
  }
  for (double& sum : sums) sum /= norm.rows;
  for (int64_t block = 0; block < blocks.count; block++) {
    for (int64_t lane = 0; lane < stretch; lane++) {
      const double distance = means[block * stretch + lane] - sums[lane % norm.channels];
      spreads[lane % norm.channels] +=
          squares[block * stretch + lane] + distance * distance * numbers(block, lane);
    }
  }
  for (int64_t c = 0; c < norm.channels; c++) {
    mean[c] = static_cast<float>(sums[c]);
    variance[c] = static_cast<float>(spreads[c] / norm.rows);
  }
}

void norm_apply(const Norm& norm, const float* x, const float* scale, const float* offset, const float* mean,
                const float* variance, float* __restrict y) {
  const Blocks blocks(norm);
  const std::vector<float> factor = repeated(norm, blocks, factors(norm, scale, variance).data());
  const std::vector<float> center = repeated(norm, blocks, mean), shift = repeated(norm, blocks, offset);
  parallel_for(blocks.count, [&](int64_t block) {
    const float *by = factor.data(), *from = center.data(), *plus = shift.data();
    each_stretch(blocks, block, [&](int64_t at, int64_t length) {
      if (norm.relu) {
        for (int64_t i = 0; i < length; i++) {
          const float value = (x[at + i] - from[i]) * by[i] + plus[i];
          // Not-a-number stays what it is.
          y[at + i] = value < 0 ? 0 : value;
        }
      } else {
        for (int64_t i = 0; i < length; i++) y[at + i] = (x[at + i] - from[i]) * by[i] + plus[i];
      }
    });
  });
}

namespace {

// The first lanes of a vector in memory, all of them where there are as many.
inline __m256 load(const float* from, int64_t lanes) {
  return lanes >= LANES ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, lanes_mask(lanes));
}

// The slopes behind a ReLU, which let through what it gave more than 0 for; that is computed again, to the same bits.
template <bool RELU>
inline __m256 slopes_of(__m256 dy, __m256 distance, __m256 by, __m256 plus) {
  if (!RELU) return dy;
  const __m256 value = _mm256_add_ps(_mm256_mul_ps(distance, by), plus);
  return _mm256_and_ps(dy, _mm256_cmp_ps(value, _mm256_setzero_ps(), _CMP_GT_OQ));
}

template <bool RELU>
void gradients(const Norm& norm, const float* x, const float* scale, const float* offset, const float* mean,
               const float* variance, const float* dy, float* __restrict dx, float* dscale, float* doffset) {
  const Blocks blocks(norm);
  const int64_t stretch = blocks.stretch;
  const std::vector<float> scaled = repeated(norm, blocks, factors(norm, scale, variance).data());
  const std::vector<float> center = repeated(norm, blocks, mean), shift = repeated(norm, blocks, offset);
  // Of each block and lane: the sum of slopes, and that of slopes times distances from the mean.
  std::vector<float> slopes(blocks.count * stretch), products(blocks.count * stretch);
  parallel_for(blocks.count, [&](int64_t block) {
    const float *by = scaled.data(), *from = center.data(), *plus = shift.data();
    float* __restrict sum = slopes.data() + block * stretch;
    float* __restrict product = products.data() + block * stretch;
    each_stretch(blocks, block, [&](int64_t at, int64_t length) {
      for (int64_t i = 0; i < length; i += LANES) {
        const int64_t lanes = length - i;
        const __m256 distance = _mm256_sub_ps(load(x + at + i, lanes), load(from + i, lanes));
        const __m256 slope =
            slopes_of<RELU>(load(dy + at + i, lanes), distance, load(by + i, lanes), load(plus + i, lanes));
        store_lanes(sum + i, lanes, _mm256_add_ps(load(sum + i, lanes), slope));
        store_lanes(product + i, lanes, _mm256_fmadd_ps(slope, distance, load(product + i, lanes)));
      }
    });
  });
  std::vector<double> all_slopes(norm.channels), all_products(norm.channels);
  for (int64_t block = 0; block < blocks.count; block++) {
    for (int64_t lane = 0; lane < stretch; lane++) {
      all_slopes[lane % norm.channels] += slopes[block * stretch + lane];
      all_products[lane % norm.channels] += products[block * stretch + lane];
    }
  }
  std::vector<float> mean_slope(norm.channels), mean_product(norm.channels);
  for (int64_t c = 0; c < norm.channels; c++) {
    const double spread = static_cast<double>(variance[c]) + norm.epsilon;
    dscale[c] = static_cast<float>(all_products[c] / std::sqrt(spread));
    doffset[c] = static_cast<float>(all_slopes[c]);
    mean_slope[c] = static_cast<float>(all_slopes[c] / norm.rows);
    mean_product[c] = static_cast<float>(all_products[c] / norm.rows / spread);
  }
  const std::vector<float> levels = repeated(norm, blocks, mean_slope.data());
  const std::vector<float> tilt = repeated(norm, blocks, mean_product.data());
  parallel_for(blocks.count, [&](int64_t block) {
    const float *by = scaled.data(), *from = center.data(), *plus = shift.data();
    const float *less = levels.data(), *times = tilt.data();
    each_stretch(blocks, block, [&](int64_t at, int64_t length) {
      for (int64_t i = 0; i < length; i += LANES) {
        const int64_t lanes = length - i;
        const __m256 factor = load(by + i, lanes);
        const __m256 distance = _mm256_sub_ps(load(x + at + i, lanes), load(from + i, lanes));
        const __m256 slope = slopes_of<RELU>(load(dy + at + i, lanes), distance, factor, load(plus + i, lanes));
        const __m256 level = _mm256_fmadd_ps(distance, load(times + i, lanes), load(less + i, lanes));
        store_lanes(dx + at + i, lanes, _mm256_mul_ps(_mm256_sub_ps(slope, level), factor));
      }
    });
  });
}

}  // namespace

void norm_gradients(const Norm& norm, const float* x, const float* scale, const float* offset, const float* mean,
                    const float* variance, const float* dy, float* __restrict dx, float* dscale, float* doffset) {
  const auto compute = norm.relu ? gradients<true> : gradients<false>;
  compute(norm, x, scale, offset, mean, variance, dy, dx, dscale, doffset);
}

}  // namespace elbow
