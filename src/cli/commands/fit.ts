import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  compareArms,
  DEFAULT_CURVE,
  fitCurve,
  type Comparisons,
  type CurveOptions,
  type ScoreRange,
} from '../../curves/index.js';
import { ElbowError, EXIT, messageOf } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { comparisonLines } from '../comparison-text.js';
import { fitLines } from '../fit-text.js';
import { DEFAULT_COLUMNS, readScores, type ArmScores, type ScoreColumns } from '../score-table.js';

/** `elbow fit FILE`: what a learning curve of anyone's numbers says. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<file>', 'CSV file with a header, or - for standard input')
      .option('--at <sizes>', 'samples per class to be told, e.g. 5000,10000; else 2 and 4 times the largest')
      .option('--target <score>', 'how many samples per class it takes')
      .option('--delta <gain>', `what a doubling has to bring (${DEFAULT_CURVE.delta})`)
      .option('--confidence <share>', `of all intervals (${DEFAULT_CURVE.confidence})`)
      .option(
        '--compare <size>',
        'compare arms at this size, or at the `mean` of all (the largest of all arms)',
      )
      .option('--margin <difference>', 'between arms that does not matter (as --delta)')
      .option('--minimize', 'lower scores are better, as of losses')
      .option('--range <lo,hi>', 'what scores can be, either may be empty (0,1; with --minimize 0,)')
      .option(
        '--test-size <images>',
        'test images that the scores come from: intervals then hold on others, too',
      )
      .option('--pool <images>', 'labelled images per class that subsets were drawn from')
      .option('--random-seed <number>', `equal ones give equal digits (${DEFAULT_CURVE.seed})`)
      .option('--n <column>', 'the samples per class (n)')
      .option('--score <column>', 'the scores (score)')
      .option('--arm <column>', 'what tells curves apart (arm, where there is one)')
      .option('--seed <column>', 'which repetition it is (seed, where there is one)')
      .option('--se <column>', 'standard errors of the scores (se, where there is one)')
      .option('--decimal-comma', 'numbers are written 0,5')
      .option('--json', 'print it as JSON')
      .addHelpText(
        'after',
        '\nIt takes no stack and no TensorFlow.\n\nExample:\n  $ elbow fit scores.csv --target 0.75 --test-size 10000 --pool 5000',
      );
  },

  async run({ args, options }, { out }) {
    const [file = '-'] = args;
    const curve = curveOptions(options);
    if (curve.testSize !== null && (curve.range.lo !== 0 || curve.range.hi !== 1))
      throw new ElbowError(
        'usage',
        'expected scores from 0 to 1 with --test-size: it is for shares of right answers, or of wrong ones (`--minimize --range 0,1`)',
      );
    const arms = readScores(await contentOf(file), {
      file: file === '-' ? 'standard input' : file,
      ...columnOptions(options),
      decimalComma: options['decimalComma'] === true,
    });
    expectInRange(arms, curve.range, file);
    const fits = arms.map(({ arm, scores }) => ({ arm, ...fitCurve(scores, curve) }));
    const compared = comparisonsOf(arms, curve, options);
    if (out.json) {
      out.document({
        arms: fits,
        comparisons: compared?.pairs.map((pair) => ({ at: compared.at, ...pair })) ?? [],
      });
      return EXIT.done;
    }
    for (const [i, { arm, ...fit }] of fits.entries()) {
      if (i > 0) out.result();
      const told = { delta: curve.delta, target: curve.target, colors: out.colors };
      for (const line of fitLines(arm, fit, told)) out.result(line);
      for (const { message } of fit.warnings) out.note(message);
    }
    if (compared !== null) {
      out.result();
      for (const line of comparisonLines(compared, out.colors)) out.result(line);
    } else if (arms.length > MOST_COMPARED) {
      out.note(
        `More than ${MOST_COMPARED} arms are not compared with each other: too many pairs for any to be told from chance.`,
      );
    }
    return EXIT.done;
  },
};

type Options = Readonly<Record<string, unknown>>;

/** 435 pairs. */
const MOST_COMPARED = 30;

/** Every pair of arms; null where there is none, or no replicate ties any two together. */
function comparisonsOf(arms: readonly ArmScores[], curve: Asked, options: Options): Comparisons | null {
  if (arms.length < 2 || arms.length > MOST_COMPARED) return null;
  const compared = compareArms(arms, {
    at: compareOption(textOf(options, 'compare')),
    confidence: curve.confidence,
    margin: numberOption(options, 'margin', (value) => value > 0, 'a number above 0') ?? curve.delta,
    direction: curve.direction,
    seed: curve.seed,
  });
  return compared.pairs.some(({ replicates }) => replicates > 0) ? compared : null;
}

function compareOption(given: string | undefined): number | 'mean' | null {
  if (given === undefined || given === 'mean') return given ?? null;
  const size = given.trim() === '' ? NaN : Number(given);
  if (Number.isFinite(size) && size > 0) return size;
  throw new ElbowError('usage', `expected a size or \`mean\` after --compare, got ${given}`);
}

async function contentOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new ElbowError('scores-unusable', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function columnOptions(options: Options): { columns: ScoreColumns; asked: ReadonlySet<keyof ScoreColumns> } {
  // The keys of the record are those of its type.
  const keys = Object.keys(DEFAULT_COLUMNS) as (keyof ScoreColumns)[];
  const asked = new Set(keys.filter((key) => typeof options[key] === 'string'));
  const columns = Object.fromEntries(
    keys.map((key) => [key, asked.has(key) ? options[key] : DEFAULT_COLUMNS[key]]),
  ) as unknown as ScoreColumns;
  return { columns, asked };
}

type Asked = Required<Pick<CurveOptions, 'range' | 'direction' | 'delta' | 'confidence' | 'seed'>> & {
  readonly target: number | null;
  readonly testSize: number | null;
  readonly pool: number | null;
  readonly at?: readonly number[];
};

function curveOptions(options: Options): Asked {
  const direction = options['minimize'] === true ? 'minimize' : 'maximize';
  const at = textOf(options, 'at');
  return {
    direction,
    range: rangeOption(textOf(options, 'range'), direction),
    delta: numberOption(options, 'delta', (value) => value > 0, 'a number above 0') ?? DEFAULT_CURVE.delta,
    confidence:
      numberOption(options, 'confidence', (value) => value > 0 && value < 1, 'a number between 0 and 1') ??
      DEFAULT_CURVE.confidence,
    target: numberOption(options, 'target', () => true, 'a number'),
    testSize: numberOption(options, 'testSize', isCount, 'a whole number from 1 on'),
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

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function numberOption(
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

function expectInRange(arms: readonly ArmScores[], { lo, hi }: ScoreRange, file: string): void {
  for (const { scores } of arms) {
    const outside = scores.find(({ score }) => (lo !== null && score < lo) || (hi !== null && score > hi));
    if (outside === undefined) continue;
    throw new ElbowError(
      'scores-unusable',
      `expected scores from ${lo ?? 'anything'} to ${hi ?? 'anything'}, got ${outside.score} at size ${outside.n}`,
      {
        where: { file },
        hint: '`--range LO,HI` says what scores can be: `--range 0,100` for percent, `--range ,` where nothing bounds them; `--minimize` is for losses.',
      },
    );
  }
}
