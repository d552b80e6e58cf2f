/** Published scores of unfamiliarity, higher for stranger pictures. Pure. */
import type { Response } from '../src/training/index.js';

/** What a network made of its training images. */
export interface Known extends Response {
  readonly labels: Uint8Array;
  readonly classes: number;
}

type Score = (response: Response) => Float64Array;

const rowsOf = (values: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width));

/** ln Σ exp. */
function logSumExp(row: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(row));
  return largest + Math.log(Array.from(row).reduce((sum, z) => sum + Math.exp(z - largest), 0));
}

const largestOf = (row: Float32Array): number => row.reduce((a, b) => Math.max(a, b), -Infinity);

const onLogits =
  (score: (row: Float32Array) => number) =>
  ({ classes }: Known): Score =>
  ({ logits }) =>
    Float64Array.from(rowsOf(logits, classes), score);

const widthOf = ({ features, labels }: Known): number => features.length / labels.length;

/** Unit length; a row of zeros stays. */
function normalised(row: Float32Array): Float32Array {
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  return length > 0 ? row.map((x) => x / length) : row;
}

function nearest(k: number, change: (row: Float32Array) => Float32Array) {
  return (known: Known): Score => {
    const width = widthOf(known);
    const bank = rowsOf(known.features, width).map(change);
    return ({ features }) =>
      Float64Array.from(rowsOf(features, width), (raw) => {
        const row = change(raw);
        const distances = Float64Array.from(bank, (other) => {
          let squares = 0;
          for (let i = 0; i < width; i++) squares += (row[i]! - other[i]!) ** 2;
          return squares;
        }).sort();
        return Math.sqrt(distances[Math.min(k, distances.length) - 1]!);
      });
  };
}

interface Gaussian {
  readonly means: readonly Float64Array[];
  /** Lower Cholesky factor of the covariance, with a little added to its diagonal. */
  readonly factor: readonly Float64Array[];
}

/** Means of groups, and the covariance that they share. */
function gaussian(rows: readonly Float32Array[], groups: ArrayLike<number>, count: number): Gaussian {
  const width = rows[0]!.length;
  const means = Array.from({ length: count }, () => new Float64Array(width));
  const sizes = new Float64Array(count);
  rows.forEach((row, i) => {
    const group = groups[i]!;
    sizes[group]!++;
    row.forEach((x, j) => (means[group]![j]! += x));
  });
  means.forEach((mean, group) => mean.forEach((x, j) => (mean[j] = x / Math.max(1, sizes[group]!))));
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  rows.forEach((row, i) => {
    const mean = means[groups[i]!]!;
    const centred = Float64Array.from(row, (x, j) => x - mean[j]!);
    for (let a = 0; a < width; a++)
      for (let b = 0; b <= a; b++) covariance[a]![b]! += (centred[a]! * centred[b]!) / rows.length;
  });
  const trace = covariance.reduce((sum, row, i) => sum + row[i]!, 0);
  covariance.forEach((row, i) => (row[i]! += 1e-6 * (trace / width) + 1e-12));
  return { means, factor: cholesky(covariance) };
}

function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const factor = matrix.map(({ length }) => new Float64Array(length));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]!;
      for (let k = 0; k < j; k++) rest -= factor[i]![k]! * factor[j]![k]!;
      factor[i]![j] = i === j ? Math.sqrt(rest) : rest / factor[j]![j]!;
    }
  }
  return factor;
}

/** Squared Mahalanobis distance to the nearest mean. */
function distance({ means, factor }: Gaussian, row: Float32Array): number {
  const width = row.length;
  return Math.min(
    ...means.map((mean) => {
      const solved = new Float64Array(width);
      let squares = 0;
      for (let i = 0; i < width; i++) {
        let rest = row[i]! - mean[i]!;
        for (let k = 0; k < i; k++) rest -= factor[i]![k]! * solved[k]!;
        solved[i] = rest / factor[i]![i]!;
        squares += solved[i]! ** 2;
      }
      return squares;
    }),
  );
}

function mahalanobis(isRelative: boolean, change: (row: Float32Array) => Float32Array = (row) => row) {
  return (known: Known): Score => {
    const width = widthOf(known);
    const rows = rowsOf(known.features, width).map(change);
    const classes = gaussian(rows, known.labels, known.classes);
    const all = gaussian(rows, new Uint8Array(rows.length), 1);
    return ({ features }) =>
      Float64Array.from(rowsOf(features, width), (raw) => {
        const row = change(raw);
        return distance(classes, row) - (isRelative ? distance(all, row) : 0);
      });
  };
}

const same = (row: Float32Array): Float32Array => row;

export const SCORES: Readonly<Record<string, (known: Known) => Score>> = {
  'largest probability (Hendrycks and Gimpel)': onLogits((row) => logSumExp(row) - largestOf(row)),
  'largest logit (Hendrycks et al.)': onLogits((row) => -largestOf(row)),
  'energy (Liu et al.)': onLogits((row) => -logSumExp(row)),
  'Mahalanobis (Lee et al.)': mahalanobis(false),
  'Mahalanobis, unit length': mahalanobis(false, normalised),
  'relative Mahalanobis (Ren et al.)': mahalanobis(true),
  '10th neighbour, unit length (Sun et al.)': nearest(10, normalised),
  '50th neighbour, unit length (Sun et al.)': nearest(50, normalised),
  '10th neighbour': nearest(10, same),
};
