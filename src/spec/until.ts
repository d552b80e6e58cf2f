/** When a sweep has replicates enough: the conditions of `until`, and what is wrong with them. Pure. */
import { ElbowError } from '../errors.js';
import { armsOf } from './arms.js';
import { datasetFacts } from './known.js';
import { digits } from './leaves.js';
import { pathText, show, type Places } from './problems.js';
import type { Path } from './source.js';
import type { SweepSpec } from './types.js';

/** What has to become narrow enough. */
export interface Condition {
  /** Upper end minus lower end of the interval, or the one divided by the other. */
  readonly measure: 'width' | 'ratio';
  /** The samples that the target takes, the elbow, or the score at `n`. */
  readonly of: 'target' | 'elbow' | 'score';
  /** Samples per class; null but for scores. */
  readonly n: number | null;
  /** > 0; of a ratio > 1. */
  readonly below: number;
}

/** With fewer replicates nothing is looked at: their spread says too little of an interval's width. */
export const LEAST_LOOKED_AT = 5;
/** Each takes a fit of about 60 ms at every look. */
const MOST_ARMS = 100;
/** Further times the largest size than this, nothing that is foretold is calibrated. */
const FURTHEST = 4;

export const CONDITION =
  /^\s*(ratio|width)\s*\(\s*(target|elbow|score\s*@\s*(\d{1,9}))\s*\)\s*<\s*(\d+(?:\.\d*)?|\.\d+)\s*$/;

/** What a condition looks like, for messages. */
export const CONDITION_FORM =
  'a condition such as `ratio(target) < 2`, `width(score@5000) < 0.02` or `width(elbow) < 500`';

/** Null where the text is no condition. */
export function conditionOf(text: string): Condition | null {
  const [, measure, quantity = '', size, bound] = CONDITION.exec(text) ?? [];
  if (measure !== 'ratio' && measure !== 'width') return null;
  const of = quantity === 'target' || quantity === 'elbow' ? quantity : 'score';
  const below = Number(bound);
  // The ratio of two scores says nothing; no ratio is below 1, and no width below 0.
  if (measure === 'ratio' ? of === 'score' || below <= 1 : below <= 0) return null;
  if (size !== undefined && Number(size) === 0) return null;
  return { measure, of, n: size === undefined ? null : Number(size), below };
}

/** As it is stored and shown. */
export const conditionText = ({ measure, of, n, below }: Condition): string =>
  `${measure}(${n === null ? of : `score@${n}`}) < ${below}`;

/** One error for each condition that cannot be looked at. */
export function untilProblems(spec: SweepSpec, places: Places): ElbowError[] {
  const { until, budget, replicates } = spec;
  const problem = (path: Path, message: string, hint: string): ElbowError =>
    new ElbowError('spec-invalid', `\`${pathText(path)}\`: ${message}`, {
      where: places.whereIs(path),
      hint,
    });
  if (until === undefined) {
    if (budget.maxHours === undefined) return [];
    const message = 'limits what `until` adds, and the sweep has none';
    return [problem(['budget', 'maxHours'], message, `Add \`until\`, ${CONDITION_FORM}, or leave it out.`)];
  }
  const problems = until.flatMap((text, i): ElbowError[] => {
    const fault = faultOf(spec, conditionOf(text)!);
    return fault === null ? [] : [problem(['until', i], `${show(text)}: ${fault.message}`, fault.hint)];
  });
  if (replicates < LEAST_LOOKED_AT) {
    const message = `expected at least ${LEAST_LOOKED_AT} replicates beside \`until\`, got ${replicates}`;
    const hint = `Add \`--replicates ${LEAST_LOOKED_AT}\`: the spread of fewer says too little of how wide an interval is.`;
    problems.push(problem(['replicates'], message, hint));
  }
  const arms = armsOf(spec).length;
  if (arms > MOST_ARMS) {
    const message = `expected at most ${MOST_ARMS} arms beside \`until\`, got ${digits(arms)}`;
    problems.push(
      problem(['until'], message, 'Sweep with few replicates first, and ask this of the arms that are left.'),
    );
  }
  return problems;
}

function faultOf(spec: SweepSpec, { of, n }: Condition): { message: string; hint: string } | null {
  const written = spec.space['samplesPerClass'] ?? [null];
  const all = spec.trainable.kind === 'builtin' ? (datasetFacts(spec.dataset)?.allSize ?? null) : null;
  const sizes = written
    .flatMap((size) => (typeof size === 'number' ? size : (all ?? [])))
    .sort((a, b) => a - b);
  if (of === 'target' && spec.report.target === null) {
    return {
      message: 'the sweep has no target',
      hint: 'Say which score: `--set report.target=0.75`, or `report: { target: 0.75 }` in the file.',
    };
  }
  if (n !== null && sizes.includes(n)) return null;
  if (sizes.length < 2) {
    return {
      message: `a curve takes at least two sizes, and the sweep has ${sizes.length === 0 ? 'none' : 'one'}`,
      hint: 'Such as `--set samplesPerClass=[100,300,1000]`.',
    };
  }
  const [smallest, largest] = [sizes[0]!, sizes.at(-1)!];
  if (n === null || (n >= smallest && n <= FURTHEST * largest)) return null;
  return {
    message: `expected a size from ${digits(smallest)} to ${digits(FURTHEST * largest)}`,
    hint: `That is from the smallest of the sweep to ${FURTHEST} times the largest: beyond, nothing foretold is calibrated.`,
  };
}
