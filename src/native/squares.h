// What the convolutions by F(m×m, 3×3) share: squares of m×m pixels of output, and the images they come from.
#pragma once

#include "filtering.h"
#include "tiles.h"

namespace elbow {

// Places of a transformed square.
template <int m>
constexpr int64_t PLACES = int64_t{Filtering<m>::SIDE} * Filtering<m>::SIDE;

// Floats of the transformed squares that are worked on together, and how many squares that may be: with fewer the transformed
// kernels are read too often, with more the squares leave the caches. Chosen among 65,536 to 524,288 floats, 8 to 24 and 16 to 64
// squares by the time of all of VGG16's convolutions (512 KiB of second-level cache): the worst took half as long again. With 512
// channels and filters the least alone is 2.4 MB at m = 4.
constexpr int64_t GROUP_FLOATS = 131072;
constexpr int64_t LEAST_SQUARES = 16;
constexpr int64_t MOST_SQUARES = 24;

// Squares of output, image by image, row by row.
template <int m>
struct Squares {
  int64_t high;
  int64_t wide;
  int64_t count;

  explicit Squares(const Conv& conv)
      : high(ceil_div(conv.out_height, m)), wide(ceil_div(conv.out_width, m)), count(conv.batch * high * wide) {}
};

// A square in its image: the first pixel of its output.
struct Place {
  int64_t image;
  int64_t row;
  int64_t column;

  template <int m>
  Place(const Squares<m>& squares, int64_t square)
      : image(square / (squares.high * squares.wide)),
        row(square / squares.wide % squares.high * m),
        column(square % squares.wide * m) {}
};

template <int m>
Pieces groups_of(const Squares<m>& squares, int64_t channels, int64_t filters) {
  const int64_t size = std::clamp(GROUP_FLOATS / (PLACES<m> * (channels + filters)), LEAST_SQUARES, MOST_SQUARES);
  return {squares.count, size / TILE_PIXELS * TILE_PIXELS};
}

// Eight channels or filters of a square, row by row.
template <int side>
using Square = __m256[side][side];

// Transforms along the columns, then along the rows.
template <int from, int to>
inline void transform_square(void (*transform)(const __m256*, __m256*), const Square<from>& in, Square<to>& out) {
  __m256 t[to][from];
  for (int column = 0; column < from; column++) {
    __m256 given[from], made[to];
#pragma GCC unroll 6
    for (int row = 0; row < from; row++) given[row] = in[row][column];
    transform(given, made);
#pragma GCC unroll 6
    for (int row = 0; row < to; row++) t[row][column] = made[row];
  }
  for (int row = 0; row < to; row++) transform(t[row], out[row]);
}

// Bᵀ d B of eight channels of the pixels that a square's output comes from; zeros beyond the borders.
template <int m>
void transform_image(const Conv& conv, const float* x, const Place& place, int64_t channel,
                     Square<Filtering<m>::SIDE>& out) {
  constexpr int SIDE = Filtering<m>::SIDE;
  const int64_t top = place.row - conv.before, left = place.column - conv.before;
  const float* image = x + place.image * conv.height * conv.width * conv.channels + channel;
  Square<SIDE> d;
#pragma GCC unroll 6
  for (int r = 0; r < SIDE; r++) {
    const bool is_row = top + r >= 0 && top + r < conv.height;
#pragma GCC unroll 6
    for (int c = 0; c < SIDE; c++) {
      const bool is_pixel = is_row && left + c >= 0 && left + c < conv.width;
      d[r][c] = is_pixel ? _mm256_loadu_ps(image + ((top + r) * conv.width + left + c) * conv.channels)
                         : _mm256_setzero_ps();
    }
  }
  transform_square<SIDE, SIDE>(Filtering<m>::image, d, out);
}

// Eight of what lies at each place, so many floats apart.
template <int side>
void load_places(const float* from, int64_t step, Square<side>& out) {
#pragma GCC unroll 36
  for (int p = 0; p < side * side; p++) out[p / side][p % side] = _mm256_load_ps(from + p * step);
}
template <int side>
void store_places(const Square<side>& square, float* to, int64_t step) {
#pragma GCC unroll 36
  for (int p = 0; p < side * side; p++) _mm256_store_ps(to + p * step, square[p / side][p % side]);
}

}  // namespace elbow
