/** How much further scores would narrow an answer. Pure. */
import { inverse, Matrix } from 'ml-matrix';
import type { Cell } from './cells.js';
import { valuesOf, type Fit } from './fit.js';
import type { Noise } from './noise.js';

/** Scores that one could still have: so many replicates at each of some sizes, new ones or old ones. */
export type Addition = readonly { readonly n: number; readonly replicates: number }[];

/** What is asked: a weighted sum of the curve's values at sizes. */
export type Question = readonly { readonly n: number; readonly weight: number }[];

/**
 * The width that an answer is expected to have with further scores, as a share of the present one. The curves that are possible
 * say how the answer goes together with what the new scores would be; what these leave of its variance is that of a regression.
 * @returns shape [additions], each in [0, 1]
 * @see Gelman et al., Bayesian Data Analysis, 3rd ed., 2013, section 3.5; Lindley, On a measure of the information provided by an
 *   experiment, Annals of Mathematical Statistics 27, 1956
 */
export function expectedWidths(
  fit: Fit,
  { cells, noise }: { readonly cells: readonly Cell[]; readonly noise: Noise },
  question: Question,
  additions: readonly Addition[],
): number[] {
  const sizes = [...new Set(additions.flatMap((addition) => addition.map(({ n }) => n)))];
  const curves = valuesOf(fit, [...sizes, ...question.map(({ n }) => n)]);
  const answers = curves.map((curve) =>
    question.reduce((sum, { weight }, i) => sum + weight * curve[sizes.length + i]!, 0),
  );
  const columns = sizes.map((_, i) => curves.map((curve) => curve[i]!));
  const variance = covarianceOf(answers, answers);
  return additions.map((addition) => {
    if (addition.length === 0 || variance === 0) return 1;
    const own = addition.map(({ n }) => columns[sizes.indexOf(n)]!);
    const spread = new Matrix(own.map((a) => own.map((b) => covarianceOf(a, b))));
    for (const [i, { n, replicates }] of addition.entries())
      spread.set(i, i, spread.get(i, i) + Math.exp(logVarianceAt(n, cells, noise)) / replicates);
    const shared = Matrix.columnVector(own.map((column) => covarianceOf(column, answers)));
    const told = shared.transpose().mmul(inverse(spread)).mmul(shared).get(0, 0);
    return Math.sqrt(Math.min(1, Math.max(0, 1 - told / variance)));
  });
}

function covarianceOf(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [a, b].map((all) => all.reduce((sum, value) => sum + value, 0) / all.length);
  return a.reduce((sum, value, i) => sum + (value - meanA!) * (b[i]! - meanB!), 0) / (a.length - 1);
}

/** Of one score: linear in log n between sizes, that of the nearest beyond them. */
function logVarianceAt(n: number, cells: readonly Cell[], { logVariance }: Noise): number {
  const right = cells.findIndex((cell) => cell.n >= n);
  if (right === 0) return logVariance[0]!;
  if (right < 0) return logVariance.at(-1)!;
  const [from, to] = [cells[right - 1]!.n, cells[right]!.n];
  const share = Math.log(n / from) / Math.log(to / from);
  return logVariance[right - 1]! + share * (logVariance[right]! - logVariance[right - 1]!);
}
