// What the convolutions by F(2×2, 3×3) share: squares of output, and the images they come from.
//
// With its B, G and A, images d of 4×4 pixels, kernels g and gradients of the output s:
//
//   output             Aᵀ [Σ_channels (G g Gᵀ) ⊙ (Bᵀ d B)] A
//   kernel's gradient  Gᵀ [Σ_images (Bᵀ d B) ⊙ (A s Aᵀ)] G
//
// The sums are products of matrices, one for each of the 16 places of a transformed square.
#pragma once

#include "tiles.h"

namespace elbow {

// Places of a transformed square.
constexpr int64_t PLACES = 16;
// Floats of the transformed squares that are worked on together, and how many squares that may be: with fewer the
// transformed kernels are read too often, with more the squares leave the second-level cache (measured on 512 KiB).
constexpr int64_t GROUP_FLOATS = 524288;
constexpr int64_t LEAST_SQUARES = 16;
constexpr int64_t MOST_SQUARES = 64;

// Squares of 2×2 pixels of output, image by image, row by row.
struct Squares {
  int64_t high;
  int64_t wide;
  int64_t count;

  explicit Squares(const Conv& conv)
      : high(ceil_div(conv.out_height, 2)), wide(ceil_div(conv.out_width, 2)), count(conv.batch * high * wide) {}
};

// A square in its image: the first pixel of its output.
struct Place {
  int64_t image;
  int64_t row;
  int64_t column;

  Place(const Squares& squares, int64_t square)
      : image(square / (squares.high * squares.wide)),
        row(square / squares.wide % squares.high * 2),
        column(square % squares.wide * 2) {}
};

inline Pieces groups_of(const Squares& squares, int64_t channels, int64_t filters) {
  const int64_t size = std::clamp(GROUP_FLOATS / (PLACES * (channels + filters)), LEAST_SQUARES, MOST_SQUARES);
  return {squares.count, size / TILE_PIXELS * TILE_PIXELS};
}

using Square = __m256[4][4];

// Bᵀ d B.
inline void transform_image(const Square& d, Square& out) {
  Square t;
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    t[0][c] = _mm256_sub_ps(d[0][c], d[2][c]);
    t[1][c] = _mm256_add_ps(d[1][c], d[2][c]);
    t[2][c] = _mm256_sub_ps(d[2][c], d[1][c]);
    t[3][c] = _mm256_sub_ps(d[1][c], d[3][c]);
  }
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    out[r][0] = _mm256_sub_ps(t[r][0], t[r][2]);
    out[r][1] = _mm256_add_ps(t[r][1], t[r][2]);
    out[r][2] = _mm256_sub_ps(t[r][2], t[r][1]);
    out[r][3] = _mm256_sub_ps(t[r][1], t[r][3]);
  }
}

// Eight channels of the 4×4 pixels that a square's output comes from; zeros beyond the borders.
inline void load_image(const Conv& conv, const float* x, const Place& place, int64_t channel, Square& d) {
  const int64_t top = place.row - conv.before, left = place.column - conv.before;
  const float* image = x + place.image * conv.height * conv.width * conv.channels + channel;
#pragma GCC unroll 4
  for (int r = 0; r < 4; r++) {
    const bool is_row = top + r >= 0 && top + r < conv.height;
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
      const bool is_pixel = is_row && left + c >= 0 && left + c < conv.width;
      d[r][c] = is_pixel ? _mm256_loadu_ps(image + ((top + r) * conv.width + left + c) * conv.channels)
                         : _mm256_setzero_ps();
    }
  }
}

}  // namespace elbow
