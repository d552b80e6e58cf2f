import { ElbowError, EXIT } from '../../errors.js';
import { defaultOf } from '../../spec/index.js';
import type { AttemptRow, EpochMetrics, FailureRow, SweepRow, TrialResult } from '../../storage/storage.js';
import { classLines } from '../classes-table.js';
import type { CommandModule } from '../command.js';
import { comparedLines, compareTrials } from '../compared-trials.js';
import { printFindings } from '../findings.js';
import type { Output } from '../output.js';
import { statusPaint } from '../paint.js';
import { readTrialNumber, requireSweep, requireTrial, withSession } from '../session.js';
import { trialText } from '../sweep-facts.js';
import { countedText, durationText, figureText, tableLines } from '../text.js';
import { familiarMetrics, unfamiliarLines } from '../unfamiliar-table.js';

/** `elbow trial SWEEP NUMBER`: everything that is known of one trial. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .argument('<number>', 'number of the trial')
      .option('--against <number>', 'compare its model with that of another trial')
      .option('--json', 'print it as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  $ elbow trial quickstart 3\n  $ elbow trial quickstart 3 --against 9',
      );
  },

  async run({ args, options }, { out, env }) {
    // What was typed wrong is told before anything is opened.
    const number = readTrialNumber(args[1] ?? '');
    const { against } = options;
    const other = typeof against === 'string' ? readTrialNumber(against) : null;
    if (other === number)
      throw new ElbowError('usage', `expected another trial than ${number} with --against`);
    return withSession(env, async ({ storage }) => {
      const sweep = await requireSweep(storage, args[0] ?? '');
      const result = await requireTrial(storage, sweep, number);
      if (other !== null) {
        const compared = await compareTrials(storage, sweep, [
          result,
          await requireTrial(storage, sweep, other),
        ]);
        if (out.json) out.document(compared);
        else for (const text of comparedLines(compared, out.colors)) out.result(text);
        return EXIT.done;
      }
      const [attempts, failures, epochs, answers] = await Promise.all([
        storage.attempts(sweep.id, number),
        storage.failures(sweep.id, number),
        storage.epochs(sweep.id, number),
        storage.answers(sweep.id, number),
      ]);
      if (out.json) {
        out.document({
          ...result,
          attempts,
          failures,
          confusion: answers && { classes: answers.classes, counts: answers.confusion },
          epochMetrics: epochs.map(({ trial: _trial, ...one }) => one),
        });
        return EXIT.done;
      }
      printResult(sweep, result, out);
      printEnvironment(attempts.at(-1), out);
      printFindings(result.findings, out);
      printAttempts(attempts, out);
      printFailures(failures, out);
      printTable(unfamiliarLines(result.metrics, out.colors.dim), out);
      if (answers) printTable(classLines(answers, out.colors.dim), out);
      printEpochs(epochs, result.bestEpoch, out);
      return EXIT.done;
    });
  },
};

function printResult({ spec }: SweepRow, result: TrialResult, out: Output): void {
  const paint = statusPaint(out.colors);
  out.result(
    `${out.colors.bold(`${result.sweep} ${result.trial}`)} ${paint(result.status, result.status)}: ${trialText(result)}`,
  );
  const accuracies = [
    ['test', result.testAccuracy, result.testLoss],
    ['validation', result.valAccuracy, result.valLoss],
    ['train', result.trainAccuracy, result.trainLoss],
  ] as const;
  for (const [split, accuracy, loss] of accuracies) {
    if (accuracy !== null || loss !== null)
      line(out, split, `accuracy ${figureText(accuracy)}, loss ${figureText(loss)}`);
  }
  const { metric } = spec.objective;
  const isBuiltin = spec.trainable.kind === 'builtin';
  if (!isBuiltin && result.objective !== null) {
    line(out, 'objective', `${metric} ${figureText(result.objective)}`);
  }
  for (const [name, value] of familiarMetrics(result.metrics)) {
    if (isBuiltin || name !== metric) line(out, name, figureText(value));
  }
  if (result.epochs > 0) {
    const best = result.bestEpoch === null ? '' : `, the best one ${result.bestEpoch}`;
    line(out, 'epochs', `${result.epochs}${best}`);
  }
  if (result.seconds !== null) {
    const speed = result.imagesPerSecond === null ? '' : `, ${figureText(result.imagesPerSecond)} images/s`;
    line(out, 'time', `${durationText(result.seconds)}${speed}`);
  }
  if (result.diagnosis !== null) line(out, 'diagnosis', result.diagnosis);
  if (result.failureCode !== null) {
    line(out, 'failure', `${out.colors.red(result.failureCode)}: ${result.failureMessage ?? ''}`);
  }
  const settings = Object.entries(result.params);
  const told = settings
    .filter(([key, value]) => !isBuiltin || key === 'model' || value !== defaultOf(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${String(value)}`);
  const others = told.length < settings.length ? ', the others at their defaults' : '';
  if (settings.length > 0) line(out, 'settings', `${told.join(' ')}${others}`);
}

function printEnvironment(attempt: AttemptRow | undefined, out: Output): void {
  if (attempt?.worker) line(out, 'worker', attempt.worker);
  const environment = attempt?.environment;
  if (!environment) return;
  const { elbowVersion, gitCommit, node, tensorflow, device, dataDigest, threads, cpuFeatures } = environment;
  const { trainingVersion } = environment;
  const versions = [
    `elbow ${elbowVersion}${gitCommit === null ? '' : ` (${gitCommit.slice(0, 10)})`}`,
    ...(trainingVersion === undefined ? [] : [`training code ${trainingVersion}`]),
    `Node ${node.replace(/^v/, '')}`,
    ...(tensorflow === null ? [] : [`TensorFlow ${tensorflow}`]),
    ...(device === null ? [] : [device]),
    ...(threads === null ? [] : [countedText(threads, 'thread')]),
    ...(cpuFeatures === null || cpuFeatures === '' ? [] : [cpuFeatures]),
  ];
  line(out, 'ran on', versions.join(' · '));
  if (dataDigest !== null) line(out, 'data', `sha256 ${dataDigest}`);
}

function printAttempts(attempts: readonly AttemptRow[], out: Output): void {
  if (attempts.length < 2) return;
  out.result();
  const rows = attempts.map((one) => [
    `${one.attempt}`,
    one.status,
    durationText(one.outcome?.seconds ?? null),
    one.outcome?.failure ? `${one.outcome.failure.code}: ${one.outcome.failure.message}` : '',
  ]);
  const columns = [
    { title: 'attempt', right: true },
    { title: 'status' },
    { title: 'time', right: true },
    { title: 'failure' },
  ];
  for (const text of tableLines(columns, rows, { header: out.colors.dim })) out.result(text);
}

/** What was tried again by itself, or too often. */
function printFailures(failures: readonly FailureRow[], out: Output): void {
  if (failures.length === 0) return;
  out.result();
  const rows = failures.map((one) => [
    `${one.attempt}`,
    one.at.toISOString(),
    one.host,
    one.code,
    one.message.split('\n', 1)[0]!,
  ]);
  const columns = [
    { title: 'attempt', right: true },
    { title: 'failed at' },
    { title: 'machine' },
    { title: 'code' },
    { title: 'failure' },
  ];
  for (const text of tableLines(columns, rows, { header: out.colors.dim })) out.result(text);
}

