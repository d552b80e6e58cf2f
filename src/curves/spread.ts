/** Spreads that may be, and what they make of the means. Pure. */
import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import type { Cell } from './cells.js';
import { correlationAt, type Correlation } from './correlation.js';
import type { Noise } from './noise.js';
import type { Luck } from './posterior.js';

/** Inverse of the lower Cholesky factor. */
export const rootOf = (covariance: Matrix): Matrix =>
  inverse(new CholeskyDecomposition(covariance).lowerTriangularMatrix);

/** The spread at its estimate, the correlation at its mean. */
export function likely({ logVariance, correlations }: Noise): Spread {
  const mean = { shared: 0, nested: 0 };
  for (const { shared, nested, probability } of correlations) {
    mean.shared += probability * shared;
    mean.nested += probability * nested;
  }
  return { deviations: logVariance.map((log) => Math.exp(log / 2)), correlation: mean };
}

/** A spread that may be. */
export interface Spread {
  /** Standard deviation of one score, by size. */
  readonly deviations: readonly number[];
  readonly correlation: Omit<Correlation, 'probability'>;
}

/** Draws spreads: log variances that are jointly normal but for their skew, which is that of 1/χ² (Wilson and Hilferty 1931). */
export function spreadsOf({ logVariance, covariance, freedom, correlations }: Noise): (luck: Luck) => Spread {
  const k = logVariance.length;
  const scales = freedom.map((f) => Math.sqrt(2 / f));
  const correlation = new Matrix(k, k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++)
      correlation.set(i, j, covariance.get(i, j) / (scales[i]! * scales[j]!) + (i === j ? 1e-9 : 0));
  const root = new CholeskyDecomposition(correlation).lowerTriangularMatrix;
  return (luck) => {
    const normals = Array.from({ length: k }, () => luck.normal());
    const deviations = logVariance.map((log, i) => {
      let z = 0;
      for (let j = 0; j <= i; j++) z += root.get(i, j) * normals[j]!;
      const c = 2 / (9 * freedom[i]!);
      const share = Math.max(1 - c + z * Math.sqrt(c), 0.05) ** 3;
      return Math.exp(log / 2) / Math.sqrt(share);
    });
    let left = luck.uniform();
    const pair = correlations.find(({ probability }) => (left -= probability) < 0) ?? correlations.at(-1)!;
    return { deviations, correlation: pair };
  };
}

/** Of the means of cells, shape [sizes, sizes]: replicates that two sizes have in common tie them together. */
export function meanCovariance(cells: readonly Cell[], { deviations, correlation }: Spread): Matrix {
  const replicates = cells.map(({ scores }) => new Set(scores.map(({ replicate }) => replicate)));
  const matrix = new Matrix(cells.length, cells.length);
  for (const [i, { n, scores }] of cells.entries()) {
    for (let j = 0; j <= i; j++) {
      const other = cells[j]!;
      const common =
        i === j
          ? scores.length
          : other.scores.filter(({ replicate }) => replicate !== null && replicates[i]!.has(replicate))
              .length;
      const value =
        (deviations[i]! * deviations[j]! * correlationAt(n, other.n, correlation) * common) /
        (scores.length * other.scores.length);
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  }
  return matrix;
}
