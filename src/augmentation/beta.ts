/** Numbers of the symmetric beta distribution, from a stream of uniform ones. Pure. */

/**
 * A number of Beta(α, α), in [0, 1].
 * @param alpha > 0
 */
export function betaNumber(alpha: number, uniform: () => number): number {
  // The quotient of two gamma numbers, in logarithms: with a small α both may be too small to be written.
  const first = logGammaNumber(alpha, uniform);
  const second = logGammaNumber(alpha, uniform);
  return 1 / (1 + Math.exp(second - first));
}

/**
 * The logarithm of a number of Gamma(shape, 1).
 * @see Marsaglia and Tsang, A simple method for generating gamma variables, 2000
 */
function logGammaNumber(shape: number, uniform: () => number): number {
  if (shape < 1) return logGammaNumber(shape + 1, uniform) + Math.log(1 - uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normalNumber(uniform);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - uniform()) < x ** 2 / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}

/** Box and Muller, 1958; of the pair the first. 1 − u is in (0, 1]: its logarithm is finite. */
const normalNumber = (uniform: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