/** Nothing where there are no lines. */
function printTable(lines: readonly string[], out: Output): void {
  if (lines.length > 0) out.result();
  for (const text of lines) out.result(text);
}

function printEpochs(epochs: readonly EpochMetrics[], best: number | null, out: Output): void {
  if (epochs.length === 0) return;
  out.result();
  const columns = ['epoch', 'train loss', 'train acc', 'val loss', 'val acc', 'rate', 'time'].map(
    (title) => ({
      title,
      right: true,
    }),
  );
  const rows = epochs.map((one) => [
    `${one.epoch}`,
    figureText(one.trainLoss),
    figureText(one.trainAccuracy),
    figureText(one.valLoss),
    figureText(one.valAccuracy),
    figureText(one.learningRate),
    durationText(one.seconds),
  ]);
  const lines = tableLines(
    [...columns, { title: '' }],
    rows.map((row, i) => [...row, epochs[i]!.epoch === best ? 'best' : '']),
    {
      header: out.colors.dim,
    },
  );
  for (const text of lines) out.result(text);
}

/** A name and what it is; further lines of a text stand under the first. */
function line(out: Output, name: string, text: string): void {
  const indented = text.split('\n').join(`\n${' '.repeat(12)}`);
  out.result(`${out.colors.dim(name.padEnd(10))}  ${indented}`);
}
