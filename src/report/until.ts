/**
 * Looks at a sweep with `until`: whether its intervals are narrow enough, or how many replicates more it takes. It heeds how wide
 * they are and never who leads, nor whether anything is significant. Pure.
 */
import { fitCurve, type CurveFit } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import {
  armsOf,
  conditionOf,
  countTrials,
  datasetFacts,
  LEAST_LOOKED_AT,
  looksAt,
  trialCeiling,
  type Condition,
} from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import type { DecisionFigure, DecisionRow, NewDecision } from '../storage/storage.js';
import { agreementOf } from './agreement.js';
import { curveOptionsOf } from './fits.js';
import { count, counted, significant } from './format.js';
import { imageAnswers, observationsOf, rankArms, sizeOf } from './ranks.js';
import { CONFIDENCE } from './summary.js';
import type { SummaryInput } from './types.js';

export interface UntilInput extends SummaryInput {
  /** Of the sweep, by look. */
  readonly decisions: readonly DecisionRow[];
  readonly seconds: TrainingSeconds;
}

/** Seconds of training, of trials that succeeded. */
export interface TrainingSeconds {
  /** So far. */
  readonly spent: number;
  /** Of one more replicate of every arm and size. */
  readonly replicate: number;
}

/** Each adds replicates, and looks again. */
export const MOST_ADDITIONS = 4;
const LEAST_ADDED = 2;
const HOUR = 3600;

/** What an arm has of a condition. */
interface Found extends DecisionFigure {
  /** How many times as wide as it may be, on the scale on which it shrinks with the root of replicates; Infinity without an end. */
  readonly excess: number;
}

/** With its text in the spec. */
type AskedCondition = Condition & { readonly text: string };

type Outcome = Pick<NewDecision, 'decision' | 'added' | 'reason'>;

/**
 * @param input of all arms, with the answers of each
 * @param rest awaited before each fit, of about 60 ms, so that whoever waits for the processor gets it
 * @returns null where there is nothing new to say: the sweep has no `until`, or the last look found the same
 */
export async function lookAt(input: UntilInput, rest: () => Promise<void>): Promise<NewDecision | null> {
  const { until, replicates } = input.sweep.spec;
  if (until === undefined) return null;
  const earlier = looksAt(input.sweep.spec, input.decisions);
  const decision = {
    look: (input.decisions.at(-1)?.look ?? 0) + 1,
    replicates,
    until,
    ...(await foundOut(input, until, earlier.filter(({ added }) => added > 0).length, rest)),
  };
  const last = earlier.at(-1);
  return last?.decision === decision.decision && last.reason === decision.reason ? null : decision;
}

/** @param additions that there were */
async function foundOut(
  input: UntilInput,
  until: readonly string[],
  additions: number,
  rest: () => Promise<void>,
): Promise<Outcome & Pick<NewDecision, 'figures'>> {
  const missing = missingText(input);
  if (missing !== null) return { decision: 'too-few-scores', added: 0, reason: missing, figures: [] };
  const conditions = until.map((text) => ({ text, ...conditionOf(text)! }));
  const found = await foundIn(input, conditions, rest);
  const figures = found.map(({ arm, condition, value, isMet }) => ({ arm, condition, value, isMet }));
  return { ...outcomeOf(input, found, additions), figures };
}

/** Which arms and sizes have fewer scores than a look takes; null where none has. */
function missingText(input: UntilInput): string | null {
  const {
    sweep: { name, spec },
  } = input;
  const { scored } = rankArms(input);
  const scores = groupBy(observationsOf(spec, scored), ({ arm, n }) => `${arm}/${n}`);
  const labels = new Map(armsOf(spec).map(({ hash, label }) => [hash, label]));
  const sizes = (spec.space['samplesPerClass'] ?? [null]).flatMap((size) =>
    typeof size === 'string' || typeof size === 'boolean' ? [] : (sizeOf(spec, size) ?? []),
  );
  const short = [...labels].flatMap(([hash, label]) =>
    sizes.flatMap((n) => {
      const has = scores.get(`${hash}/${n}`)?.length ?? 0;
      return has < LEAST_LOOKED_AT ? [{ label, n, has }] : [];
    }),
  );
  const [first] = short;
  if (first === undefined) return null;
  const more =
    short.length === 1
      ? ''
      : `, and ${counted(short.length - 1, 'more arm and size', 'more arms and sizes')}`;
  return `${first.label} with ${count(first.n)} samples per class has ${counted(first.has, 'score')}${more}: a look takes ${LEAST_LOOKED_AT}. \`elbow rerun ${name}\` runs what failed, and looks then.`;
}

/** What every arm has of every condition, the condition that is furthest off first. */
async function foundIn(
  input: UntilInput,
  conditions: readonly AskedCondition[],
  rest: () => Promise<void>,
): Promise<Found[]> {
  const {
    sweep: { spec },
    arms,
    correct = [],
  } = input;
  const { score, scored, scoredOf } = rankArms(input);
  const observed = groupBy(observationsOf(spec, scored), ({ arm }) => arm);
  const bits = new Map(correct.map((one) => [one.trial, one.correct]));
  const images = datasetFacts(spec.dataset)?.testSize ?? 0;
  const at = conditions.flatMap(({ n }) => n ?? []);
  const found: Found[] = [];
  for (const { armHash, armLabel: arm } of arms) {
    await rest();
    const agreement = agreementOf(imageAnswers(spec, scoredOf.get(armHash) ?? [], bits), images);
    const options = curveOptionsOf({ spec, score, confidence: CONFIDENCE, agreement });
    const fit = fitCurve(observed.get(armHash) ?? [], { ...options, at });
    for (const { text, ...condition } of conditions)
      found.push({ arm, condition: text, ...measured(fit, condition) });
  }
  return found.sort((a, b) => b.excess - a.excess);
}

