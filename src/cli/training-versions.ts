/** What is said of a sweep whose trials were trained by more than one version of elbow's training code. Pure. */
import type { TrainedBy } from '../storage/storage.js';
import { numbersText } from './sweep-facts.js';
import { countedText } from './text.js';

/** The condition of the trials that another version than the present one has trained, for `elbow rerun --where`. */
const otherVersion = (sweep: string): string =>
  `trial in (select trial from training_versions where sweep = '${sweep}' and version is distinct from sweep_version)`;

/**
 * Lines; none where one version has trained all.
 * @param sweep its name
 */
export function trainedByLines(sweep: string, trained: readonly TrainedBy[]): string[] {
  if (trained.length < 2) return [];
  const parts = trained.map(({ version, isPresent, trials }) => {
    const name = version ?? 'of an earlier elbow';
    return `${name}${isPresent ? ' (now)' : ''}: ${countedText(trials.length, 'trial')}${isPresent ? '' : ` (${numbersText(trials)})`}`;
  });
  return [
    `Trained by ${trained.length} versions of elbow's training code; equal seeds give equal bits within one alone.`,
    ...parts.map((part) => `  ${part}`),
    `\`elbow rerun ${sweep} --where "${otherVersion(sweep)}"\` trains the others by the present one, too.`,
  ];
}
