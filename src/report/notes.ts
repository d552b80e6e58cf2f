/** What to know before the figures are believed. Pure. */
import { trainingOf } from '../data/split-sizes.js';
import { groupBy } from '../group-by.js';
import { datasetFacts } from '../spec/index.js';
import { clusterNotes } from './finding-text.js';
import { count, counted, listed, percent } from './format.js';
import { MOST_DETAILED } from './limits.js';
import type { ArmSummary, Note, ReportModel, SummaryInput, TrialReport } from './types.js';

type Draft = Omit<ReportModel, 'answers' | 'notes' | 'methods'>;
type Counted = Pick<ReportModel, 'sweep' | 'counts' | 'trials'>;
type Scores = readonly Pick<TrialReport, 'status' | 'testAccuracy' | 'objective'>[];

/** Those of a summary: how much of the sweep is in it. */
export const summaryNotes = (model: Counted, { figures, whole }: SummaryInput): Note[] => [
  ...partial(model),
  ...missing(model, whole?.scoreless ?? scorelessOf(figures)),
];

/** Most important first. */
export function notesOf(model: Draft): Note[] {
  return [
    ...partial(model),
    ...missing(model, scorelessOf(model.trialReports)),
    ...survivors(model),
    ...diagnoses(model),
    ...clusterNotes(model),
    ...epochLimit(model),
    ...largeBatch(model),
    ...noValidation(model),
    ...chosen(model),
    ...reruns(model),
    ...environments(model),
    ...details(model),
    ...curveWarnings(model.arms, SWEEP_WARNINGS),
    ...errorBars(model),
  ];
}

/** Arms that a note names. */
const MOST_NAMED = 5;
/** Each arm may have its own. */
const MOST_CURVE_NOTES = 5;

const note = (code: Note['code'], text: string): Note[] => [{ code, text }];

function partial({ sweep, counts, trials }: Counted): Note[] {
  if (!sweep.isPartial) return [];
  const parts = [
    ...(counts.running > 0 ? [`${count(counts.running)} running`] : []),
    ...(counts.queued > 0 ? [`${count(counts.queued)} queued`] : []),
  ];
  return note('partial', `This report is partial: of ${counted(trials, 'trial')}, ${listed(parts)}.`);
}

const scorelessOf = (figures: Scores): number =>
  figures.filter(
    (trial) => trial.status === 'succeeded' && trial.testAccuracy === null && trial.objective === null,
  ).length;

function missing({ counts, trials }: Counted, scoreless: number): Note[] {
  const parts = (['failed', 'pruned', 'cancelled'] as const).flatMap((status) =>
    counts[status] > 0 ? [`${count(counts[status])} ${status}`] : [],
  );
  if (scoreless > 0) parts.push(`${count(scoreless)} without a score`);
  if (parts.length === 0) return [];
  return note('missing', `Not in the curves: ${listed(parts)} of ${counted(trials, 'trial')}.`);
}

function survivors(model: Draft): Note[] {
  const own = model.arms.filter(({ isSurvivorsOnly }) => isSurvivorsOnly);
  if (own.length === 0) return [];
  const shown = own.slice(0, MOST_NAMED).map(({ label }) => label);
  const more = own.length - shown.length;
  return note(
    'survivors',
    `Survivors only: trials of ${listed(more > 0 ? [...shown, counted(more, 'other arm')] : shown)} were pruned. Those that are left are the better ones, so that means and curves stand too high.`,
  );
}

function details({ trials }: Draft): Note[] {
  if (trials <= MOST_DETAILED) return [];
  return note(
    'details',
    `Of more than ${count(MOST_DETAILED)} trials, report.json has arms and curves alone: trials.csv has the trials, the view epoch_metrics their epochs.`,
  );
}

function diagnoses({ trialReports }: Draft): Note[] {
  // The section on diagnosis has the others: they leave the scores what they are.
  const diagnosed = trialReports.filter(
    (trial) => trial.diagnosis === 'diverged' || trial.diagnosis === 'chance-level',
  );
  return [...groupBy(diagnosed, (trial) => trial.diagnosis)].map(([diagnosis, own]) => ({
    code: 'diagnosis',
    text: `Diagnosed as ${diagnosis}: ${trialList(own)}. They count with what they reached.`,
  }));
}

function trialList(trials: readonly TrialReport[]): string {
  const shown = trials.slice(0, 8).map((trial) => String(trial.trial));
  const rest = trials.length - shown.length;
  return `${trials.length === 1 ? 'trial' : 'trials'} ${rest > 0 ? `${shown.join(', ')} and ${rest} more` : listed(shown)}`;
}

/** Of settings that a trial has as numbers. */
function numberOf(trial: TrialReport, parameter: string): number | null {
  const value = trial.params[parameter];
  return typeof value === 'number' ? value : null;
}

function epochLimit({ made, trialReports }: Draft): Note[] {
  if (made.spec.trainable.kind !== 'builtin') return [];
  const succeeded = trialReports.filter((trial) => trial.status === 'succeeded');
  const limited = [...groupBy(succeeded, (trial) => trial.samplesPerClass)].flatMap(([size, own]) => {
    const reached = own.filter((trial) => trial.epochs >= (numberOf(trial, 'epochs') ?? Infinity));
    return reached.length * 2 > own.length ? [`${sizeText(size)} (${reached.length} of ${own.length})`] : [];
  });
  if (limited.length === 0) return [];
  return note(
    'epoch-limit',
    `Over half the trials reached the epoch limit at ${listed(limited)}: with more epochs the curve may be higher there.`,
  );
}

const sizeText = (size: number | null): string => (size === null ? 'all images' : `${count(size)} per class`);

/** Training images of a size. */
const trainingImages = (size: number, classes: number): number => trainingOf(size) * classes;

