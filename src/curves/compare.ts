/**
 * Whether one arm is better than another, or as good, or whether the data cannot tell. Replicates are the units: all arms of one
 * share its subsets and seeds, so they are compared in pairs, unless they say that they share none; sizes are not taken for further
 * replicates. Pure.
 */
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { luckOf } from './fit.js';
import { DEFAULT_CURVE } from './defaults.js';
import {
  arePaired,
  differenceOverSizes,
  differencesBySize,
  type ComparedArm,
  type Difference,
} from './paired.js';

export type { ComparedArm } from './paired.js';

export interface CompareOptions {
  /** The size that is compared, `mean` for the mean over all sizes that both arms have, null for the largest that all arms have. */
  readonly at?: number | 'mean' | null;
  /** An arm that every other one is compared with, the others not among each other; left out for all pairs. */
  readonly against?: string;
  /** Of the intervals, in (0, 1). Default 0.95; differences are told from chance at 1 − confidence. */
  readonly confidence?: number;
  /** A difference that does not matter, > 0. Default the elbow's δ. */
  readonly margin?: number;
  /** Default `maximize`. */
  readonly direction?: 'maximize' | 'minimize';
  /** Of the random signs where not all can be tried, integer in [0, 2³²). Default 0. */
  readonly seed?: number;
}

export type Verdict = 'different' | 'equivalent' | 'undecided';

/** Of two arms: by how much the first is better. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  /** Whether replicates are compared in pairs: else by Welch's t test. */
  readonly isPaired: boolean;
  /** Replicates that both arms have; without pairs those of the arm that has fewer. */
  readonly replicates: number;
  /** Mean over these; above 0 the first is better, whatever the direction. Null without a replicate in common. */
  readonly difference: number | null;
  /** Null with fewer than two replicates. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Two-sided, of the t test; null with fewer than two replicates. */
  readonly p: number | null;
  /** The same for all comparisons together (Holm 1979). */
  readonly adjusted: number | null;
  /** Of the sign-flip test, which takes nothing for granted but that signs are as likely; null with fewer than six replicates, and without pairs. */
  readonly signFlip: number | null;
  readonly degreesOfFreedom: number | null;
  /** Null with fewer than two replicates. */
  readonly verdict: Verdict | null;
  /** The smallest margin within which these data show the arms to be equivalent. */
  readonly smallestMargin: number | null;
  /**
   * About how many replicates would decide, among as many comparisons; more than there are. Null where it is decided, or more
   * than 1,000.
   */
  readonly replicatesNeeded: number | null;
}

export interface Comparisons {
  /** The size that is compared; `mean` over sizes; null where the arms have no size in common. */
  readonly at: number | 'mean' | null;
  /** Comparisons that are judged together. */
  readonly family: number;
  readonly margin: number;
  readonly pairs: readonly Comparison[];
}

const LEAST_SIGN_FLIP = 6;
/** Up to so many replicates all signs are tried. */
const MOST_EXACT = 14;
const RANDOM_FLIPS = 20_000;
/** A difference of rounding is none. */
const ROUNDING = 1e-12;
const POWER_Z = 0.8416;
const LEAST_NEEDED = 3;
const MOST_NEEDED = 1_000;

/**
 * @param arms two at least, for anything to be compared; each pair once, in the order of the arms. With `against` the first of
 *   each pair is the other arm
 */
export function compareArms(arms: readonly ComparedArm[], options: CompareOptions = {}): Comparisons {
  const { confidence, seed, direction, margin } = {
    ...DEFAULT_CURVE,
    margin: DEFAULT_CURVE.delta,
    ...options,
  };
  const sign = direction === 'minimize' ? -1 : 1;
  const at = options.at ?? largestCommon(arms);
  const judged = pairsOf(arms, options.against).map(([first, second]) => {
    return {
      a: first.arm,
      b: second.arm,
      isPaired: arePaired(first, second),
      ...judge(differenceAt(first, second, sign, at), { confidence, margin, seed }),
    };
  });
  const adjusted = holm(judged.map(({ p }) => p));
  const family = judged.filter(({ p }) => p !== null).length;
  const level = 1 - confidence;
  const pairs = judged.map(({ isEquivalent, deviation, ...pair }, i): Comparison => {
    const verdict =
      adjusted[i] === null
        ? null
        : adjusted[i]! <= level
          ? 'different'
          : isEquivalent
            ? 'equivalent'
            : 'undecided';
    return {
      ...pair,
      adjusted: adjusted[i]!,
      verdict,
      replicatesNeeded:
        verdict === 'undecided'
          ? neededFor(pair.difference!, deviation!, family, { confidence, margin })
          : null,
    };
  });
  return { at, family, margin, pairs };
}

function pairsOf(
  arms: readonly ComparedArm[],
  against: string | undefined,
): (readonly [ComparedArm, ComparedArm])[] {
  const pairs = arms.flatMap((first, i) => arms.slice(i + 1).map((second) => [first, second] as const));
  if (against === undefined) return pairs;
  return pairs
    .filter((pair) => pair.some(({ arm }) => arm === against))
    .map(([first, second]) => (first.arm === against ? [second, first] : [first, second]));
}

