/**
 * Probabilities that are right as often as they say: logits are divided by one number, the temperature, before the
 * softmax. It changes no answer, only how sure it sounds. Pure.
 * @see Guo et al., On calibration of modern neural networks, arXiv:1706.04599, section 4.2
 */

/** Temperatures outside of it say that the images are all right, or that the logits say nothing. */
const LEAST = 0.05;
const MOST = 20;
/** Halves the interval of ln 1/T, 6 wide, below 10⁻¹². */
const STEPS = 43;

export interface Temperature {
  readonly value: number;
  /** Whether the best one lies outside of [0.05, 20], so that its end was taken. */
  readonly isAtBound: boolean;
}

/** Logits with their right classes. */
export interface LabelledLogits {
  /** Shape [images × classes], finite. */
  readonly logits: ArrayLike<number>;
  /** Shape [images], at least one. */
  readonly labels: ArrayLike<number>;
}

/**
 * The temperature with the least mean log loss. With β = 1/T the log loss is convex: its slope, the mean of E_p[z] − z_y
 * with p = softmax(βz), never falls, and its root is found by bisection over ln β.
 */
export function fitTemperature(known: LabelledLogits): Temperature {
  const bottom = Math.log(1 / MOST);
  const top = Math.log(1 / LEAST);
  if (slope(known, Math.exp(top)) <= 0) return { value: LEAST, isAtBound: true };
  if (slope(known, Math.exp(bottom)) >= 0) return { value: MOST, isAtBound: true };
  let [low, high] = [bottom, top];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (slope(known, Math.exp(middle)) > 0) high = middle;
    else low = middle;
  }
  return { value: Math.exp(-(low + high) / 2), isAtBound: false };
}

/** Of the mean log loss, by β. */
function slope({ logits, labels }: LabelledLogits, beta: number): number {
  const classes = logits.length / labels.length;
  let sum = 0;
  for (let image = 0; image < labels.length; image++) {
    const from = image * classes;
    let largest = -Infinity;
    for (let k = 0; k < classes; k++) largest = Math.max(largest, logits[from + k]!);
    let weights = 0;
    let weighted = 0;
    for (let k = 0; k < classes; k++) {
      const weight = Math.exp(beta * (logits[from + k]! - largest));
      weights += weight;
      weighted += weight * logits[from + k]!;
    }
    sum += weighted / weights - logits[from + labels[image]!]!;
  }
  return sum / labels.length;
}

/**
 * Natural logarithms of probabilities.
 * @param logits of one image, finite
 * @param temperature above 0
 */
export function logProbabilities(logits: ArrayLike<number>, temperature: number): Float64Array {
  const scaled = Float64Array.from(logits, (z) => z / temperature);
  const largest = scaled.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = scaled.reduce((total, z) => total + Math.exp(z - largest), 0);
  return scaled.map((z) => z - largest - Math.log(sum));
}
