/** What to run next: further sizes or replicates, and how much each is expected to narrow the answer. Pure. */
import type { Addition } from '../curves/index.js';
import { datasetFacts } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import { secondsAt, sumOrNull } from './costs.js';
import { isTurning } from './forecasts.js';
import { count } from './format.js';
import type { ArmReport, NextStep, NextSteps } from './types.js';

/** Further trials that one could run. */
export interface Plan {
  readonly options: string;
  readonly text: string;
  /** Of each arm. */
  readonly addition: Addition;
}

/** Replicates to add: two more, or as many again. */
const MORE_REPLICATES = 2;
/** Sizes to add, as shares of the largest; one between the two largest besides. */
const LARGER = [2, 4] as const;

/** @param sizes of the arm that is asked about, ascending; at least one */
export function plansOf(spec: SweepSpec, sizes: readonly number[]): Plan[] {
  const { replicates } = spec;
  const largest = sizes.at(-1)!;
  const before = sizes.at(-2) ?? largest;
  // All images are a size of their own, which no larger one follows.
  const hasAll = spec.space['samplesPerClass']?.includes(null) ?? false;
  const pool = spec.trainable.kind === 'builtin' ? (datasetFacts(spec.dataset)?.largestSize ?? null) : null;
  const middle = Number(Math.sqrt(before * largest).toPrecision(2));
  const larger = LARGER.map((times) => times * largest).filter((n) => pool === null || n <= pool);
  const added = [
    ...(middle > before && middle < largest && Number.isInteger(middle) ? [middle] : []),
    ...(hasAll ? [] : larger),
  ];
  return [
    ...[...new Set([MORE_REPLICATES, replicates])].map((more) => ({
      options: `--replicates ${replicates + more}`,
      text: `${count(more)} more replicates of every size`,
      addition: sizes.map((n) => ({ n, replicates: more })),
    })),
    ...added.map((n) => ({
      options: `--set samplesPerClass=[${n}]`,
      text: `${count(n)} samples per class`,
      addition: [{ n, replicates }],
    })),
  ];
}

/** @param arms all of the sweep */
export function nextSteps(spec: SweepSpec, arms: readonly ArmReport[]): NextSteps | null {
  const best = arms.find(({ rank }) => rank === 1);
  if (best === undefined || best.fit === null || isTurning(best)) return null;
  if (best.fit.narrowing.widths.length === 0) return null;
  const { asked, widths } = best.fit.narrowing;
  const plans = plansOf(
    spec,
    best.points.map(({ n }) => n),
  );
  const steps = plans.map(({ options, text, addition }, i): NextStep => ({
    options,
    text,
    trials: arms.length * addition.reduce((sum, { replicates }) => sum + replicates, 0),
    seconds: sumOrNull(arms.map((arm) => secondsOf(arm, addition))),
    width: widths[i]!,
  }));
  return { asked, arm: best.label, steps: steps.sort((a, b) => worth(b) - worth(a)) };
}

/** How much the logarithm of the width falls in a second, or by a trial where nobody knows how long they take. */
const worth = ({ width, seconds, trials }: NextStep): number => -Math.log(width) / (seconds ?? trials);

const secondsOf = (arm: ArmReport, addition: Addition): number | null =>
  sumOrNull(
    addition.map(({ n, replicates }) => {
      const one = secondsAt(arm, n);
      return one === null ? null : one * replicates;
    }),
  );