/** The largest size of which every arm has paired scores; null where there is none. */
function largestCommon(arms: readonly ComparedArm[]): number | null {
  const sizes = arms.map(
    ({ scores }) => new Set(scores.flatMap(({ n, replicate }) => (replicate === null ? [] : [n]))),
  );
  const common = [...(sizes[0] ?? [])].filter((n) => sizes.every((own) => own.has(n)));
  return common.length === 0 ? null : Math.max(...common);
}

interface Judged extends Omit<
  Comparison,
  'a' | 'b' | 'isPaired' | 'adjusted' | 'verdict' | 'replicatesNeeded'
> {
  readonly isEquivalent: boolean;
  /** Of one difference; null where nothing is tested. */
  readonly deviation: number | null;
}

interface Rules {
  readonly confidence: number;
  readonly margin: number;
  readonly seed: number;
}

/** Null where the arms have nothing in common there. */
function differenceAt(
  first: ComparedArm,
  second: ComparedArm,
  sign: number,
  at: number | 'mean' | null,
): Difference | null {
  if (at === 'mean') return differenceOverSizes(first, second, sign);
  return differencesBySize(first, second, sign).find(({ n }) => n === at) ?? null;
}

const UNTESTED = {
  lo: null,
  hi: null,
  p: null,
  signFlip: null,
  degreesOfFreedom: null,
  smallestMargin: null,
  isEquivalent: false,
  deviation: null,
};

function judge(difference: Difference | null, rules: Rules): Judged {
  if (difference === null) return { replicates: 0, difference: null, ...UNTESTED };
  const { replicates, mean, error, freedom, values } = difference;
  if (error === null || freedom === null) return { replicates, difference: mean, ...UNTESTED };
  const half = tQuantile((1 + rules.confidence) / 2, freedom) * error;
  // Two one-sided tests at the level are an interval that leaves the level at each end (Schuirmann 1987).
  const oneSided = tQuantile(rules.confidence, freedom) * error;
  const p = error === 0 ? (Math.abs(mean) <= ROUNDING ? 1 : 0) : 2 * tCdf(-Math.abs(mean) / error, freedom);
  const smallestMargin = Math.abs(mean) + oneSided;
  return {
    replicates,
    difference: mean,
    lo: mean - half,
    hi: mean + half,
    p: Math.min(1, p),
    signFlip: values.length < LEAST_SIGN_FLIP ? null : signFlip(values, rules.seed),
    degreesOfFreedom: freedom,
    smallestMargin,
    isEquivalent: smallestMargin < rules.margin,
    deviation: error * Math.sqrt(replicates),
  };
}

/**
 * Two-sided p of the mean under random signs: exact up to 14 replicates.
 * @see Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., 2005, section 3.2
 */
function signFlip(values: readonly number[], seed: number): number {
  const seen = Math.abs(values.reduce((sum, value) => sum + value, 0));
  const least = seen - ROUNDING * values.reduce((sum, value) => sum + Math.abs(value), 0);
  let extreme = 0;
  if (values.length <= MOST_EXACT) {
    const all = 2 ** values.length;
    for (let signs = 0; signs < all; signs++) {
      const sum = values.reduce((total, value, i) => total + ((signs >> i) & 1 ? value : -value), 0);
      if (Math.abs(sum) >= least) extreme++;
    }
    return extreme / all;
  }
  const luck = luckOf(seed);
  for (let flip = 0; flip < RANDOM_FLIPS; flip++) {
    const sum = values.reduce((total, value) => total + (luck.uniform() < 0.5 ? value : -value), 0);
    if (Math.abs(sum) >= least) extreme++;
  }
  // The data themselves are one of the flips.
  return (extreme + 1) / (RANDOM_FLIPS + 1);
}

/**
 * Replicates that would show the difference at the level that the strictest step of Holm's leaves it, or the equivalence, with a
 * power of about 0.8, were the mean what it is.
 */
function neededFor(
  mean: number,
  deviation: number,
  family: number,
  { confidence, margin }: Omit<Rules, 'seed'>,
): number | null {
  const size = Math.abs(mean);
  const level = (1 - confidence) / family;
  const tells = (replicates: number): boolean => {
    const error = deviation / Math.sqrt(replicates);
    const reach = (p: number): number => (tQuantile(p, replicates - 1) + POWER_Z) * error;
    return reach(1 - level / 2) <= size || reach(confidence) <= margin - size;
  };
  if (!tells(MOST_NEEDED)) return null;
  let [few, enough] = [LEAST_NEEDED - 1, MOST_NEEDED];
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (tells(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}

/**
 * @param ps null for what is not tested
 * @see Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979
 */
export function holm(ps: readonly (number | null)[]): (number | null)[] {
  const order = ps.flatMap((p, i) => (p === null ? [] : [{ p, i }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = ps.map(() => null);
  let most = 0;
  for (const [rank, { p, i }] of order.entries()) {
    most = Math.max(most, Math.min(1, (order.length - rank) * p));
    adjusted[i] = most;
  }
  return adjusted;
}
