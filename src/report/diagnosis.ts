/** What was found about trainings, gathered over trials. Pure. */
import { groupBy } from '../group-by.js';
import type { Finding, TrialResult } from '../storage/storage.js';
import type { DiagnosisGroup } from './types.js';

/** Most telling first; codes that another version of elbow wrote come behind these. */
const TITLES: Readonly<Record<string, string>> = {
  diverged: 'The loss stopped being a number',
  'chance-level': 'The network guesses',
  'dead-units': 'Units are never active',
  'exploding-gradients': 'Gradients explode',
  'vanishing-gradients': 'Gradients vanish',
  'epoch-limit': 'The epochs were used up',
  'stopped-too-early': 'Patience may have ended trainings too early',
  underfitting: 'The training images themselves are not learned',
  overfitting: 'Training images are known better than test images',
};
const ORDER = Object.keys(TITLES);

interface Found {
  readonly result: TrialResult;
  readonly finding: Finding;
  /** Place of the finding in its trial, from 0. */
  readonly place: number;
}

/**
 * Findings of succeeded trials by code. The example of a code is the trial in which it stands furthest to the front, and
 * of several such the first: there it explains most.
 */
export function diagnosisGroups(results: readonly TrialResult[]): DiagnosisGroup[] {
  const succeeded = results.filter((result) => result.status === 'succeeded');
  const ofArm = groupBy(succeeded, (result) => result.armHash);
  const found = succeeded
    .toSorted((a, b) => a.trial - b.trial)
    .flatMap((result) => result.findings.map((finding, place): Found => ({ result, finding, place })));
  const rank = (code: string): number => (ORDER.includes(code) ? ORDER.indexOf(code) : ORDER.length);
  return [...groupBy(found, ({ finding }) => finding.code)]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([code, own]) => {
      const { result, finding } = own.reduce((best, one) => (one.place < best.place ? one : best));
      return {
        code,
        title: TITLES[code] ?? code,
        trials: own.map((one) => one.result.trial),
        arms: [...groupBy(own, (one) => one.result.armHash)]
          .map(([hash, these]) => ({
            hash,
            label: these[0]!.result.armLabel,
            trials: these.length,
            of: ofArm.get(hash)!.length,
          }))
          .sort((a, b) => b.trials / b.of - a.trials / a.of),
        example: {
          trial: result.trial,
          evidence: finding.evidence,
          remedies: finding.remedies,
          layers: finding.layers ?? [],
        },
      };
    });
}