function largeBatch({ made, trialReports }: Draft): Note[] {
  const dataset = datasetFacts(made.spec.dataset);
  if (made.spec.trainable.kind !== 'builtin' || dataset === undefined) return [];
  const large = trialReports.flatMap((trial) => {
    const batch = numberOf(trial, 'batchSize');
    const images = trainingImages(trial.samplesPerClass ?? dataset.allSize, dataset.classes);
    return batch !== null && batch > images ? [{ size: trial.samplesPerClass, batch }] : [];
  });
  if (large.length === 0) return [];
  const sizes = [...new Set(large.map(({ size }) => size))].sort((a, b) => (a ?? 0) - (b ?? 0)).map(sizeText);
  const batches = [...new Set(large.map(({ batch }) => batch))].sort((a, b) => a - b).map(count);
  return note(
    'large-batch',
    `The batch size (${listed(batches)}) is larger than the training images at ${listed(sizes)}: there an epoch is one step with all of them.`,
  );
}

function noValidation({ made, trialReports }: Draft): Note[] {
  if (made.spec.trainable.kind !== 'builtin') return [];
  const sizes = new Set(trialReports.flatMap(({ samplesPerClass: n }) => (n !== null && n < 5 ? [n] : [])));
  if (sizes.size === 0) return [];
  const text = listed([...sizes].sort((a, b) => a - b).map(sizeText));
  return note('no-validation', `At ${text} there are no validation images: the last epoch counts there.`);
}

function chosen({ arms, score, made }: Draft): Note[] {
  const isByValidation = made.spec.objective.metric.startsWith('val_');
  if (!score.isAccuracy || !isByValidation || arms.filter((arm) => arm.rank !== null).length < 2) return [];
  return note(
    'chosen',
    'The best arm is chosen by validation and shown with its test accuracy. The best of many looks a little better than it is: both figures come from the same trained models.',
  );
}

function reruns({ trialReports }: Draft): Note[] {
  const again = trialReports.filter((trial) => trial.attempt > 1);
  if (again.length === 0) return [];
  return note('reruns', `Run again: ${trialList(again)}; the latest attempt is shown.`);
}

function environments({ made }: Draft): Note[] {
  if (made.environments.length < 2) return [];
  return note(
    'environments',
    `The trials ran in ${made.environments.length} environments: equal seeds promise equal bits within one only.${trainingCode(made)}`,
  );
}

/** Whether elbow's own code is among what differs. */
function trainingCode({ environments }: Draft['made']): string {
  const counts = new Map<string, number>();
  for (const { trainingVersion = 'an earlier one', tensorflow, trials } of environments)
    if (tensorflow !== null) counts.set(trainingVersion, (counts.get(trainingVersion) ?? 0) + trials);
  if (counts.size < 2) return '';
  const list = [...counts].map(([version, trials]) => `${version} (${counted(trials, 'trial')})`);
  return ` They were trained by ${counts.size} versions of elbow's training code: ${listed(list)}; \`elbow show\` says how to train those of the others again.`;
}

function errorBars({ arms, made, confidence }: Draft): Note[] {
  const withCurves = arms.filter((arm) => arm.points.length > 0);
  if (withCurves.length === 0) return [];
  const freedoms = withCurves.flatMap(({ points }) => points.flatMap(({ freedom }) => freedom ?? []));
  if (freedoms.length === 0) {
    const { replicates } = made.spec;
    return note(
      'one-replicate',
      `${replicates === 1 ? 'One replicate' : 'No size has two replicates that succeeded'}: nothing says how far chance moves these figures. Three or more replicates give intervals.`,
    );
  }
  const [least, most] = freedoms.reduce(
    ([lo, hi], freedom) => [Math.min(lo, freedom), Math.max(hi, freedom)],
    [Infinity, -Infinity],
  );
  return note(
    'error-bars',
    `Intervals at the sizes are ${percent(confidence)} Student t intervals of the mean over replicates, with the spread of all of an arm's sizes smoothed over log n (${degrees(least, most)} degrees of freedom): they hold the expected score of this whole procedure (n labels, a fifth of them for validation) on this test set, for subsets from this pool.`,
  );
}

/** `14`, or `4.1 to 9.6`. */
function degrees(least: number, most: number): string {
  const [lo, hi] = [least, most].map((one) => String(Number(one.toFixed(1))));
  return lo === hi ? lo! : `${lo} to ${hi}`;
}

/** Of warnings about arms' curves, those that change what one may believe of a sweep. */
const SWEEP_WARNINGS: ReadonlySet<string> = new Set(['not-monotone', 'pool-used']);

/** Warnings about arms' curves; the arms are named where there are several. @param codes those that are told; left out for all */
export function curveWarnings(arms: readonly ArmSummary[], codes?: ReadonlySet<string>): Note[] {
  const told = arms.flatMap(({ label, fit }) =>
    (fit?.warnings ?? [])
      .filter(({ code }) => codes?.has(code) ?? true)
      .map((warning) => ({ ...warning, label })),
  );
  const groups = [...groupBy(told, ({ code, message }) => `${code}/${message}`).values()];
  const more = groups.length - MOST_CURVE_NOTES;
  return [
    ...groups.slice(0, MOST_CURVE_NOTES).map((own): Note => {
      const who =
        own.length === arms.length
          ? ''
          : ` (${listed(own.slice(0, 3).map(({ label }) => label))}${own.length > 3 ? ` and ${own.length - 3} more` : ''})`;
      return { code: own[0]!.code, text: `${own[0]!.message}${who}` };
    }),
    ...(more > 0
      ? note('details', `${counted(more, 'more warning')} about curves: report.json has all.`)
      : []),
  ];
}