/** How wide an arm's interval is beside what a condition asks. */
export function measured(fit: CurveFit, condition: Condition): Pick<Found, 'value' | 'isMet' | 'excess'> {
  const { measure, below } = condition;
  const { lo, hi } = endsOf(fit, condition);
  if (lo === null || hi === null) return { value: null, isMet: false, excess: Infinity };
  const value = measure === 'width' ? hi - lo : hi / lo;
  return {
    value,
    isMet: value < below,
    excess: measure === 'width' ? value / below : Math.log(value) / Math.log(below),
  };
}

/** How many replicates would make the interval narrow enough, were its width to shrink with their root: at most as many again. */
export function replicatesWanted(replicates: number, excess: number): number {
  const wanted = Number.isFinite(excess) ? Math.ceil(replicates * excess ** 2) - replicates : replicates;
  return Math.min(replicates, Math.max(LEAST_ADDED, wanted));
}

interface Ends {
  readonly lo: number | null;
  readonly hi: number | null;
}

const ENDLESS: Ends = { lo: null, hi: null };

/**
 * Of the interval that reports show: at a size of the sweep the t interval, else that of the fitted curve. What is fitted to scores
 * that rise and fall says nothing, however narrow.
 */
function endsOf(fit: CurveFit, { of, n }: Condition): Ends {
  const size = of === 'score' ? fit.sizes.find((one) => one.n === n) : undefined;
  if (size !== undefined) return size;
  if (fit.warnings.some(({ code }) => code === 'not-monotone')) return ENDLESS;
  if (of === 'target') return fit.target ?? ENDLESS;
  if (of === 'elbow') return fit.elbow;
  return fit.at.find((one) => one.n === n) ?? ENDLESS;
}

function outcomeOf(input: UntilInput, found: readonly Found[], additions: number): Outcome {
  const { spec } = input.sweep;
  const { replicates } = spec;
  const [worst] = found;
  if (worst === undefined || worst.isMet) {
    const all = counted(found.length / spec.until!.length, 'arm');
    const text = spec.until!.join(' and ');
    return {
      decision: 'met',
      added: 0,
      reason: `${text}: so it is for ${all} with ${count(replicates)} replicates.`,
    };
  }
  const arms = new Set(found.map(({ arm }) => arm)).size;
  const unmet = new Set(found.filter(({ isMet }) => !isMet).map(({ arm }) => arm)).size;
  const others = unmet === 1 ? '' : `, the furthest off of ${count(unmet)} of ${counted(arms, 'arm')}`;
  const told =
    worst.value === null ? 'the interval has no end, or cannot be said' : `it is ${significant(worst.value)}`;
  const state = `${worst.condition} does not hold for ${worst.arm}${others}, with ${count(replicates)} replicates: ${told}`;
  if (additions >= MOST_ADDITIONS) {
    const reason = `${state}. Replicates were added ${MOST_ADDITIONS} times, and are not any more.`;
    return { decision: 'looks-used', added: 0, reason };
  }
  const { most, limit } = roomLeft(spec, input.seconds);
  const added = Math.min(replicatesWanted(replicates, worst.excess), most);
  if (added < LEAST_ADDED) {
    const reason = `${state}. ${limit} leaves no room for ${LEAST_ADDED} replicates more.`;
    return { decision: 'budget-used', added: 0, reason };
  }
  return {
    decision: 'extended',
    added,
    reason: `${state}. ${count(added)} replicates of every arm and size are added.`,
  };
}

/** For how many more replicates there is room, and which limit says so. */
export function roomLeft(
  spec: SweepSpec,
  { spent, replicate }: TrainingSeconds,
): { readonly most: number; readonly limit: string } {
  const { maxTrials, maxHours } = spec.budget;
  const trials = countTrials(spec);
  const perReplicate = countTrials({ ...spec, replicates: spec.replicates + 1 }) - trials;
  const ceiling = trialCeiling(spec);
  const limits = [
    {
      most: (ceiling - trials) / perReplicate,
      limit: `That no sweep with \`trialsPerWorkflow: ${spec.trialsPerWorkflow}\` has more than ${count(ceiling)} trials`,
    },
    ...(maxTrials === null
      ? []
      : [{ most: (maxTrials - trials) / perReplicate, limit: `\`budget.maxTrials: ${maxTrials}\`` }]),
    // Trials that take no time use up none.
    ...(maxHours === undefined || replicate === 0
      ? []
      : [{ most: (maxHours * HOUR - spent) / replicate, limit: `\`budget.maxHours: ${maxHours}\`` }]),
  ];
  const tightest = limits.reduce((a, b) => (b.most < a.most ? b : a));
  return { ...tightest, most: Math.floor(tightest.most) };
}
