/**
 * How the scores of a replicate go together over sizes. Subsets are nested and seeds shared, so a lucky replicate is lucky
 * at several sizes: corr(n, m) = a + b·√(n/m) for n < m, an effect that all sizes share and one of what two subsets have in
 * common. Both parts are kept as likely as the data find them, and not at their best value: to treat sizes as independent
 * makes intervals of a curve cover 80 % in place of 95 % at a correlation of 0.5. Pure.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { groupBy } from '../group-by.js';
import type { Cell } from './cells.js';

/** A pair of parts, and how likely it is. */
export interface Correlation {
  /** Of the effect that all sizes share, in [0, 1). */
  readonly shared: number;
  /** Of nested subsets, in [0, 1); both together below 1. */
  readonly nested: number;
  /** Over all pairs 1. */
  readonly probability: number;
}

const STEP = 0.15;
const MOST = 0.9;

/** Of two sizes. */
export function correlationAt(
  n: number,
  m: number,
  { shared, nested }: Omit<Correlation, 'probability'>,
): number {
  return n === m ? 1 : shared + nested * Math.sqrt(Math.min(n, m) / Math.max(n, m));
}

function correlationMatrix(sizes: readonly number[], parts: Omit<Correlation, 'probability'>): Matrix {
  return new Matrix(sizes.map((n) => sizes.map((m) => correlationAt(n, m, parts))));
}

/**
 * All pairs on the grid with their probabilities, given standardised residuals; every pair equally likely before.
 * @param deviations standard deviations by size, > 0
 */
export function correlations(cells: readonly Cell[], deviations: readonly number[]): readonly Correlation[] {
  const pairs: { shared: number; nested: number }[] = [];
  for (let shared = 0; shared <= MOST + 1e-9; shared += STEP)
    for (let nested = 0; shared + nested <= MOST + 1e-9; nested += STEP) pairs.push({ shared, nested });
  const patterns = residualPatterns(cells, deviations);
  if (patterns.length === 0) {
    // Nothing ties sizes together, or nothing tells how: independent, or as likely as before.
    const isPaired = cells.some(({ scores }) => scores.some(({ replicate }) => replicate !== null));
    if (!isPaired) return [{ shared: 0, nested: 0, probability: 1 }];
    return pairs.map((pair) => ({ ...pair, probability: 1 / pairs.length }));
  }
  const logs = pairs.map((pair) =>
    patterns.reduce((sum, pattern) => sum + patternLikelihood(pattern, pair), 0),
  );
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return pairs.map((pair, i) => ({ ...pair, probability: weights[i]! / total }));
}

/** Replicates that have the same sizes. */
interface Pattern {
  readonly sizes: readonly number[];
  /** Of each replicate, shape [replicates, sizes], scaled for the mean that was taken off. */
  readonly rows: readonly (readonly number[])[];
  /** Each replicate counts (R − 1)/R. */
  readonly weight: number;
}

function residualPatterns(cells: readonly Cell[], deviations: readonly number[]): Pattern[] {
  const usable = cells.map((cell, i) => ({ cell, deviation: deviations[i]! }));
  const replicates = new Map<number, { n: number; z: number }[]>();
  let most = 0;
  for (const { cell, deviation } of usable) {
    const count = cell.scores.length;
    if (count < 2) continue;
    most = Math.max(most, count);
    const scale = Math.sqrt(count / (count - 1)) / deviation;
    for (const { replicate, score } of cell.scores) {
      if (replicate === null) continue;
      const own = replicates.get(replicate) ?? [];
      own.push({ n: cell.n, z: (score - cell.mean) * scale });
      replicates.set(replicate, own);
    }
  }
  const several = [...replicates.values()].filter((own) => own.length >= 2);
  if (several.length < 2) return [];
  return [...groupBy(several, (own) => own.map(({ n }) => n).join(' ')).values()].map((group) => ({
    sizes: group[0]!.map(({ n }) => n),
    rows: group.map((own) => own.map(({ z }) => z)),
    weight: (most - 1) / most,
  }));
}

function patternLikelihood(
  { sizes, rows, weight }: Pattern,
  pair: { shared: number; nested: number },
): number {
  const root = new CholeskyDecomposition(correlationMatrix(sizes, pair)).lowerTriangularMatrix;
  let logDeterminant = 0;
  for (let i = 0; i < sizes.length; i++) logDeterminant += 2 * Math.log(root.get(i, i));
  let squares = 0;
  for (const row of rows) {
    const solved: number[] = [];
    for (let i = 0; i < row.length; i++) {
      let value = row[i]!;
      for (let j = 0; j < i; j++) value -= root.get(i, j) * solved[j]!;
      solved.push(value / root.get(i, i));
      squares += solved[i]! ** 2;
    }
  }
  return -0.5 * weight * (rows.length * logDeterminant + squares);
}
