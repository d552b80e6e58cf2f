/** What `elbow fit` was asked, checked. */
import { DEFAULT_CURVE, type CurveOptions, type ScoreRange } from '../curves/index.js';
import { ElbowError } from '../errors.js';
import { DEFAULT_COLUMNS, type ScoreColumns } from './score-table.js';

/** Options as commander parsed them, by camel-case name. */
export type Options = Readonly<Record<string, unknown>>;

/** Names of columns, and which of them were asked for. */
export function columnOptions(options: Options): {
  columns: ScoreColumns;
  asked: ReadonlySet<keyof ScoreColumns>;
} {
  // The keys of the record are those of its type.
  const keys = Object.keys(DEFAULT_COLUMNS) as (keyof ScoreColumns)[];
  const asked = new Set(keys.filter((key) => typeof options[key] === 'string'));
  const columns = Object.fromEntries(
    keys.map((key) => [key, asked.has(key) ? options[key] : DEFAULT_COLUMNS[key]]),
  ) as unknown as ScoreColumns;
  return { columns, asked };
}

/** What curves are asked. */
export type Asked = Required<Pick<CurveOptions, 'range' | 'direction' | 'delta' | 'confidence' | 'seed'>> & {
  readonly target: number | null;
  readonly testSize: number | null;
  readonly pool: number | null;
  /** Where arms are compared; null for the largest size that all have. */
  readonly compareAt: number | 'mean' | null;
  /** A difference between arms that does not matter, > 0. */
  readonly margin: number;
  readonly at?: readonly number[];
};

/** @throws ElbowError `usage` */
export function curveOptions(options: Options): Asked {
  const direction = options['minimize'] === true ? 'minimize' : 'maximize';
  const at = textOf(options, 'at');
  const delta = numberOption(options, 'delta', isPositive, 'a number above 0') ?? DEFAULT_CURVE.delta;
  const range = rangeOption(textOf(options, 'range'), direction);
  const testSize = numberOption(options, 'testSize', isCount, 'a whole number from 1 on');
  if (testSize !== null && (range.lo !== 0 || range.hi !== 1))
    throw new ElbowError(
      'usage',
      'expected scores from 0 to 1 with --test-size: it is for shares of right answers, or of wrong ones (`--minimize --range 0,1`)',
    );
  return {
    direction,
    range,
    delta,
    margin: numberOption(options, 'margin', isPositive, 'a number above 0') ?? delta,
    compareAt: compareOption(options),
    confidence:
      numberOption(options, 'confidence', (value) => value > 0 && value < 1, 'a number between 0 and 1') ??
      DEFAULT_CURVE.confidence,
    target: numberOption(options, 'target', () => true, 'a number'),
    testSize,
    pool: numberOption(options, 'pool', isCount, 'a whole number from 1 on'),
    seed:
      numberOption(
        options,
        'randomSeed',
        (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
        'a whole number from 0 on',
      ) ?? DEFAULT_CURVE.seed,
    ...(at === undefined ? {} : { at: sizesOption(at) }),
  };
}

/** What an option was given; commander keeps it as it was typed. */
function textOf(options: Options, key: string): string | undefined {
  const value = options[key];
  return typeof value === 'string' ? value : undefined;
}

export const isPositive = (value: number): boolean => value > 0;
const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export function numberOption(
  options: Options,
  key: string,
  isRight: (value: number) => boolean,
  what: string,
): number | null {
  const given = textOf(options, key);
  if (given === undefined) return null;
  const value = Number(given);
  if (given.trim() !== '' && Number.isFinite(value) && isRight(value)) return value;
  throw new ElbowError('usage', `expected ${what} after ${flagOf(key)}, got ${given}`);
}

function sizesOption(given: string): number[] {
  const sizes = given.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (sizes.every((size) => Number.isFinite(size) && size > 0)) return sizes;
  throw new ElbowError('usage', `expected sizes above 0 after --at, such as 5000,10000, got ${given}`);
}

function rangeOption(given: string | undefined, direction: 'maximize' | 'minimize'): ScoreRange {
  if (given === undefined) return direction === 'minimize' ? { lo: 0, hi: null } : DEFAULT_CURVE.range;
  const parts = given.split(',').map((part) => (part.trim() === '' ? null : Number(part)));
  const [lo = null, hi = null] = parts;
  const isRight = parts.length === 2 && parts.every((part) => part === null || Number.isFinite(part));
  if (isRight && (lo === null || hi === null || lo < hi)) return { lo, hi };
  throw new ElbowError('usage', `expected two ends after --range, such as 0,1 or 0, or ,0, got ${given}`);
}

function compareOption(options: Options): number | 'mean' | null {
  const given = textOf(options, 'compare');
  if (given === undefined || given === 'mean') return given ?? null;
  const size = given.trim() === '' ? NaN : Number(given);
  if (Number.isFinite(size) && size > 0) return size;
  throw new ElbowError('usage', `expected a size or \`mean\` after --compare, got ${given}`);
}
