/** Collects a report from what storage holds. Pure: equal inputs give equal reports. */
import { meanOrNull } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import type { SweepSpec } from '../spec/types.js';
import type { ArmFacts, SweepRow, TrialResult } from '../storage/storage.js';
import { answersOf } from './answers.js';
import { classReports, type Confusion } from './classes.js';
import { armFindings } from './comparisons.js';
import { ranOnGpus } from './costs.js';
import { diagnosisGroups } from './diagnosis.js';
import { leadSentence } from './finding-text.js';
import { methodsOf } from './methods.js';
import { nextSteps } from './next-steps.js';
import { notesOf } from './notes.js';
import { meanQuickness, quicknessOf } from './quickness.js';
import { rateReport } from './rates.js';
import { environmentReports, epochMetrics, failureGroups, trialReport } from './rows.js';
import { armsToFit, isHighlighted, rankArms, sizeOf } from './ranks.js';
import { headOf } from './summary.js';
import type { ArmSummary, Quickness, ReportInput, ReportModel, SplitMeans } from './types.js';

/** A fit takes about 60 ms: a minute would pass before 1,000 arms were fitted. */
const REPORT_FITS = { most: 60, areDrawn: true } as const;

type QuicknessByTrial = ReadonlyMap<number, Quickness | null>;

/** The report of a sweep, whatever state it is in. */
export function buildReport(input: ReportInput): ReportModel {
  const { madeAt } = input;
  const results = input.results.toSorted((a, b) => a.trial - b.trial);
  const sweep = askedOf(input);
  const { spec } = sweep;
  const { head, scored } = headOf(
    { sweep, arms: armsIn(results), figures: results, correct: input.correct ?? [], madeAt },
    REPORT_FITS,
  );
  const scores = new Set(scored.map(({ figures }) => figures.trial));
  const scoredOf = groupBy(
    input.results.filter(({ trial }) => scores.has(trial)),
    ({ armHash }) => armHash,
  );
  const epochs = groupBy(input.epochs, (epoch) => epoch.trial);
  const quickness: QuicknessByTrial = new Map(results.map((result) => [result.trial, quicknessOf(result)]));
  const surviving = new Set(results.flatMap(({ status, armHash }) => (status === 'pruned' ? [armHash] : [])));
  const arms = head.arms.map((arm) => ({
    ...arm,
    splits: splitMeans(spec, scoredOf.get(arm.hash) ?? [], quickness),
    isSurvivorsOnly: surviving.has(arm.hash),
  }));
  const environments = environmentReports(input.attempts ?? []);
  const draft = {
    format: 2 as const,
    madeAt: madeAt.toISOString(),
    elbowVersion: input.elbowVersion,
    ...head,
    prices: spec.report.prices ?? null,
    areGpuHours: ranOnGpus(environments),
    arms,
    rates: spec.trainable.kind === 'builtin' ? rateReport(arms, head.chance) : null,
    next: nextSteps(spec, arms),
    looks: (input.decisions ?? []).map((one) => ({ ...one, at: one.at.toISOString() })),
    classes: classesOf(sweep, input.confusions ?? [], results, arms),
    trialReports: results.map((result) => trialReport(result, quickness.get(result.trial) ?? null)),
    trialEpochs: [...epochs].map(([trial, own]) => ({
      trial,
      epochs: own.map(epochMetrics).sort((a, b) => a.epoch - b.epoch),
    })),
    failures: failureGroups(results),
    diagnoses: diagnosisGroups(results),
    made: {
      // The file's own: it is written out, to be run again.
      spec: input.sweep.spec,
      source: sweep.source,
      environments,
      commands: [`elbow run ${sweep.name}.yaml`, `elbow report ${sweep.name}`],
    },
  };
  const found = { ...draft, ...armFindings(draft) };
  return {
    ...found,
    answers: answersOf(found, leadSentence(found)),
    notes: notesOf(found),
    methods: methodsOf(found),
  };
}

/**
 * Trials whose losses are drawn, of a sweep with so many that not all can be: the first of the arms that have a colour.
 * @param most ≥ 0
 * @returns numbers, ascending
 */
export function drawnTrials(sweep: SweepRow, results: readonly TrialResult[], most: number): number[] {
  const arms = armsIn(results);
  const { ranks } = rankArms({ sweep, arms, figures: results });
  return results
    .filter(({ armHash }) => isHighlighted(arms.length, ranks.get(armHash) ?? null))
    .map(({ trial }) => trial)
    .sort((a, b) => a - b)
    .slice(0, most);
}

function classesOf(
  sweep: SweepRow,
  confusions: readonly Confusion[],
  results: readonly TrialResult[],
  arms: readonly ArmSummary[],
): ReportModel['classes'] {
  const best = arms.find(({ rank }) => rank === 1);
  return best === undefined ? null : classReports(sweep.spec, best.label, results, confusions);
}

/** Arms whose curves a report fits. */
export const armsOfReport = (sweep: SweepRow, results: readonly TrialResult[]): string[] =>
  armsToFit({ sweep, arms: armsIn(results), figures: results }, REPORT_FITS.most);

/** The sweep, with what the report is asked in place of what its file asks. */
const askedOf = ({ sweep, asked }: ReportInput): SweepRow =>
  asked === undefined ? sweep : { ...sweep, spec: { ...sweep.spec, report: asked } };

/** In the order of their first trials. @param results by trial */
const armsIn = (results: readonly TrialResult[]): ArmFacts[] =>
  [...new Map(results.toReversed().map((result) => [result.armHash, result])).values()].sort(
    (a, b) => a.trial - b.trial,
  );

function splitMeans(spec: SweepSpec, own: readonly TrialResult[], quickness: QuicknessByTrial): SplitMeans[] {
  const bySize = [...groupBy(own, (result) => sizeOf(spec, result.samplesPerClass))];
  return bySize
    .flatMap(([n, group]): SplitMeans[] => {
      if (n === null) return [];
      const mean = (pick: (result: TrialResult) => number | null) =>
        meanOrNull(group.flatMap((one) => pick(one) ?? []));
      return [
        {
          n,
          train: mean((one) => one.trainAccuracy),
          validation: mean((one) => one.valAccuracy),
          test: mean((one) => one.testAccuracy),
          unfamiliar: mean((one) => one.metrics['unfamiliar_accuracy'] ?? null),
          seconds: mean((one) => one.seconds),
          quickness: meanQuickness(group.map((one) => quickness.get(one.trial) ?? null)),
        },
      ];
    })
    .sort((a, b) => a.n - b.n);
}
