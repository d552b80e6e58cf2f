/** What an elbow's state means, in words. Pure. */
import type { CurveElbow } from '../curves/index.js';
import { armCount } from './arm-names.js';
import { count, listed, rounded, signed, signedBetween } from './format.js';
import type { ArmSummary, FittedArm, ReportSummary } from './types.js';

type Draft = Pick<ReportSummary, 'arms' | 'ofArms' | 'delta'>;

/** One sentence, of the arms that have a fit. @param told at most three, or the best of many */
export function elbowSentences(model: Draft, told: readonly ArmSummary[]): string[] {
  const fitted = told.filter((arm): arm is FittedArm => arm.fit !== null);
  const [first] = fitted;
  if (first === undefined) return [];
  if (fitted.length === 1) {
    const isOne = armCount(model) === 1;
    return [elbowSentence(model, first, isOne)];
  }
  const states = new Set(fitted.map(({ fit }) => fit.elbow.state));
  const [state] = states;
  if (states.size === 1 && state !== 'reached')
    return [
      `Elbow, where a doubling no longer brings δ = ${model.delta}: ${elbowWords(first.fit.elbow)} ${fitted.length === 2 ? 'with either arm' : `with any of the ${fitted.length} arms`}.`,
    ];
  const parts = fitted.map((arm) => `${elbowWords(arm.fit.elbow)} with ${arm.label}`);
  return [`Elbow, where a doubling no longer brings δ = ${model.delta}: ${listed(parts)}.`];
}

function elbowSentence({ delta }: Draft, { fit, points }: FittedArm, isOne: boolean): string {
  const { elbow, warnings } = fit;
  const subject = isOne ? 'Elbow' : 'Elbow of the best arm';
  const largest = points.at(-1)?.n ?? 0;
  const gain = elbow.lastGain;
  const doubling = `doubling from ${count(largest / 2)} to ${count(largest)} samples per class`;
  const brings = gain === null ? '' : `brings ${signed(gain.value)} (${signedBetween(gain)})`;
  switch (elbow.state) {
    case 'reached':
      return `${subject} ${elbowWords(elbow)} samples per class: from there on no doubling up to ${count(largest)} brings δ = ${delta}; the last one ${brings}.`;
    case 'from-the-start':
      return `${isOne ? 'Past' : 'The best arm is past'} the elbow from the start: no doubling from ${count(elbow.n ?? 0)} to ${count(largest)} samples per class brings δ = ${delta}; the last one ${brings}.`;
    case 'not-reached':
      return `${subject} not reached: the ${doubling} still ${brings}, not below δ = ${delta}. More data should help.`;
    case 'undecided':
      return `${subject} undecided: the ${doubling} ${brings}, which may be more or less than δ = ${delta}. More replicates, or larger sizes, would tell.`;
    case 'cannot-be-said': {
      const why = warnings.find(({ code }) => NO_ELBOW.has(code));
      return `Where the elbow${isOne ? '' : ' of the best arm'} is cannot be said.${why === undefined ? '' : ` ${why.message}`}`;
    }
  }
}

/** Warnings that say why there is no elbow. */
const NO_ELBOW: ReadonlySet<string> = new Set(['not-monotone', 'few-sizes', 'no-factor-2']);

/** A few words: `at about 430 (300 to 700)`, `not reached`. */
export function elbowWords(elbow: CurveElbow): string {
  switch (elbow.state) {
    case 'reached':
      return `at about ${rounded(elbow.n ?? 0)} (${elbowInterval(elbow)})`;
    case 'from-the-start':
      return 'from the start';
    case 'not-reached':
      return 'not reached';
    case 'undecided':
      return 'undecided';
    case 'cannot-be-said':
      return 'cannot be said';
  }
}

/** `300 to 700`; an end that is not reached lies beyond the data. */
export function elbowInterval({ lo, hi }: Pick<CurveElbow, 'lo' | 'hi'>): string {
  if (lo === null) return 'beyond the data';
  return hi === null ? `${rounded(lo)} or more` : `${rounded(lo)} to ${rounded(hi)}`;
}
