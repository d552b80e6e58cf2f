/** Fetches what a report is made of. */
import { elbowVersion } from '../paths.js';
import type { ArmParams } from '../spec/types.js';
import type { Counts, Finding, Storage, SweepRow, TrialResult } from '../storage/storage.js';
import { leadingArms, scorelessIn } from './leading.js';
import { MOST_DETAILED, MOST_RANKED } from './limits.js';
import { MOST_DRAWN } from './charts/losses.js';
import { armsOfReport, drawnTrials } from './model.js';
import { armsOfSummary, totalOf } from './summary.js';
import type { ReportInput, SummaryInput } from './types.js';
import type { UntilInput } from './until.js';

/**
 * All of it; of a sweep with more than MOST_DETAILED trials only the epochs that are drawn.
 * @param madeAt when the report is made
 * @throws ElbowError `database-unreachable`
 */
export async function collectReport(storage: Storage, sweep: SweepRow, madeAt: Date): Promise<ReportInput> {
  const results = await readResults(storage, sweep.id);
  const isLarge = results.length > MOST_DETAILED;
  const arms = armsOfReport(sweep, results);
  const [epochs, attempts, correct, confusions, decisions] = await Promise.all([
    storage.epochs(sweep.id, ...(isLarge ? [drawnTrials(sweep, results, MOST_DRAWN)] : [])),
    storage.environments(sweep.id),
    correctOf(storage, sweep, arms),
    arms[0] === undefined ? [] : storage.confusions(sweep.id, arms[0]),
    storage.decisions(sweep.id),
  ]);
  return { sweep, results, epochs, attempts, correct, confusions, decisions, madeAt, elbowVersion };
}

/**
 * What a summary is made of.
 * @param counts of the sweep's trials
 * @param most of a sweep with more trials than this only the arms that are shown are looked at, integer ≥ 0
 * @throws ElbowError `database-unreachable`
 */
export async function collectSummary(
  storage: Storage,
  sweep: SweepRow,
  counts: Counts,
  madeAt: Date,
  most = MOST_DETAILED,
): Promise<SummaryInput> {
  if (totalOf(counts) <= most) {
    const [arms, figures] = await Promise.all([storage.arms(sweep.id), storage.trialFigures(sweep.id)]);
    return withCorrect(storage, { sweep, arms, figures, madeAt });
  }
  const [arms, groups] = await Promise.all([storage.arms(sweep.id), storage.groups(sweep.id)]);
  const leading = new Set(leadingArms(sweep.spec, groups, MOST_RANKED));
  return withCorrect(storage, {
    sweep,
    arms: arms.filter(({ armHash }) => leading.has(armHash)),
    figures: await storage.trialFigures(sweep.id, [...leading]),
    whole: { counts, arms: arms.length, scoreless: scorelessIn(groups) },
    madeAt,
  });
}

/**
 * What a look at a sweep with `until` is made of.
 * @throws ElbowError `database-unreachable`
 */
export async function collectLook(storage: Storage, sweep: SweepRow, madeAt: Date): Promise<UntilInput> {
  const [arms, figures, groups, decisions] = await Promise.all([
    storage.arms(sweep.id),
    storage.trialFigures(sweep.id),
    storage.groups(sweep.id),
    storage.decisions(sweep.id),
  ]);
  const correct = await correctOf(
    storage,
    sweep,
    arms.map(({ armHash }) => armHash),
  );
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const seconds = {
    spent: sum(groups.map((group) => (group.seconds ?? 0) * group.succeeded)),
    replicate: sum(groups.map((group) => group.seconds ?? 0)),
  };
  return { sweep, arms, figures, correct, decisions, seconds, madeAt };
}

const withCorrect = async (storage: Storage, input: SummaryInput): Promise<SummaryInput> => ({
  ...input,
  correct: await correctOf(storage, input.sweep, armsOfSummary(input)),
});

/** Programs tell scores, and not which test images were right. */
const correctOf = async (
  storage: Storage,
  sweep: SweepRow,
  arms: readonly string[],
): Promise<NonNullable<SummaryInput['correct']>> =>
  sweep.spec.trainable.kind === 'builtin' && arms.length > 0 ? storage.testCorrect(sweep.id, arms) : [];

/** Page by page, each made small before the next is read: 100,000 trials say the same few things over and over. */
async function readResults(storage: Storage, sweepId: string): Promise<TrialResult[]> {
  const params = new Map<string, ArmParams>();
  const examples = new Map<string, number>();
  const results: TrialResult[] = [];
  for await (const page of storage.trialPages(sweepId)) {
    for (const result of page) {
      if (!params.has(result.armHash)) params.set(result.armHash, result.params);
      results.push({
        ...result,
        params: params.get(result.armHash)!,
        findings: result.findings.map((finding, place) => withoutText(finding, place, examples)),
      });
    }
  }
  return results;
}

/** A finding's words are kept where it may be the example of its code: further to the front than any before it. */
function withoutText(finding: Finding, place: number, examples: Map<string, number>): Finding {
  const { code } = finding;
  if (place >= (examples.get(code) ?? Infinity)) return { code, evidence: '', remedies: [] };
  examples.set(code, place);
  return finding;
}
