/** What more data would bring, in words. Pure. */
import type { CurveAt, TargetAnswer } from '../curves/index.js';
import { armCount } from './arm-names.js';
import { between, count, counted, decimal, rounded, signed, signedBetween } from './format.js';
import type { ArmSummary, FittedArm, ReportSummary } from './types.js';

type Draft = Pick<ReportSummary, 'arms' | 'ofArms' | 'score' | 'target' | 'classCount'>;

/** What the next doubling would bring; nothing without a fit that one can believe beyond the data. */
export function doublingSentence(model: Draft, arm: ArmSummary): string[] {
  const next = arm.fit?.at[0];
  if (next === undefined || isTurning(arm)) return [];
  const { gain } = next;
  const { classCount } = model;
  const labels = classCount === null ? '' : `, for ${counted((next.n / 2) * classCount, 'more label')}`;
  return [
    `Doubling to ${count(next.n)} samples per class would bring about ${signed(gain.value)} (${signedBetween(gain)}), to ${foretold(next)}${labels}.`,
  ];
}

/** `0.624 (0.596 to 0.661; on new images 0.594 to 0.663)` */
function foretold(at: CurveAt): string {
  const others = at.elsewhere === null ? '' : `; on new images ${between(at.elsewhere)}`;
  return `${decimal(at.score)} (${between(at)}${others})`;
}

/** Whether no family follows the scores, so that what they say beyond the data is a guess. */
export const isTurning = ({ fit }: ArmSummary): boolean =>
  fit?.warnings.some(({ code }) => code === 'not-monotone') ?? false;

/**
 * How many samples the target takes.
 * @param told arms whose curves are told: the one that needs the fewest is named
 * @param ranked all arms with results: what they measured is told where nothing is fitted
 */
export function targetSentence(
  model: Draft,
  told: readonly ArmSummary[],
  ranked: readonly ArmSummary[],
): string[] {
  const { target } = model;
  if (target === null || ranked.every(({ points }) => points.length === 0)) return [];
  const fitted = told.filter((arm): arm is FittedArm => Boolean(arm.fit?.target) && !isTurning(arm));
  const [first] = fitted.sort((a, b) => needed(a) - needed(b));
  if (first === undefined) return [measuredTarget(model, target, ranked)];
  const who = armCount(model) === 1 ? '' : ` with ${first.label}`;
  return [fittedTarget(model, first, first.fit.target!, who)];
}

const needed = ({ fit }: FittedArm): number => fit.target?.n ?? Infinity;

function fittedTarget(
  { score: { name } }: Draft,
  { fit, points }: FittedArm,
  target: TargetAnswer,
  who: string,
): string {
  const wanted = `A ${name} of ${target.score}`;
  const largest = points.at(-1)!.n;
  const share = Math.round(100 * target.share);
  if (target.reachable === false) {
    const end = fit.asymptote?.hi ?? null;
    return `${wanted} is not reachable${who}: ${
      end === null
        ? `${share} of 100 curves that these scores allow ever get there`
        : `the curve's upper end is ${decimal(end)}`
    }.`;
  }
  const doubt = target.reachable === true ? '' : `; ${share} of 100 curves that these scores allow get there`;
  if (target.n === null)
    return `Whether a ${name} of ${target.score} can be reached cannot be said${who}${doubt}. A size like ${count(2 * largest)} would tell.`;
  const interval =
    target.lo === null
      ? ''
      : target.hi === null
        ? ` (${rounded(target.lo)} or more${doubt})`
        : ` (${rounded(target.lo)} to ${rounded(target.hi)}${doubt})`;
  const far =
    target.n > 4 * largest
      ? ' That is more than four times the largest size, further than anybody has checked.'
      : '';
  return `${wanted} takes about ${rounded(target.n)} samples per class${who}${interval}.${far}`;
}

function measuredTarget(model: Draft, target: number, arms: readonly ArmSummary[]): string {
  const reaching = arms.filter((arm) => arm.targetAt !== null).sort((a, b) => a.targetAt! - b.targetAt!);
  const [first] = reaching;
  const looked = model.ofArms === undefined ? null : `the best ${counted(model.arms.length, 'arm')}`;
  if (first !== undefined) {
    const who = armCount(model) === 1 ? '' : ` by ${first.label}`;
    const sentence = `the target of ${target} is first reached${who} with ${count(first.targetAt!)} samples per class.`;
    return looked === null ? sentence.replace(/^t/, 'T') : `Of ${looked}: ${sentence}`;
  }
  const isLower = model.score.direction === 'minimize';
  const means = arms.flatMap((arm) => arm.points.map((point) => point.mean));
  const best = means.reduce((most, mean) => (isLower ? Math.min(most, mean) : Math.max(most, mean)));
  return `The target of ${target} is not reached${looked === null ? '' : ` by ${looked}`}; the ${isLower ? 'lowest' : 'highest'} mean is ${decimal(best)}.`;
}
