/** Collects a report from what storage holds. Pure: equal inputs give equal reports. */
import { meanOrNull } from '../curves/index.js';
import { groupBy } from '../group-by.js';
import type { SweepSpec } from '../spec/types.js';
import type { ArmFacts, SweepRow, TrialResult } from '../storage/storage.js';
import { answersOf } from './answers.js';
import { armFindings } from './comparisons.js';
import { diagnosisGroups } from './diagnosis.js';
import { notesOf } from './notes.js';
import { meanQuickness, quicknessOf } from './quickness.js';
import { rateReport } from './rates.js';
import { environmentReports, epochMetrics, failureGroups, trialReport } from './rows.js';
import { headOf, sizeOf } from './summary.js';
import type { Quickness, ReportInput, ReportModel, SplitMeans } from './types.js';

type QuicknessByTrial = ReadonlyMap<number, Quickness | null>;

/** The report of a sweep, whatever state it is in. */
export function buildReport(input: ReportInput): ReportModel {
  const { sweep, madeAt } = input;
  const { spec } = sweep;
  const results = input.results.toSorted((a, b) => a.trial - b.trial);
  const { head, scored } = headOf({ sweep, arms: armsIn(results), figures: results, madeAt });
  const scores = new Set(scored.map(({ figures }) => figures.trial));
  const scoredOf = groupBy(
    input.results.filter(({ trial }) => scores.has(trial)),
    ({ armHash }) => armHash,
  );
  const epochs = groupBy(input.epochs, (epoch) => epoch.trial);
  const quickness: QuicknessByTrial = new Map(results.map((result) => [result.trial, quicknessOf(result)]));
  const arms = head.arms.map((arm) => ({
    ...arm,
    splits: splitMeans(spec, scoredOf.get(arm.hash) ?? [], quickness),
  }));
  const draft = {
    format: 1 as const,
    madeAt: madeAt.toISOString(),
    elbowVersion: input.elbowVersion,
    ...head,
    arms,
    rates: spec.trainable.kind === 'builtin' ? rateReport(arms, head.chance) : null,
    trialReports: results.map((result) => trialReport(result, quickness.get(result.trial) ?? null)),
    trialEpochs: [...epochs].map(([trial, own]) => ({
      trial,
      epochs: own.map(epochMetrics).sort((a, b) => a.epoch - b.epoch),
    })),
    failures: failureGroups(results),
    diagnoses: diagnosisGroups(results),
    made: {
      spec,
      source: sweep.source,
      environments: environmentReports(input.attempts ?? []),
      commands: [`elbow run ${sweep.name}.yaml`, `elbow report ${sweep.name}`],
    },
  };
  const found = { ...draft, ...armFindings(draft) };
  return { ...found, answers: answersOf(found), notes: notesOf(found) };
}

/**
 * Trials whose losses are drawn, of a sweep with so many that not all can be: the first of the arms that have a colour.
 * @param most ≥ 0
 * @returns numbers, ascending
 */
export function drawnTrials(sweep: SweepRow, results: readonly TrialResult[], most: number): number[] {
  const { head } = headOf({ sweep, arms: armsIn(results), figures: results, madeAt: sweep.createdAt });
  const shown = new Set(head.arms.filter(({ isHighlighted }) => isHighlighted).map(({ hash }) => hash));
  return results
    .filter(({ armHash }) => shown.has(armHash))
    .map(({ trial }) => trial)
    .sort((a, b) => a - b)
    .slice(0, most);
}

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
          quickness: meanQuickness(group.map((one) => quickness.get(one.trial) ?? null)),
        },
      ];
    })
    .sort((a, b) => a.n - b.n);
}
