/** A sweep with more in it: values are added to axes, and nothing that is there goes. Pure. */
import { ElbowError } from '../errors.js';
import { planTrials } from './arms.js';
import { canonicalize } from './canonical.js';
import { parseSweep } from './parse.js';
import { printSpec } from './print.js';
import type { Settings } from './settings.js';
import type { Confirmation, PlannedTrial, Scalar, SubGrid, SweepSpec } from './types.js';

/** What may be laid over a sweep to extend it. */
export interface Extension extends Pick<Settings, 'set' | 'replicates' | 'until'> {
  /** Added to those that there are. */
  readonly confirm?: Confirmation;
}

export interface ExtendedSweep {
  readonly spec: SweepSpec;
  /** Its sweep file. */
  readonly source: string;
  /** Every trial of the extended sweep: those that there were keep their numbers, new ones follow. */
  readonly trials: readonly PlannedTrial[];
  /** How many of them are new: the last ones. */
  readonly added: number;
  /** Whether the spec says anything that it did not say: `report`, `budget` and `until` change without a new trial. */
  readonly isChanged: boolean;
}

/** The keys that decide trials that there are, or how they are run. */
const FIXED = [
  'name',
  'dataset',
  'seed',
  'threads',
  'trainable',
  'networks',
  'search',
  'objective',
  'pool',
  'priority',
  'trialsPerWorkflow',
  'unfamiliar',
] as const;

/**
 * Adds what the settings name: values to axes of `space`, entries to `arms`, a larger number of replicates, a confirmation.
 * `report`, `budget` and `until` are replaced.
 * @param existing the sweep's trials, with the numbers they have
 * @throws ElbowError `spec-invalid` as for a sweep file; `usage` where a setting would change what there is
 */
export function extendSweep(
  spec: SweepSpec,
  extension: Extension,
  existing: readonly Pick<PlannedTrial, 'number' | 'arm' | 'samplesPerClass' | 'replicate'>[],
): ExtendedSweep {
  const own = typeof spec.dataset === 'string' ? {} : { own: spec.dataset };
  const label = `the sweep ${spec.name}`;
  const { confirm, ...settings } = extension;
  const asked = parseSweep(printSpec(spec), label, { ...settings, ...own });
  const changed = FIXED.find((key) => !isEqual(asked[key], spec[key]));
  if (changed !== undefined) {
    throw new ElbowError(
      'usage',
      `${changed} of the sweep ${spec.name} cannot be changed: its trials are run with what it is`,
      {
        hint: 'Settings of `space`, `arms` and `replicates` are added to. For all else: `elbow run` under another --name.',
      },
    );
  }
  if (asked.replicates < spec.replicates) {
    throw new ElbowError(
      'usage',
      `the sweep ${spec.name} has ${spec.replicates} replicates already, and can only get more, not ${asked.replicates}`,
      { hint: `Give the number that there are to be in all, from ${spec.replicates + 1} on.` },
    );
  }
  const arms = moreArms(spec.arms, asked.arms);
  const merged = {
    ...asked,
    space: moreValues(spec.space, asked.space),
    ...(arms === undefined ? {} : { arms }),
    ...(confirm === undefined ? {} : { confirm: [...(spec.confirm ?? []), confirm] }),
  };
  const source = printSpec(merged);
  const extended = parseSweep(source, label, own);
  const isChanged = !isEqual(extended, spec);
  return { spec: extended, source, isChanged, ...numbered(planTrials(extended), existing) };
}

/** Whatever the order of keys, which Postgres changes; what is absent is null. */
const isEqual = (a: unknown, b: unknown): boolean => canonicalize(a ?? null) === canonicalize(b ?? null);

const union = (old: readonly Scalar[], asked: readonly Scalar[]): Scalar[] => [
  ...new Set([...old, ...asked]),
];

function moreValues(old: SweepSpec['space'], asked: SweepSpec['space']): SweepSpec['space'] {
  return Object.fromEntries(
    Object.entries(asked).map(([key, values]) => [key, union(old[key] ?? [], values)]),
  );
}

function moreArms(old: SweepSpec['arms'], asked: SweepSpec['arms']): readonly SubGrid[] | undefined {
  if (asked === undefined) return undefined;
  const known = old ?? [{ name: null, settings: {} }];
  const texts = new Set(known.map(canonicalize));
  return [...known, ...asked.filter((entry) => !texts.has(canonicalize(entry)))];
}

const identity = ({
  arm,
  samplesPerClass,
  replicate,
}: Pick<PlannedTrial, 'arm' | 'samplesPerClass' | 'replicate'>) =>
  `${arm.hash}/${samplesPerClass}/${replicate}`;

function numbered(
  planned: readonly PlannedTrial[],
  existing: Parameters<typeof extendSweep>[2],
): Pick<ExtendedSweep, 'trials' | 'added'> {
  const numbers = new Map(existing.map((trial) => [identity(trial), trial.number]));
  let next = existing.reduce((most, { number }) => Math.max(most, number + 1), 0);
  const known = planned.filter((trial) => numbers.has(identity(trial)));
  const added = planned
    .filter((trial) => !numbers.has(identity(trial)))
    .map((trial) => ({ ...trial, number: next++ }));
  const kept = known.map((trial) => ({ ...trial, number: numbers.get(identity(trial))! }));
  return { trials: [...kept.sort((a, b) => a.number - b.number), ...added], added: added.length };
}
