/**
 * How good the best of several arms is. Of many arms the one that looks best had luck, too, and validation and test share the
 * trained model and its luck; so the arm is chosen on other replicates than the one that scores it. Pure.
 * @see Cawley and Talbot, On Over-fitting in Model Selection and Subsequent Selection Bias in Performance Evaluation, JMLR 11, 2010
 */
import { ElbowError } from '../errors.js';
import { DEFAULT_CURVE } from './defaults.js';
import { meanOf, tInterval } from './intervals.js';

/** An arm's trained models. */
export interface ArmOutcomes {
  readonly arm: string;
  /** Each replicate once; finite. */
  readonly outcomes: readonly {
    readonly replicate: number;
    /** What arms are chosen by. */
    readonly validation: number;
    /** What is told of the chosen one. */
    readonly test: number;
  }[];
}

export interface BestOfOptions {
  /** Of validation. Default `maximize`. */
  readonly direction?: 'maximize' | 'minimize';
  /** Of the interval, in (0, 1). Default 0.95. */
  readonly confidence?: number;
}

export interface BestOf {
  readonly arms: number;
  /** Replicates that all arms have. */
  readonly replicates: number;
  /** Those that some arm lacks. */
  readonly leftOut: number;
  /** The arm with the best mean validation over all replicates, and its mean test score: it flatters. */
  readonly plain: { readonly arm: string; readonly score: number };
  /** Mean test score of the left-out replicate, of the arm that is best on the others. */
  readonly honest: { readonly score: number; readonly lo: number; readonly hi: number };
  /** How often each arm was chosen so, most often first, ties in the order of the arms; those never chosen are left out. */
  readonly chosen: readonly { readonly arm: string; readonly times: number }[];
}

/**
 * The honest figure is that of choosing with one replicate less. Its interval takes what each replicate gives for independent;
 * the choices overlap, so that it is an approximation. A tie goes to the earlier arm.
 * @returns null with fewer than two arms, or two replicates that all of them have
 * @throws ElbowError `bug` when an arm has a replicate twice
 */
export function bestOf(arms: readonly ArmOutcomes[], options: BestOfOptions = {}): BestOf | null {
  const { confidence, direction } = { ...DEFAULT_CURVE, ...options };
  const tables = arms.map(({ arm, outcomes }) => {
    const table = new Map(outcomes.map((one) => [one.replicate, one]));
    if (table.size < outcomes.length)
      throw new ElbowError('bug', `expected each replicate of ${arm} once, got one twice`);
    return table;
  });
  const all = [...new Set(tables.flatMap((table) => [...table.keys()]))].sort((a, b) => a - b);
  const common = all.filter((replicate) => tables.every((table) => table.has(replicate)));
  if (arms.length < 2 || common.length < 2) return null;

  const sign = direction === 'minimize' ? -1 : 1;
  const validation = tables.map((table) => common.map((one) => sign * table.get(one)!.validation));
  const test = tables.map((table) => common.map((one) => table.get(one)!.test));
  const plain = indexOfBest(validation.map(meanOf));
  const choices = common.map((_, left) =>
    indexOfBest(validation.map((values) => meanOf(values.filter((_, i) => i !== left)))),
  );
  const honest = tInterval(
    choices.map((arm, left) => test[arm]![left]!),
    confidence,
  );
  const chosen = arms
    .map(({ arm }, i) => ({ arm, times: choices.filter((choice) => choice === i).length }))
    .filter(({ times }) => times > 0)
    .sort((a, b) => b.times - a.times);
  return {
    arms: arms.length,
    replicates: common.length,
    leftOut: all.length - common.length,
    plain: { arm: arms[plain]!.arm, score: meanOf(test[plain]!) },
    // Two replicates at least have an interval.
    honest: { score: honest.mean, ...honest.interval! },
    chosen,
  };
}

const indexOfBest = (values: readonly number[]): number =>
  values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
