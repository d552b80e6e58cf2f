// Convolutions of stride 1 over images in TensorFlow's layout (NHWC, kernels HWCF), on CPUs with AVX2 and FMA.
//
// Direct convolution by register tiles (Zhang, Franchetti, Low: "High Performance Zero-Memory Overhead Direct
// Convolutions", arXiv:1809.10170) over packed channel chunks. Where maxima of windows follow, three quarters and more of
// the gradient are zeros, and only the places that had the maxima are worked on.
//
// All sums are made in an order that depends on shapes alone: equal input gives equal bits with any number of threads.
#pragma once

#include <cstdint>

namespace elbow {

struct Conv {
  int64_t batch;
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t filters;
  // Side of the square kernel.
  int64_t kernel;
  // Zeros above and to the left of an image; those on the other sides follow from the size of the output.
  int64_t before;
  int64_t out_height;
  int64_t out_width;

  int64_t padded_height() const { return out_height + kernel - 1; }
  int64_t padded_width() const { return out_width + kernel - 1; }
  int64_t out_pixels() const { return out_height * out_width; }
};

// What happens to the sums of a convolution before they are stored.
struct After {
  // Shape [filters], or null.
  const float* bias = nullptr;
  bool relu = false;
  // Side of the windows whose maxima are kept; 1 keeps everything. What does not fill a window is left out.
  int64_t pool = 1;
  // Shape of the output: which pixel of its window, row by row, had the maximum; null where no gradient follows. Windows
  // are at most 15 a side.
  uint8_t* places = nullptr;
};

// y: shape [batch, out_height / pool, out_width / pool, filters].
void conv_forward(const Conv& conv, const float* x, const float* kernel, const After& after, float* y);

// Gradient by the kernel, dkernel of the kernel's shape, from dy of shape [batch, out_height, out_width, filters].
void conv_kernel_gradient(const Conv& conv, const float* x, const float* dy, float* dkernel);

// The gradients through ReLU and pooling: y and after.places as conv_forward left them, dy of y's shape. dx may be null
// where nobody needs it. The kernel's side is at most 100.
void conv_pool_gradients(const Conv& conv, const After& after, const float* x, const float* kernel, const float* y,
                         const float* dy, float* dx, float* dkernel, float* dbias);

}  // namespace elbow
