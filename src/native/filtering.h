// Minimal filtering of rows (Winograd, "Arithmetic Complexity of Computations", 1980), on eight channels or filters at once.
// The matrices of F(2, 3) and F(4, 3) are those of Lavin and Gray, arXiv:1509.09308, sections 4.1 and 4.3; those of F(2, 5) and
// F(4, 5) follow in the same way (Toom and Cook) from the points named here: row p of G has the powers of its point over the
// product of its distances from the others, A the powers alone, and Bᵀ is what makes the sums come out. F(m, r) gives m numbers of output for r of a
// kernel with m + r − 1 products:
//
//   output             Aᵀ u, with u = (G g) ⊙ (Bᵀ d)
//   kernel's gradient  Gᵀ [(Bᵀ d) ⊙ (A s)]     s the gradient of the output
//
// Squares are transformed along their columns, then along their rows.
#pragma once

#include <immintrin.h>

namespace elbow {

// Bᵀ d for the points 0, 1, −1, 2, −2 and ∞: of F(4, 3) and F(2, 5).
inline void transform_six(const __m256 d[6], __m256 out[6]) {
  const __m256 two = _mm256_set1_ps(2), four = _mm256_set1_ps(4);
  const __m256 a = _mm256_fnmadd_ps(four, d[2], d[4]), b = _mm256_fnmadd_ps(four, d[1], d[3]);
  const __m256 c = _mm256_sub_ps(d[4], d[2]), e = _mm256_mul_ps(two, _mm256_sub_ps(d[3], d[1]));
  out[0] = _mm256_fmadd_ps(four, _mm256_sub_ps(d[0], d[2]), c);
  out[1] = _mm256_add_ps(a, b);
  out[2] = _mm256_sub_ps(a, b);
  out[3] = _mm256_add_ps(c, e);
  out[4] = _mm256_sub_ps(c, e);
  out[5] = _mm256_fmadd_ps(four, _mm256_sub_ps(d[1], d[3]), _mm256_sub_ps(d[5], d[3]));
}

// F(4, 5) over the points 0, 1, −1, 2, −2, 1/2, −1/2 and ∞: Bᵀ d.
inline void transform_eight(const __m256 d[8], __m256 out[8]) {
  const auto number = [](float value) { return _mm256_set1_ps(value); };
  // Even and odd parts of the rows for a point and its negative.
  const __m256 even1 = _mm256_fnmadd_ps(number(4.25f), d[4], _mm256_add_ps(d[2], d[6]));
  const __m256 odd1 = _mm256_fnmadd_ps(number(4.25f), d[3], _mm256_add_ps(d[1], d[5]));
  const __m256 even2 = _mm256_fmadd_ps(number(0.25f), d[2], _mm256_fnmadd_ps(number(1.25f), d[4], d[6]));
  const __m256 odd2 = _mm256_fmadd_ps(number(0.5f), d[1], _mm256_fnmadd_ps(number(2.5f), d[3], _mm256_add_ps(d[5], d[5])));
  const __m256 even3 = _mm256_fmadd_ps(number(4), d[2], _mm256_fnmadd_ps(number(5), d[4], d[6]));
  const __m256 odd3 = _mm256_fmadd_ps(number(2), d[1], _mm256_fnmadd_ps(number(2.5f), d[3], _mm256_mul_ps(number(0.5f), d[5])));
  out[0] = _mm256_fmadd_ps(number(5.25f), _mm256_sub_ps(d[4], d[2]), _mm256_sub_ps(d[0], d[6]));
  out[1] = _mm256_add_ps(even1, odd1);
  out[2] = _mm256_sub_ps(even1, odd1);
  out[3] = _mm256_add_ps(even2, odd2);
  out[4] = _mm256_sub_ps(even2, odd2);
  out[5] = _mm256_add_ps(even3, odd3);
  out[6] = _mm256_sub_ps(even3, odd3);
  out[7] = _mm256_fmadd_ps(number(5.25f), _mm256_sub_ps(d[3], d[5]), _mm256_sub_ps(d[7], d[1]));
}

// The same: G g of one channel and filter.
inline void transform_five_taps(const float g[5], float out[8]) {
  const float even1 = g[0] + g[2] + g[4], odd1 = g[1] + g[3];
  const float even2 = g[0] + 4 * g[2] + 16 * g[4], odd2 = 2 * g[1] + 8 * g[3];
  const float even3 = 16 * g[0] + 4 * g[2] + g[4], odd3 = 8 * g[1] + 2 * g[3];
  out[0] = g[0];
  out[1] = -2 * (even1 + odd1) / 9;
  out[2] = -2 * (even1 - odd1) / 9;
  out[3] = (even2 + odd2) / 90;
  out[4] = (even2 - odd2) / 90;
  out[5] = 2 * (even3 + odd3) / 45;
  out[6] = 2 * (even3 - odd3) / 45;
  out[7] = g[4];
}

// The same: Aᵀ u.
inline void transform_four_outputs(const __m256 u[8], __m256 out[4]) {
  const auto number = [](float value) { return _mm256_set1_ps(value); };
  const __m256 even1 = _mm256_add_ps(u[1], u[2]), odd1 = _mm256_sub_ps(u[1], u[2]);
  const __m256 even2 = _mm256_add_ps(u[3], u[4]), odd2 = _mm256_sub_ps(u[3], u[4]);
  const __m256 even3 = _mm256_add_ps(u[5], u[6]), odd3 = _mm256_sub_ps(u[5], u[6]);
  out[0] = _mm256_add_ps(_mm256_add_ps(u[0], even1), _mm256_add_ps(even2, even3));
  out[1] = _mm256_fmadd_ps(number(2), odd2, _mm256_fmadd_ps(number(0.5f), odd3, odd1));
  out[2] = _mm256_fmadd_ps(number(4), even2, _mm256_fmadd_ps(number(0.25f), even3, even1));
  out[3] = _mm256_add_ps(u[7], _mm256_fmadd_ps(number(8), odd2, _mm256_fmadd_ps(number(0.125f), odd3, odd1)));
}

// F(m, 3).
template <int m>
struct Filtering;

// Over the points 0, 1, −1 and ∞.
template <>
struct Filtering<2> {
  static constexpr int SIDE = 4;

