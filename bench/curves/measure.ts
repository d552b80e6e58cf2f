/** What a fit says of simulated arms, beside the truth, an oracle, and simpler ways. */
import { inverse, Matrix, pseudoInverse } from 'ml-matrix';
import { shapeAt } from '../../src/curves/candidates.js';
import { cellsOf, type Cell as Sized } from '../../src/curves/cells.js';
import { correlationAt } from '../../src/curves/correlation.js';
import { quantileOf } from '../../src/curves/crowd.js';
import { FAMILIES } from '../../src/curves/families.js';
import { fitCells, valuesOf } from '../../src/curves/fit.js';
import { elbowOfFit } from '../../src/curves/fitted-elbow.js';
import { findCandidates } from '../../src/curves/grids.js';
import { meanIntervals, noiseOf } from '../../src/curves/noise.js';
import { weigh, weightsOf } from '../../src/curves/posterior.js';
import { likely, meanCovariance, rootOf } from '../../src/curves/spread.js';
import { targetOf } from '../../src/curves/target.js';
import type { Cell } from './cells.js';
import { simulate, type Simulated } from './simulate.js';

const RANGE = { lo: 0, hi: 1 };
const CONFIDENCE = 0.95;
const NORMAL = 1.959964;
const DELTA = 0.01;
/** Beyond the data: so many times the largest size. */
export const BEYOND = [2, 4] as const;

/** Whether an interval of sizes holds the true one. */
export interface Held {
  readonly covered: boolean;
  readonly isOpen: boolean;
}

/** Of one simulated arm. */
export interface Measured {
  /** Share of sizes whose t interval holds the truth. */
  readonly coveredByT: number;
  /** Share of sizes at which the fit's interval does, and its width beside the oracle's, the median over sizes. */
  readonly covered: number;
  readonly widthRatio: number;
  /** At each of BEYOND. */
  readonly beyond: readonly {
    readonly covered: boolean;
    readonly widthRatio: number;
    readonly width: number;
  }[];
  /** Null where the truth has no elbow within the data; `isOpen` where the interval ends in "not reached". */
  readonly elbow: Held | null;
  readonly target: Held;
  /** Absolute errors at four times the largest size: of the fit, of the last mean, of each family alone. */
  readonly error: number;
  readonly lastError: number;
  readonly familyErrors: Readonly<Record<string, number>>;
  readonly ms: number;
}

export function measure(cell: Cell, seed: number): Measured {
  const simulated = simulate(cell, seed);
  const { truth, scores } = simulated;
  const sizes = cellsOf(scores);
  const largest = cell.sizes.at(-1)!;
  const began = performance.now();
  const fit = fitCells(sizes, noiseOf(sizes), { range: RANGE, seed });
  if (fit === null) throw new Error(`expected a fit of ${cell.sizes.length} sizes`);
  const at = [...cell.sizes, ...BEYOND.map((times) => times * largest)];
  const values = valuesOf(fit, at);
  const ms = performance.now() - began;
  const ordered = at.map((_, i) => Float64Array.from(values, (row) => row[i]!).sort());
  const ends = ordered.map((column) => [quantileOf(column, 0.025), quantileOf(column, 0.975)] as const);
  const holds = (i: number): boolean => ends[i]![0] <= truth.at(at[i]!) && truth.at(at[i]!) <= ends[i]![1];
  const oracle = oracleWidths(cell, simulated, at);
  const k = cell.sizes.length;
  const ratios = ends.map(([lo, hi], i) => (hi - lo) / oracle[i]!);
  const byT = meanIntervals(sizes, noiseOf(sizes)!, CONFIDENCE);
  const far = at.length - 1;
  const trueElbow = elbowOfTruth(truth, cell.sizes[0]!, largest);
  // From half the largest size to four times as many, by the curve's number.
  const wanted = largest * 0.5 * 8 ** ((seed % 997) / 997);
  const target = truth.at(at[far]!);
  return {
    coveredByT: share(byT.map(({ lo, hi }, i) => lo <= truth.at(at[i]!) && truth.at(at[i]!) <= hi)),
    covered: share(cell.sizes.map((_, i) => holds(i))),
    widthRatio: quantileOf(Float64Array.from(ratios.slice(0, k)).sort(), 0.5),
    beyond: BEYOND.map((_, b) => ({
      covered: holds(k + b),
      widthRatio: ratios[k + b]!,
      width: ends[k + b]![1] - ends[k + b]![0],
    })),
    elbow: Number.isFinite(trueElbow) ? heldBy(elbowOfFit(fit, DELTA, CONFIDENCE)!, trueElbow) : null,
    target: heldBy(targetOf(fit, truth.at(wanted), CONFIDENCE, null), wanted),
    error: Math.abs(quantileOf(ordered[far]!, 0.5) - target),
    lastError: Math.abs(sizes.at(-1)!.mean - target),
    familyErrors: familyErrors(sizes, at[far]!, target),
    ms,
  };
}

