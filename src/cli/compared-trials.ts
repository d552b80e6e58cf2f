/** Two trials' models on the same test images: `elbow trial SWEEP NUMBER --against OTHER`. */
import { compareAnswers, DEFAULT_CURVE, type AnswersCompared } from '../curves/index.js';
import { ElbowError } from '../errors.js';
import type { Storage, SweepRow, TrialResult } from '../storage/storage.js';
import type { Colors } from './output.js';
import { countText, pText, tableLines } from './text.js';

export interface ComparedTrials extends AnswersCompared {
  readonly sweep: string;
  readonly trial: number;
  readonly against: number;
  readonly confidence: number;
}

interface Answered {
  readonly trial: number;
  readonly correct: Uint8Array;
  readonly images: number;
  readonly digest: string;
}

/**
 * Of the latest attempts of two trials of a sweep.
 * @throws ElbowError `usage` when one has no answers to test images, or they are not known to be of the same data set
 */
export async function compareTrials(
  storage: Storage,
  sweep: SweepRow,
  [first, second]: readonly [TrialResult, TrialResult],
): Promise<ComparedTrials> {
  // One after the other: of two that are wrong the first is told, each time.
  const own = await readAnswers(storage, sweep, first);
  const other = await readAnswers(storage, sweep, second);
  if (own.digest !== other.digest)
    throw new ElbowError(
      'usage',
      `trials ${own.trial} and ${other.trial} saw different data: SHA-256 ${own.digest.slice(0, 12)}… and ${other.digest.slice(0, 12)}…`,
      {
        hint: `Models are compared on the same test images: \`elbow rerun ${sweep.name} --trial ${own.trial} --trial ${other.trial}\` trains both on what is there now.`,
      },
    );
  return {
    sweep: sweep.name,
    trial: own.trial,
    against: other.trial,
    confidence: DEFAULT_CURVE.confidence,
    ...compareAnswers(own.correct, other.correct, own.images),
  };
}

async function readAnswers(storage: Storage, { id, spec }: SweepRow, result: TrialResult): Promise<Answered> {
  const { trial } = result;
  const [answers, attempts] = await Promise.all([storage.answers(id, trial), storage.attempts(id, trial)]);
  if (answers === null)
    throw new ElbowError('usage', `trial ${trial} has no answers to test images: ${whyNone(result)}`, {
      hint:
        spec.trainable.kind === 'builtin'
          ? 'Compare trials whose training succeeded; `elbow show SWEEP` lists them.'
          : 'Arms are compared by the report and by `elbow fit`, from scores alone.',
    });
  const digest = attempts.at(-1)?.environment?.dataDigest ?? null;
  if (digest === null)
    throw new ElbowError('usage', `it is not known which data trial ${trial} was tested on`, {
      hint: `\`elbow rerun ${result.sweep} --trial ${trial}\` trains it again and stores that.`,
    });
  return {
    trial,
    correct: Buffer.from(answers.correct, 'base64'),
    images: answers.confusion.flat().reduce((sum, one) => sum + one, 0),
    digest,
  };
}

function whyNone({ status, testAccuracy, diagnosis }: TrialResult): string {
  if (status !== 'succeeded') return `it is ${status}`;
  if (diagnosis === 'diverged') return 'it diverged before any epoch was finite';
  return testAccuracy === null
    ? 'it told no test accuracy'
    : 'its program told an accuracy, not which images were right';
}

/** For a terminal. Pure. */
export function comparedLines(compared: ComparedTrials, { bold, dim }: Colors): string[] {
  const { sweep, trial, against, images, both, onlyFirst, onlySecond, neither } = compared;
  const share = (one: number): string => `${((100 * one) / images).toFixed(2)} %`;
  const rows = [
    ['both right', both],
    [`${trial} alone`, onlyFirst],
    [`${against} alone`, onlySecond],
    ['neither', neither],
  ] as const;
  const { difference, interval, p, confidence } = compared;
  return [
    bold(`${sweep} ${trial} against ${against}, on the same ${countText(images)} test images`),
    ...tableLines(
      [{ title: '' }, { title: 'images', right: true }, { title: 'share', right: true }],
      rows.map(([name, one]) => [name, countText(one), share(one)]),
      { header: dim },
    ),
    `Accuracy of ${trial} minus that of ${against}: ${signed(difference)} (${signed(interval.lo)} to ${signed(interval.hi)}, ${100 * confidence} %), ${pText(p)} by McNemar's exact test.`,
    'That is about these two trained models and luck of the test set; another training may differ by more. Arms are compared over replicates in the report.',
  ];
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
