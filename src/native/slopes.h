// The slopes that a pooling with a ReLU lets through: of each window one pixel at most, and a half of those are zeros.
#pragma once

#include <array>

#include "tiles.h"

namespace elbow {

// Vectors of one row of the kernel that a register tile may have.
constexpr int64_t ROW_VECTORS = 13;

// How the images of a convolution with pooling are cut for its gradients.
struct PoolLayout {
  Conv conv;
  int64_t pool;
  bool relu;
  Pieces chunks;
  Pieces groups;

  PoolLayout(const Conv& of, const After& after);

  int64_t pooled_pixels() const { return (conv.out_height / pool) * (conv.out_width / pool); }
  // Floats of one kernel row of the widest chunk, filled up to vectors.
  int64_t row_floats() const { return round_up(conv.kernel * chunks.size, LANES); }
  int64_t image_floats() const {
    return groups.size * conv.padded_height() * conv.padded_width() * chunks.size + 2 * LANES;
  }
};

// What a pooling's gradient is given, each of the shape of its output: so many numbers.
struct Pooled {
  const float* y;
  const uint8_t* places;
  const float* dy;
  int64_t count;
};

// Slopes that are not zero, filter by filter: where in the padded images the pixel of the output begins, and how many and
// what sum they are.
struct FilterSlopes {
  // Entries that a filter's list has room for.
  int64_t step;
  std::vector<int32_t> pixels;
  std::vector<float> values;
  std::vector<int64_t> counts;
  std::vector<float> sums;
};

// The same, pixel by pixel of the output; pixels without any are left out.
struct PixelSlopes {
  // Where a pixel begins in the padded images, and where its slopes end: they begin where those of the pixel before end.
  std::vector<int32_t> pixels;
  std::vector<int32_t> ends;
  std::vector<int32_t> filters;
  std::vector<float> values;
  int64_t count;
};

// Lists the slopes of the filters from `first` to `last` in a group of images.
void list_by_filter(const PoolLayout& layout, const Pooled& pooled, int64_t group, int64_t first, int64_t last,
                    FilterSlopes& slopes);
void list_by_pixel(const PoolLayout& layout, const Pooled& pooled, int64_t group, PixelSlopes& slopes);

}  // namespace elbow