/** Whether an interval of sizes holds the true one; null ends lie beyond everything. */
export const heldBy = ({ lo, hi }: { lo: number | null; hi: number | null }, n: number): Held => ({
  // A hundredth of the way is below what anybody labels by.
  covered: (lo ?? Infinity) <= n * 1.01 && n <= (hi ?? Infinity) * 1.01,
  isOpen: hi === null,
});

/** Smallest n from which on no doubling brings DELTA, on a fine grid; Infinity where the last one does. */
export function elbowOfTruth({ at }: Simulated['truth'], first: number, last: number): number {
  const steps = 400;
  for (let i = steps; i >= 0; i--) {
    const n = first * (last / 2 / first) ** (i / steps);
    if (at(2 * n) - at(n) >= DELTA) return i === steps ? Infinity : n;
  }
  return first;
}

const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;

/** Widths of the intervals of somebody who knows shape and covariance (delta method), capped by the range. */
function oracleWidths(cell: Cell, { truth, deviations }: Simulated, at: readonly number[]): number[] {
  const parts = { shared: cell.correlation / 2, nested: cell.correlation / 2 };
  const covariance = new Matrix(
    cell.sizes.map((n, i) =>
      cell.sizes.map(
        (m, j) => (deviations[i]! * deviations[j]! * correlationAt(n, m, parts)) / cell.replicates,
      ),
    ),
  );
  const gradient = (n: number): number[] =>
    truth.parameters.map((value, p) => {
      const step = 1e-5 * Math.max(Math.abs(value), 1e-6);
      const moved = (sign: number): number =>
        truth.with(
          truth.parameters.map((one, q) => (q === p ? one + sign * step : one)),
          n,
        );
      // In units of the parameter: they differ by many orders.
      return ((moved(1) - moved(-1)) / (2 * step)) * Math.max(Math.abs(value), 1e-6);
    });
  const jacobian = new Matrix(cell.sizes.map(gradient));
  const information = jacobian.transpose().mmul(inverse(covariance)).mmul(jacobian);
  const spread = pseudoInverse(information, 1e-13);
  return at.map((n) => {
    const g = new Matrix([gradient(n)]);
    return Math.min(1, 2 * NORMAL * Math.sqrt(Math.max(0, g.mmul(spread).mmul(g.transpose()).get(0, 0))));
  });
}

/** What each family alone says, its parameters weighed by how likely they are at the estimated spread. */
export function familyErrors(sizes: readonly Sized[], n: number, target: number): Record<string, number> {
  const ns = sizes.map((size) => size.n);
  const span = { first: ns[0]!, last: ns.at(-1)! };
  const root = rootOf(meanCovariance(sizes, likely(noiseOf(sizes)!)));
  const means = sizes.map((size) => size.mean);
  return Object.fromEntries(
    FAMILIES.filter((family) => family.parameters <= ns.length - 1 && family.suits(span, RANGE)).map(
      (family) => {
        const candidates = findCandidates([family], { sizes: ns, means, range: RANGE }, root);
        const weighed = weigh(candidates, means, root);
        const { estimates } = weighed;
        const weights = weightsOf(weighed);
        let said = 0;
        for (let c = 0; c < candidates.count; c++) {
          const [first, last] = [estimates[5 * c]!, estimates[5 * c + 1]!];
          const base = candidates.base[c]!;
          const shape = shapeAt(candidates, c, n);
          const value = Number.isNaN(base) ? first + (last - first) * shape : base + (last - base) * shape;
          said += weights[c]! * Math.min(1, Math.max(0, value));
        }
        return [family.name, Math.abs(said - target)];
      },
    ),
  );
}
