// What the convolutions share: vectors, scratch memory, and images cut into groups and channel chunks that fit the caches.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "conv.h"

namespace elbow {

// Floats of a vector.
constexpr int64_t LANES = 8;
// A register tile: so many pixels times so many vectors of filters. 4 × 3 sums, a vector of each operand and one to spare
// fill the 16 registers.
constexpr int64_t TILE_PIXELS = 4;
constexpr int64_t TILE_VECTORS = 3;

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// Floats that are kept between calls by each thread; contents are whatever the last user left.
class Scratch {
 public:
  ~Scratch() { std::free(data_); }

  // Throws std::bad_alloc.
  float* floats(int64_t count) {
    if (count <= size_) return data_;
    std::free(data_);
    size_ = 0;
    const int64_t rounded = round_up(count, 16);
    data_ = static_cast<float*>(std::aligned_alloc(64, rounded * sizeof(float)));
    if (!data_) throw std::bad_alloc();
    size_ = rounded;
    return data_;
  }

 private:
  float* data_ = nullptr;
  int64_t size_ = 0;
};

// A number of things cut into pieces of equal size, but for the last one.
struct Pieces {
  int64_t total;
  int64_t size;

  int64_t count() const { return ceil_div(total, size); }
  int64_t begin(int64_t piece) const { return piece * size; }
  int64_t length(int64_t piece) const { return std::min(size, total - piece * size); }

  // As few pieces as keep to the limit, of about equal size.
  static Pieces even(int64_t total, int64_t limit) {
    const int64_t count = std::max<int64_t>(1, ceil_div(total, std::max<int64_t>(1, limit)));
    return {total, std::max<int64_t>(1, ceil_div(total, count))};
  }
};

// Filters cut into blocks of three and two vectors: {first vector, vectors}.
struct Block {
  int64_t first;
  int64_t vectors;
};
inline std::vector<Block> blocks_of(int64_t filters) {
  std::vector<Block> blocks;
  const int64_t all = ceil_div(filters, LANES);
  for (int64_t first = 0; first < all;) {
    const int64_t left = all - first;
    const int64_t vectors = left == 4 ? 2 : std::min(left, TILE_VECTORS);
    blocks.push_back({first, vectors});
    first += vectors;
  }
  return blocks;
}

// Places of output pixels in padded images, in pixels: image by image, row by row.
inline std::vector<int32_t> pixel_places(const Conv& conv, int64_t images) {
  std::vector<int32_t> places;
  places.reserve(images * conv.out_pixels() + TILE_PIXELS);
  for (int64_t image = 0; image < images; image++) {
    for (int64_t row = 0; row < conv.out_height; row++) {
      for (int64_t column = 0; column < conv.out_width; column++) {
        places.push_back((image * conv.padded_height() + row) * conv.padded_width() + column);
      }
    }
  }
  return places;
}

// Copies some channels of some images, with their borders of zeros, to packed[image][row][column][step]; channels from
// `count` to `step` are zeros.
inline void pack_channels(const Conv& conv, const float* x, int64_t images, int64_t first, int64_t count, int64_t step,
                          float* packed) {
  const int64_t rows = conv.padded_height(), columns = conv.padded_width();
  const int64_t left = conv.before, used = std::min(conv.width, columns - left);
  for (int64_t image = 0; image < images; image++) {
    for (int64_t row = 0; row < rows; row++, packed += columns * step) {
      const int64_t source = row - conv.before;
      if (source < 0 || source >= conv.height) {
        std::memset(packed, 0, columns * step * sizeof(float));
        continue;
      }
      std::memset(packed, 0, left * step * sizeof(float));
      const float* from = x + ((image * conv.height + source) * conv.width) * conv.channels + first;
      float* to = packed + left * step;
      if (count == step && count == conv.channels) {
        std::memcpy(to, from, used * count * sizeof(float));
      } else {
        for (int64_t column = 0; column < used; column++, from += conv.channels, to += step) {
          std::memcpy(to, from, count * sizeof(float));
          for (int64_t c = count; c < step; c++) to[c] = 0;
        }
      }
      std::memset(packed + (left + used) * step, 0, (columns - left - used) * step * sizeof(float));
    }
  }
}

// Asks for floats that are worked on soon. They may lie past the end of everything.
inline void prefetch(const float* from, int64_t floats) {
  for (int64_t i = 0; i < floats; i += 16) _mm_prefetch(reinterpret_cast<const char*>(from + i), _MM_HINT_T0);
}

// The mask of a vector whose first lanes are used.
inline __m256i lanes_mask(int64_t lanes) {
  const __m256i order = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(lanes)), order);
}

// Stores the first lanes of a vector, all of them where there are as many. In pieces: AMD's masked store takes tens of cycles.
inline void store_lanes(float* to, int64_t lanes, __m256 values) {
  if (lanes >= LANES) return _mm256_storeu_ps(to, values);
  __m128 rest = _mm256_castps256_ps128(values);
  if (lanes & 4) {
    _mm_storeu_ps(to, rest);
    rest = _mm256_extractf128_ps(values, 1);
    to += 4;
  }
  if (lanes & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(to), rest);
    rest = _mm_movehl_ps(rest, rest);
    to += 2;
  }
  if (lanes & 1) _mm_store_ss(to, rest);
}

}  // namespace elbow
