/**
 * How strange a picture is to a network: the Mahalanobis distance of its features from those of the nearest class. Features
 * are what the network's last layer decides by; classes have means of their own and share a covariance. Pure.
 * @see Lee et al., A simple unified framework for detecting out-of-distribution samples and adversarial attacks,
 *   arXiv:1807.03888, eqs. 1 and 2, at one layer and without their input preprocessing. docs/predict.md compares scores.
 */

/** Added to each variance, as a share of the mean one: features that never vary keep the distance finite. */
const RIDGE = 1e-6;
/** Where no feature varies at all. */
const LEAST_VARIANCE = 1e-12;

/** Features of training images. */
export interface KnownFeatures {
  /** Shape [images × width], finite; at least one image. */
  readonly features: Float32Array;
  /** Shape [images], integers in [0, classes). */
  readonly labels: readonly number[];
}

/** What distances are taken from. Plain JSON, to be kept. */
export interface Reference {
  /** Features of an image, integer ≥ 1. */
  readonly width: number;
  /** Lower Cholesky factor L of the covariance, row by row up to the diagonal, as `encode` writes numbers. */
  readonly factor: string;
  /** L⁻¹ μ of each class that has images, shape [classes, width]. */
  readonly means: string;
}

export function referenceOf({ features, labels }: KnownFeatures): Reference {
  const width = features.length / labels.length;
  const means = new Map<number, { readonly sum: Float64Array; count: number }>();
  labels.forEach((label, image) => {
    const mean = means.get(label) ?? { sum: new Float64Array(width), count: 0 };
    means.set(label, mean);
    mean.count++;
    for (let i = 0; i < width; i++) mean.sum[i]! += features[image * width + i]!;
  });
  for (const { sum, count } of means.values()) sum.forEach((value, i) => (sum[i] = value / count));
  const covariance = triangle(width);
  const centred = new Float64Array(width);
  labels.forEach((label, image) => {
    const { sum: mean } = means.get(label)!;
    for (let i = 0; i < width; i++) centred[i] = features[image * width + i]! - mean[i]!;
    let at = 0;
    for (let row = 0; row < width; row++) {
      const share = centred[row]! / labels.length;
      for (let column = 0; column <= row; column++) covariance[at++]! += share * centred[column]!;
    }
  });
  let trace = 0;
  for (let i = 0; i < width; i++) trace += covariance[place(i, i)]!;
  for (let i = 0; i < width; i++) covariance[place(i, i)]! += (RIDGE * trace) / width + LEAST_VARIANCE;
  const factor = cholesky(covariance, width);
  const whitened = new Float64Array(means.size * width);
  [...means.values()].forEach(({ sum }, i) => whitened.set(solve(factor, sum), i * width));
  return { width, factor: encode(factor), means: encode(whitened) };
}

/**
 * The stranger, the higher, ≥ 0, in standard deviations of the training images around their classes.
 * @param features shape [images × width], finite
 * @returns shape [images]
 */
export function unfamiliarityScores(features: Float32Array, reference: Reference): Float64Array {
  const { width } = reference;
  const factor = decode(reference.factor);
  const means = decode(reference.means);
  return Float64Array.from({ length: features.length / width }, (_, image) => {
    const whitened = solve(factor, features.subarray(image * width, (image + 1) * width));
    let nearest = Infinity;
    for (let from = 0; from < means.length; from += width) {
      let squares = 0;
      for (let i = 0; i < width; i++) squares += (whitened[i]! - means[from + i]!) ** 2;
      nearest = Math.min(nearest, squares);
    }
    return Math.sqrt(nearest);
  });
}

/** Of the element of a lower triangle, row by row. */
const place = (row: number, column: number): number => (row * (row + 1)) / 2 + column;

const triangle = (width: number): Float64Array => new Float64Array(place(width, 0));

/** L with L Lᵀ = the symmetric matrix whose lower triangle is given. */
function cholesky(matrix: Float64Array, width: number): Float64Array {
  const factor = triangle(width);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[place(row, column)]!;
      for (let k = 0; k < column; k++) rest -= factor[place(row, k)]! * factor[place(column, k)]!;
      // Rounding may leave less than nothing of a variance that the ridge alone has made.
      factor[place(row, column)] =
        row === column ? Math.sqrt(Math.max(rest, LEAST_VARIANCE)) : rest / factor[place(column, column)]!;
    }
  }
  return factor;
}

/** L⁻¹ x. */
function solve(factor: Float64Array, x: ArrayLike<number>): Float64Array {
  const solved = new Float64Array(x.length);
  let at = 0;
  for (let row = 0; row < x.length; row++) {
    let rest = x[row]!;
    for (let column = 0; column < row; column++) rest -= factor[at++]! * solved[column]!;
    solved[row] = rest / factor[at++]!;
  }
  return solved;
}

/** Numbers of 64 bits, lowest byte first, in base64: 1 MB for 512 features, where digits would take three. */
const encode = (values: Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');

// A copy, because a Float64Array must begin at a multiple of eight.
const decode = (text: string): Float64Array =>
  new Float64Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