  // Bᵀ d
  static void image(const __m256 d[4], __m256 out[4]) {
    out[0] = _mm256_sub_ps(d[0], d[2]);
    out[1] = _mm256_add_ps(d[1], d[2]);
    out[2] = _mm256_sub_ps(d[2], d[1]);
    out[3] = _mm256_sub_ps(d[1], d[3]);
  }

  // G g
  static void kernel(const __m256 g[3], __m256 out[4]) {
    const __m256 half = _mm256_set1_ps(0.5f), ends = _mm256_add_ps(g[0], g[2]);
    out[0] = g[0];
    out[1] = _mm256_mul_ps(_mm256_add_ps(ends, g[1]), half);
    out[2] = _mm256_mul_ps(_mm256_sub_ps(ends, g[1]), half);
    out[3] = g[2];
  }

  // Aᵀ u
  static void output(const __m256 sums[4], __m256 out[2]) {
    out[0] = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), sums[2]);
    out[1] = _mm256_sub_ps(_mm256_sub_ps(sums[1], sums[2]), sums[3]);
  }

  // A s
  static void slopes(const __m256 s[2], __m256 out[4]) {
    out[0] = s[0];
    out[1] = _mm256_add_ps(s[0], s[1]);
    out[2] = _mm256_sub_ps(s[0], s[1]);
    out[3] = _mm256_sub_ps(_mm256_setzero_ps(), s[1]);
  }

  // Gᵀ u
  static void gradient(const __m256 u[4], __m256 out[3]) {
    const __m256 half = _mm256_set1_ps(0.5f), sum = _mm256_mul_ps(_mm256_add_ps(u[1], u[2]), half);
    out[0] = _mm256_add_ps(u[0], sum);
    out[1] = _mm256_mul_ps(_mm256_sub_ps(u[1], u[2]), half);
    out[2] = _mm256_add_ps(sum, u[3]);
  }
};

