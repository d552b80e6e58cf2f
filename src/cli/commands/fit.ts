import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  compareArms,
  DEFAULT_CURVE,
  fitCurve,
  type Comparisons,
  type CurveFit,
  type ScoreRange,
} from '../../curves/index.js';
import { ElbowError, EXIT, messageOf } from '../../errors.js';
import type { CommandModule } from '../command.js';
import type { Output } from '../output.js';
import { comparisonLines } from '../comparison-text.js';
import { columnOptions, curveOptions, type Asked } from '../fit-options.js';
import { openFitReport } from '../fit-report.js';
import { fitLines } from '../fit-text.js';
import { tellFiles } from '../report-files.js';
import { readScores, type ArmScores } from '../score-table.js';

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
      .option('--report <dir>', 'write a page to this folder, with charts and tables beside it')
      .option('--json', 'print it as JSON')
      .addHelpText(
        'after',
        '\nIt takes no stack and no TensorFlow.\n\nExample:\n  $ elbow fit scores.csv --target 0.75 --test-size 10000 --pool 5000',
      );
  },

  async run({ args, options }, { out, signal, cwd }) {
    const [file = '-'] = args;
    const curve = curveOptions(options);
    const table = columnOptions(options);
    const arms = readScores(await contentOf(file), {
      file: file === '-' ? 'standard input' : file,
      ...table,
      decimalComma: options['decimalComma'] === true,
    });
    expectInRange(arms, curve.range, file);
    expectFewSizes(arms, file);
    const dir = options['report'];
    const report =
      typeof dir === 'string'
        ? await openFitReport(arms, curve, {
            file,
            scoreName: table.columns.score,
            dir: resolve(cwd, dir),
          })
        : null;
    const fits = await fitAll(arms, report?.fit ?? (({ scores }) => fitCurve(scores, curve)), out, signal);
    const compared = comparisonsOf(arms, curve);
    const document = {
      arms: fits,
      comparisons: compared?.pairs.map((pair) => ({ at: compared.at, ...pair })) ?? [],
    };
    const files = (await report?.write(document)) ?? [];
    if (out.json) {
      out.document(report === null ? document : { ...document, files });
      return EXIT.done;
    }
    tellFits(fits, curve, out);
    tellComparisons(compared, arms.length, out);
    if (report !== null) {
      out.result();
      tellFiles(files, out);
    }
    return EXIT.done;
  },
};

type NamedFit = { readonly arm: string } & CurveFit;

function tellFits(fits: readonly NamedFit[], curve: Asked, out: Output): void {
  for (const [i, { arm, ...fit }] of fits.entries()) {
    if (i > 0) out.result();
    const told = { delta: curve.delta, target: curve.target, colors: out.colors };
    for (const line of fitLines(arm, fit, told)) out.result(line);
    for (const { message } of fit.warnings) out.note(message);
  }
}

function tellComparisons(compared: Comparisons | null, arms: number, out: Output): void {
  if (compared !== null) {
    out.result();
    for (const line of comparisonLines(compared, out.colors)) out.result(line);
  } else if (arms > MOST_COMPARED) {
    out.note(
      `More than ${MOST_COMPARED} arms are not compared with each other: too many pairs for any to be told from chance.`,
    );
  }
}

/** With fewer arms it takes a second. */
const LEAST_BAR = 10;

/** @throws ElbowError `interrupted` */
async function fitAll(
  arms: readonly ArmScores[],
  fit: (arm: ArmScores) => CurveFit,
  out: Output,
  signal: AbortSignal,
): Promise<readonly NamedFit[]> {
  const hasBar = out.isTerminal && arms.length >= LEAST_BAR;
  const bar = hasBar
    ? new (await import('cli-progress')).default.SingleBar({
        stream: out.stderr,
        format: ' {bar} {value} / {total} arms',
        clearOnComplete: true,
        hideCursor: true,
      })
    : null;
  bar?.start(arms.length, 0);
  try {
    const fits = [];
    for (const one of arms) {
      // Ctrl-C is heard between two arms.
      await setImmediate();
      if (signal.aborted) throw new ElbowError('interrupted', 'Stopped before all arms were fitted.');
      fits.push({ arm: one.arm, ...fit(one) });
      bar?.increment();
    }
    return fits;
  } finally {
    bar?.stop();
  }
}

/** 435 pairs. */
const MOST_COMPARED = 30;

/** Every pair of arms; null where there is none, or no replicate ties any two together. */
function comparisonsOf(arms: readonly ArmScores[], curve: Asked): Comparisons | null {
  if (arms.length < 2 || arms.length > MOST_COMPARED) return null;
  const compared = compareArms(arms, {
    at: curve.compareAt,
    confidence: curve.confidence,
    margin: curve.margin,
    direction: curve.direction,
    seed: curve.seed,
  });
  return compared.pairs.some(({ replicates }) => replicates > 0) ? compared : null;
}

async function contentOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new ElbowError('scores-unusable', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
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

/** A fit takes the cube of them: 200 take seconds. */
const MOST_SIZES = 200;

function expectFewSizes(arms: readonly ArmScores[], file: string): void {
  for (const { arm, scores } of arms) {
    const sizes = new Set(scores.map(({ n }) => n)).size;
    if (sizes <= MOST_SIZES) continue;
    throw new ElbowError(
      'scores-unusable',
      `expected at most ${MOST_SIZES} different sizes${arm === '' ? '' : ` in arm ${arm}`}, got ${sizes}`,
      { where: { file }, hint: 'Keep those that are about equally far apart in log n: twenty tell as much.' },
    );
  }
}
