/**
 * What each setting of a full grid does, and what two of them do together beyond that. Every replicate has all combinations and
 * so gives every effect once; the replicate is the unit, and an effect is tested by Student's t over replicates. Pure.
 */
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import { holm } from './compare.js';
import { DEFAULT_CURVE } from './defaults.js';
import { completeGrids, meansOf, type Factor, type GridScore, type Level, type Means } from './factorial.js';
import { meanOf, tInterval, type Interval } from './intervals.js';

/** A mean over replicates with what is known of it. */
export interface Effect {
  readonly value: number;
  /** Student t with replicates − 1 degrees of freedom, of this effect alone; null with one replicate. */
  readonly interval: Interval | null;
  /** Two-sided, null with one replicate. */
  readonly p: number | null;
  /** The same for all tests of its family together (Holm 1979). */
  readonly adjusted: number | null;
}

export interface SettingEffects {
  readonly setting: string;
  /** In the order of the setting's values. */
  readonly levels: readonly (Effect & {
    readonly level: Level;
    /** Mean score at the level, over everything else. */
    readonly mean: number;
  })[];
  /** Of a setting with two values: the first minus the second, twice the effect of the first; else null. */
  readonly difference: Effect | null;
}

export interface Interaction {
  readonly settings: readonly [string, string];
  /** By the values of the first, then of the second. */
  readonly cells: readonly (Effect & {
    readonly levels: readonly [Level, Level];
    /** Whether it is that of the other level of a setting with two, with the sign changed: it says nothing new. */
    readonly isMirrored: boolean;
  })[];
}

/** How many tests are judged together. */
interface Family {
  readonly family: number;
}

export interface Effects {
  /** Replicates that have every combination. */
  readonly replicates: number;
  /** Those that lack one. */
  readonly leftOut: number;
  readonly main: Family & { readonly settings: readonly SettingEffects[] };
  /** Of every two settings, in their order; null where these are more than 2,000 combinations of levels. */
  readonly interactions: (Family & { readonly pairs: readonly Interaction[] }) | null;
}

const MOST_CELLS = 2_000;
/** A difference of rounding is none. */
const ROUNDING = 1e-12;

/**
 * A main effect is a level's mean over all other settings minus the mean over everything, so that the effects of a setting
 * sum to 0 and the difference of two levels is that of their effects. An interaction is what a combination of two levels has
 * beyond both main effects: its mean − the first level's − the second's + the mean over everything.
 *
 * Effects that mirror each other are one test: the two levels of a setting, and of a table of interactions what is left when
 * a setting of two levels is looked at in its first alone. Main effects are one family of tests, interactions another.
 * @param factors two values at least each; their product is the grid
 * @param scores of one size, finite; in any order
 * @param confidence in (0, 1)
 * @returns null where no replicate has every combination, once each
 * @throws ElbowError `bug` for a score that stands at no place of the grid, or twice
 */
export function effectsOf(
  factors: readonly Factor[],
  scores: readonly GridScore[],
  confidence: number = DEFAULT_CURVE.confidence,
): Effects | null {
  const { grids, leftOut } = completeGrids(factors, scores);
  if (grids.length === 0) return null;
  const means = grids.map((grid) => meansOf(factors, grid));
  const estimate = (contrast: (own: Means) => number): Untested =>
    effectOver(means.map(contrast), confidence);
  return {
    replicates: grids.length,
    leftOut,
    main: mainEffects(factors, means, estimate),
    interactions: interactionsOf(factors, estimate),
  };
}

type Untested = Omit<Effect, 'adjusted'>;
type Estimate = (contrast: (own: Means) => number) => Untested;

/** The level whose test is that of a level: the two of a setting mirror each other. */
const testedLevel = ({ levels }: Factor, level: number): number => (levels.length === 2 ? 0 : level);

function mainEffects(
  factors: readonly Factor[],
  means: readonly Means[],
  estimate: Estimate,
): Effects['main'] {
  const drafts = factors.map((factor, f) =>
    factor.levels.map((level, l) => ({
      level,
      mean: meanOf(means.map((own) => own.levels[f]![l]!)),
      ...estimate((own) => own.levels[f]![l]! - own.all),
      key: `${f}/${testedLevel(factor, l)}`,
      isMirrored: testedLevel(factor, l) !== l,
    })),
  );
  const { family, adjusted } = adjust(drafts.flat());
  const settings = factors.map(({ name, levels }, f): SettingEffects => ({
    setting: name,
    levels: drafts[f]!.map(({ key, isMirrored: _, ...level }) => ({ ...level, adjusted: adjusted(key) })),
    difference:
      levels.length === 2
        ? {
            ...estimate((own) => own.levels[f]![0]! - own.levels[f]![1]!),
            adjusted: adjusted(`${f}/0`),
          }
        : null,
  }));
  return { family, settings };
}

function interactionsOf(factors: readonly Factor[], estimate: Estimate): Effects['interactions'] {
  const pairs = factors.flatMap((_, f) =>
    factors.slice(f + 1).map((_, behind) => [f, f + 1 + behind] as const),
  );
  const size = pairs.reduce((sum, [f, s]) => sum + factors[f]!.levels.length * factors[s]!.levels.length, 0);
  if (size > MOST_CELLS) return null;
  const drafts = pairs.map(([f, s]) =>
    factors[f]!.levels.flatMap((a, i) =>
      factors[s]!.levels.map((b, j) => {
        const tested = [testedLevel(factors[f]!, i), testedLevel(factors[s]!, j)];
        return {
          levels: [a, b] as const,
          ...estimate((own) => own.pair(f, s)[i]![j]! - own.levels[f]![i]! - own.levels[s]![j]! + own.all),
          key: `${f}/${s}/${tested.join('/')}`,
          isMirrored: tested[0] !== i || tested[1] !== j,
        };
      }),
    ),
  );
  const { family, adjusted } = adjust(drafts.flat());
  return {
    family,
    pairs: pairs.map(([f, s], at) => ({
      settings: [factors[f]!.name, factors[s]!.name],
      cells: drafts[at]!.map(({ key, ...cell }) => ({ ...cell, adjusted: adjusted(key) })),
    })),
  };
}

/** Holm's p values of a family, by key: those that mirror another have the key of that one, and are no test of their own. */
function adjust(drafts: readonly (Untested & { readonly key: string; readonly isMirrored: boolean })[]): {
  readonly family: number;
  readonly adjusted: (key: string) => number | null;
} {
  const tests = drafts.filter(({ isMirrored }) => !isMirrored);
  const ps = holm(tests.map(({ p }) => p));
  const byKey = new Map(tests.map(({ key }, i) => [key, ps[i]!]));
  return {
    family: tests.filter(({ p }) => p !== null).length,
    adjusted: (key) => byKey.get(key)!,
  };
}

/** @param values one a replicate */
function effectOver(values: readonly number[], confidence: number): Untested {
  const { mean, std, interval, count } = tInterval(values, confidence);
  if (std === null) return { value: mean, interval, p: null };
  const error = std / Math.sqrt(count);
  if (error <= ROUNDING) return { value: mean, interval, p: Math.abs(mean) <= ROUNDING ? 1 : 0 };
  return { value: mean, interval, p: Math.min(1, 2 * tCdf(-Math.abs(mean) / error, count - 1)) };
}
