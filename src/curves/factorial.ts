/** Scores on a full grid of settings, replicate by replicate. Pure. */
import { ElbowError } from '../errors.js';
import { groupBy } from '../group-by.js';
import { meanOf } from './intervals.js';

/** A value of a setting. */
export type Level = string | number | boolean | null;

/** A setting with its values. */
export interface Factor {
  readonly name: string;
  /** Two at least, each once. */
  readonly levels: readonly Level[];
}

/** A score at one combination of all settings. */
export interface GridScore {
  /** By the setting's name; others than the factors are not looked at. */
  readonly levels: Readonly<Record<string, Level>>;
  readonly replicate: number;
  readonly score: number;
}

export interface CompleteGrids {
  /** Scores of each replicate that has all combinations, by replicate; the last setting changes fastest. */
  readonly grids: readonly (readonly number[])[];
  /** Replicates that lack some. */
  readonly leftOut: number;
}

/**
 * The settings with two values or more, when every combination of these values is there once. A setting that has one value
 * wherever it has any, such as the momentum of one optimizer of several, goes with that and is none of its own.
 * @param names of the settings that are looked at, in the order that factors shall have
 * @returns null where combinations are missing, as in a grid with conditions or where arms were chosen, or none differ
 */
export function factorsOf(
  names: readonly string[],
  combinations: readonly Readonly<Record<string, Level>>[],
): Factor[] | null {
  const factors = names
    .map((name) => ({ name, levels: valuesOf(name, combinations) }))
    .filter(({ levels }) => levels.length > 1);
  const size = factors.reduce((product, { levels }) => product * levels.length, 1);
  if (factors.length === 0 || size !== combinations.length) return null;
  const places = new Set(
    combinations.map((one) => JSON.stringify(factors.map(({ name }) => one[name] ?? null))),
  );
  const isWhole = factors.every(({ name }) => combinations.every((one) => one[name] !== undefined));
  return isWhole && places.size === size ? factors : null;
}

/** Settings that are looked at as one. */
interface Group {
  readonly names: readonly string[];
  /** Which of its values each combination has, from 0 on. */
  readonly codes: readonly number[];
  /** Different values. */
  readonly size: number;
}

function groupOf(names: readonly string[], values: readonly (Level | undefined)[]): Group {
  const codeOf = new Map([...new Set(values)].map((value, code) => [value, code]));
  return { names, codes: values.map((value) => codeOf.get(value)!), size: codeOf.size };
}

const joined = (a: Group, b: Group): Group =>
  groupOf(
    [...a.names, ...b.names],
    a.codes.map((code, i) => code * b.size + b.codes[i]!),
  );

/**
 * Settings in groups that cross each other, as those of a grid do each alone. Settings of which some combinations are missing, such
 * as an optimizer and its own learning rates, are tied, and in one group. Settings with one value are in none.
 * @param names of the settings that are looked at, in the order that groups shall have
 * @returns null where groups cross two by two and yet not all together, where all differing settings are tied, or none differ
 */
export function crossingGroups(
  names: readonly string[],
  combinations: readonly Readonly<Record<string, Level>>[],
): (readonly string[])[] | null {
  const groups: Group[] = [];
  for (const name of names) {
    if (valuesOf(name, combinations).length < 2) continue;
    let own = groupOf(
      [name],
      combinations.map((one) => one[name]),
    );
    // A group that has grown may be tied to one that its parts cross.
    for (let at = 0; at < groups.length;) {
      const both = joined(groups[at]!, own);
      if (both.size === groups[at]!.size * own.size) at++;
      else {
        own = both;
        groups.splice(at, 1);
        at = 0;
      }
    }
    groups.push(own);
  }
  if (groups.length === 0 || (groups.length === 1 && groups[0]!.names.length > 1)) return null;
  const size = groups.reduce((product, group) => product * group.size, 1);
  const order = (group: Group): number => names.indexOf(group.names[0]!);
  return size === combinations.length
    ? groups.sort((a, b) => order(a) - order(b)).map((group) => group.names)
    : null;
}

const valuesOf = (name: string, combinations: readonly Readonly<Record<string, Level>>[]): Level[] => [
  ...new Set(combinations.flatMap((one) => (one[name] === undefined ? [] : [one[name]]))),
];

/** @throws ElbowError `bug` for a score that stands at no place of the grid, or twice, or is not finite */
export function completeGrids(factors: readonly Factor[], scores: readonly GridScore[]): CompleteGrids {
  const size = factors.reduce((product, { levels }) => product * levels.length, 1);
  const placesOf = factors.map(({ levels }) => new Map(levels.map((level, place) => [level, place])));
  const placeOf = ({ levels }: GridScore): number =>
    factors.reduce((cell, { name, levels: own }, f) => {
      const place = placesOf[f]!.get(levels[name]!);
      if (place === undefined)
        throw new ElbowError('bug', `expected a value of ${name}, got ${String(levels[name])}`);
      return cell * own.length + place;
    }, 0);
  const replicates = [...groupBy(scores, ({ replicate }) => replicate)].sort(([a], [b]) => a - b);
  const grids = replicates.flatMap(([replicate, own]) => {
    const grid = new Map(own.map((one) => [placeOf(one), one.score]));
    if (grid.size < own.length)
      throw new ElbowError('bug', `expected each combination once in replicate ${replicate}`);
    const odd = own.find(({ score }) => !Number.isFinite(score));
    if (odd !== undefined) throw new ElbowError('bug', `expected finite scores, got ${odd.score}`);
    return grid.size < size ? [] : [Array.from({ length: size }, (_, cell) => grid.get(cell)!)];
  });
  return { grids, leftOut: replicates.length - grids.length };
}

/** Means over a grid. */
export interface Means {
  readonly all: number;
  /** By setting and level. */
  readonly levels: readonly (readonly number[])[];
  /** Of two settings, by the level of the first, then of the second. */
  pair(first: number, second: number): readonly (readonly number[])[];
}

/** @param grid a score for each combination, the last setting changing fastest */
export function meansOf(factors: readonly Factor[], grid: readonly number[]): Means {
  const strides = factors.map((_, f) =>
    factors.slice(f + 1).reduce((product, { levels }) => product * levels.length, 1),
  );
  const levelOf = (cell: number, f: number): number =>
    Math.floor(cell / strides[f]!) % factors[f]!.levels.length;
  /** Every group has a cell. */
  const groupMeans = (groupOf: (cell: number) => number): number[] => {
    const groups: number[][] = [];
    for (const [cell, score] of grid.entries()) (groups[groupOf(cell)] ??= []).push(score);
    return groups.map(meanOf);
  };
  const tables = new Map<string, number[][]>();
  return {
    all: meanOf(grid),
    levels: factors.map((_, f) => groupMeans((cell) => levelOf(cell, f))),
    pair(first, second) {
      const key = `${first}/${second}`;
      const width = factors[second]!.levels.length;
      const known = tables.get(key);
      if (known !== undefined) return known;
      const flat = groupMeans((cell) => levelOf(cell, first) * width + levelOf(cell, second));
      const table = factors[first]!.levels.map((_, i) => flat.slice(i * width, (i + 1) * width));
      tables.set(key, table);
      return table;
    },
  };
}
