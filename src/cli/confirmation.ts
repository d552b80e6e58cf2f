/** Which arm is to be confirmed. */
import { ElbowError } from '../errors.js';
import { bestArm, type SummaryInput } from '../report/index.js';
import type { Confirmation } from '../spec/types.js';

/** With fewer nothing is said of the spread. */
const LEAST_REPLICATES = 2;

/**
 * Fresh replicates of the arm that is best by the objective, at the largest size that has results.
 * @param replicates null: as many as the sweep has
 * @throws ElbowError `usage` where nothing was chosen; `state-forbids` before all trials have ended
 */
export function confirmationOf(
  input: Pick<SummaryInput, 'sweep' | 'arms' | 'figures'>,
  replicates: number | null,
): Confirmation {
  const { sweep, arms, figures } = input;
  if (arms.length < 2) {
    throw new ElbowError(
      'usage',
      `the sweep ${sweep.name} has one arm: none was chosen, and none is to be confirmed`,
      {
        hint: 'More of it: `--replicates`.',
      },
    );
  }
  const open = figures.filter(({ status }) => status === 'queued' || status === 'running').length;
  if (open > 0) {
    throw new ElbowError(
      'state-forbids',
      `${open} of ${figures.length} trials of the sweep ${sweep.name} have not ended`,
      {
        hint: `The best arm is chosen once they have: \`elbow watch ${sweep.name}\`.`,
      },
    );
  }
  const best = bestArm(input);
  if (best === null) {
    throw new ElbowError('usage', `no arm of the sweep ${sweep.name} has results, so that none is best`, {
      hint: `\`elbow show ${sweep.name}\` says what failed.`,
    });
  }
  return {
    ...best,
    first: Math.max(...figures.map(({ replicate }) => replicate)) + 1,
    replicates: replicates ?? Math.max(LEAST_REPLICATES, sweep.spec.replicates),
  };
}