// Over the points 0, 1, −1, 2, −2 and ∞.
template <>
struct Filtering<4> {
  static constexpr int SIDE = 6;

  static void image(const __m256 d[6], __m256 out[6]) { transform_six(d, out); }

  static void kernel(const __m256 g[3], __m256 out[6]) {
    const __m256 sixth = _mm256_set1_ps(-1.f / 6), part = _mm256_set1_ps(1.f / 24), four = _mm256_set1_ps(4);
    const __m256 ends = _mm256_add_ps(g[0], g[2]), far = _mm256_fmadd_ps(four, g[2], g[0]);
    const __m256 twice = _mm256_add_ps(g[1], g[1]);
    out[0] = _mm256_mul_ps(g[0], _mm256_set1_ps(0.25f));
    out[1] = _mm256_mul_ps(_mm256_add_ps(ends, g[1]), sixth);
    out[2] = _mm256_mul_ps(_mm256_sub_ps(ends, g[1]), sixth);
    out[3] = _mm256_mul_ps(_mm256_add_ps(far, twice), part);
    out[4] = _mm256_mul_ps(_mm256_sub_ps(far, twice), part);
    out[5] = g[2];
  }

  static void output(const __m256 sums[6], __m256 out[4]) {
    const __m256 two = _mm256_set1_ps(2), four = _mm256_set1_ps(4), eight = _mm256_set1_ps(8);
    const __m256 even1 = _mm256_add_ps(sums[1], sums[2]), odd1 = _mm256_sub_ps(sums[1], sums[2]);
    const __m256 even2 = _mm256_add_ps(sums[3], sums[4]), odd2 = _mm256_sub_ps(sums[3], sums[4]);
    out[0] = _mm256_add_ps(_mm256_add_ps(sums[0], even1), even2);
    out[1] = _mm256_fmadd_ps(two, odd2, odd1);
    out[2] = _mm256_fmadd_ps(four, even2, even1);
    out[3] = _mm256_add_ps(_mm256_fmadd_ps(eight, odd2, odd1), sums[5]);
  }

  static void slopes(const __m256 s[4], __m256 out[6]) {
    const __m256 two = _mm256_set1_ps(2), four = _mm256_set1_ps(4), eight = _mm256_set1_ps(8);
    const __m256 even1 = _mm256_add_ps(s[0], s[2]), odd1 = _mm256_add_ps(s[1], s[3]);
    const __m256 even2 = _mm256_fmadd_ps(four, s[2], s[0]);
    const __m256 odd2 = _mm256_fmadd_ps(eight, s[3], _mm256_mul_ps(two, s[1]));
    out[0] = s[0];
    out[1] = _mm256_add_ps(even1, odd1);
    out[2] = _mm256_sub_ps(even1, odd1);
    out[3] = _mm256_add_ps(even2, odd2);
    out[4] = _mm256_sub_ps(even2, odd2);
    out[5] = s[3];
  }

  static void gradient(const __m256 u[6], __m256 out[3]) {
    const __m256 sixth = _mm256_set1_ps(-1.f / 6), part = _mm256_set1_ps(1.f / 24), four = _mm256_set1_ps(4);
    const __m256 near = _mm256_mul_ps(_mm256_add_ps(u[1], u[2]), sixth);
    const __m256 far = _mm256_mul_ps(_mm256_add_ps(u[3], u[4]), part);
    out[0] = _mm256_add_ps(_mm256_fmadd_ps(_mm256_set1_ps(0.25f), u[0], near), far);
    out[1] = _mm256_fmadd_ps(_mm256_set1_ps(1.f / 12), _mm256_sub_ps(u[3], u[4]),
                             _mm256_mul_ps(_mm256_sub_ps(u[1], u[2]), sixth));
    out[2] = _mm256_add_ps(_mm256_fmadd_ps(four, far, near), u[5]);
  }
};

}  // namespace elbow
