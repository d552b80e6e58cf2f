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
const MOST_ADDITIONS = 4;
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
 * @returns null where there is nothing new to say: the sweep has no `until`, or the last look found the same
 */
export function lookAt(input: UntilInput): NewDecision | null {
  const { until, replicates } = input.sweep.spec;
  if (until === undefined) return null;
  const earlier = input.decisions.filter((one) => isEqual(one.until, until));
  const decision = {
    look: (input.decisions.at(-1)?.look ?? 0) + 1,
    replicates,
    until,
    ...foundOut(input, until, earlier.filter(({ added }) => added > 0).length),
  };
  const last = earlier.at(-1);
  return last?.decision === decision.decision && last.reason === decision.reason ? null : decision;
}

/** @param additions that there were */
function foundOut(
  input: UntilInput,
  until: readonly string[],
  additions: number,
): Outcome & Pick<NewDecision, 'figures'> {
  const missing = missingText(input);
  if (missing !== null) return { decision: 'too-few-scores', added: 0, reason: missing, figures: [] };
  const conditions = until.map((text) => ({ text, ...conditionOf(text)! }));
  const found = foundIn(input, conditions);
  const figures = found.map(({ arm, condition, value, isMet }) => ({ arm, condition, value, isMet }));
  return { ...outcomeOf(input, found, additions), figures };
}

const isEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);

/** Which arms and sizes have fewer scores than a look takes; null where none has. */
function missingText(input: UntilInput): string | null {
  const {
    sweep: { name, spec },
  } = input;
  const { scored } = rankArms(input);
  const scores = groupBy(observationsOf(spec, scored), ({ arm, n }) => `${arm}/${n}`);
  const labels = new Map(armsOf(spec).map(({ hash, label }) => [hash, label]));
  const sizes = (spec.space['samplesPerClass'] ?? [null]).flatMap((size) =>
    typeof size === 'string' || typeof size === 'boolean' ? [] : (sizeOf(spec, size ?? null) ?? []),
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
function foundIn(input: UntilInput, conditions: readonly AskedCondition[]): Found[] {
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
  const found = arms.flatMap(({ armHash, armLabel }) => {
    const agreement = agreementOf(imageAnswers(spec, scoredOf.get(armHash) ?? [], bits), images);
    const fit = fitCurve(observed.get(armHash) ?? [], {
      ...curveOptionsOf({ spec, score, confidence: CONFIDENCE, agreement }),
      at,
    });
    return conditions.map((condition): Found => {
      const { lo, hi } = endsOf(fit, condition);
      const isEndless = lo === null || hi === null;
      const value = isEndless ? Infinity : condition.measure === 'width' ? hi - lo : hi / lo;
      return {
        arm: armLabel,
        condition: condition.text,
        value: isEndless ? null : value,
        isMet: value < condition.below,
        excess:
          condition.measure === 'width'
            ? value / condition.below
            : Math.log(value) / Math.log(condition.below),
      };
    });
  });
  return found.sort((a, b) => b.excess - a.excess);
}

interface Ends {
  readonly lo: number | null;
  readonly hi: number | null;
}

const ENDLESS: Ends = { lo: null, hi: null };

/** Of the interval that reports show: at a size of the sweep the t interval, else that of the fitted curve. */
function endsOf(fit: CurveFit, { of, n }: Condition): Ends {
  if (of === 'target') return fit.target ?? ENDLESS;
  if (of === 'elbow') return fit.elbow;
  return fit.sizes.find((size) => size.n === n) ?? fit.at.find((one) => one.n === n) ?? ENDLESS;
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
  const told = worst.value === null ? `the interval has no end` : `it is ${significant(worst.value)}`;
  const state = `${worst.condition} does not hold for ${worst.arm}${others}, with ${count(replicates)} replicates: ${told}`;
  if (additions >= MOST_ADDITIONS) {
    const reason = `${state}. Replicates were added ${MOST_ADDITIONS} times, and are not any more.`;
    return { decision: 'looks-used', added: 0, reason };
  }
  const wanted = Number.isFinite(worst.excess)
    ? Math.ceil(replicates * worst.excess ** 2) - replicates
    : replicates;
  const { most, limit } = budgetLeft(spec, input.seconds);
  const added = Math.min(replicates, Math.max(LEAST_ADDED, wanted), most);
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

/** How many replicates the budget has room for, and which of its limits says so. */
function budgetLeft(
  spec: SweepSpec,
  { spent, replicate }: TrainingSeconds,
): { readonly most: number; readonly limit: string } {
  const { maxTrials, maxHours } = spec.budget;
  const trials = countTrials(spec);
  const perReplicate = countTrials({ ...spec, replicates: spec.replicates + 1 }) - trials;
  const limits = [
    {
      most: maxTrials === null ? Infinity : (maxTrials - trials) / perReplicate,
      limit: `\`budget.maxTrials: ${maxTrials}\``,
    },
    {
      most:
        maxHours === undefined
          ? Infinity
          : replicate === 0
            ? Infinity
            : (maxHours * HOUR - spent) / replicate,
      limit: `\`budget.maxHours: ${maxHours}\``,
    },
  ];
  const [tightest] = limits.sort((a, b) => a.most - b.most);
  return { ...tightest!, most: Math.floor(tightest!.most) };
}
