/** What a spec expands to: arms and trials. Pure. */
import { createHash } from 'node:crypto';
import { ownNetwork } from '../models/index.js';
import { canonicalize } from './canonical.js';
import { effective, hasEffect, isConditional } from './effects.js';
import { BUILTIN_PARAMS, defaultOf } from './params.js';
import type { Path } from './source.js';
import type { Arm, ArmParams, CommandTrainable, PlannedTrial, Scalar, SubGrid, SweepSpec } from './types.js';

/** Hex characters of an arm's hash. */
const HASH_LENGTH = 12;
const SIZE = 'samplesPerClass';

type Axes = SubGrid['settings'];

/** A grid that arms come from: `space`, or an entry of `arms` laid over it. */
export interface Grid {
  readonly name: string | null;
  /** What the entry sets. */
  readonly settings: Axes;
  /** Every axis but the sizes, in grid order: built-in parameters in the order of the schema, others alphabetically. */
  readonly axes: readonly (readonly [string, readonly Scalar[]])[];
}

/** The grids whose arms together are the sweep's, in the order of the file; without `arms` there is one. */
export function gridsOf(spec: SweepSpec): Grid[] {
  return (spec.arms ?? [{ name: null, settings: {} }]).map(({ name, settings }) => ({
    name,
    settings,
    axes: inOrder(spec, { ...spec.space, ...settings }),
  }));
}

/** The values of a built-in setting in a grid. */
export const gridValues = (grid: Grid, key: string): readonly Scalar[] =>
  grid.axes.find(([name]) => name === key)?.[1] ?? [defaultOf(key)!];

/** Where the values of a grid's setting stand in the sweep file; null where it says nothing of them. */
export function gridPath(spec: SweepSpec, grid: Grid, index: number, key: string): Path | null {
  if (Object.hasOwn(grid.settings, key)) return ['arms', index, key];
  return Object.hasOwn(spec.space, key) ? ['space', key] : null;
}

function inOrder(spec: SweepSpec, axes: Axes): Grid['axes'] {
  const rank = (key: string): number => {
    const at = spec.trainable.kind === 'builtin' ? BUILTIN_PARAMS.indexOf(key) : -1;
    return at < 0 ? BUILTIN_PARAMS.length : at;
  };
  return Object.entries(axes)
    .filter(([key]) => key !== SIZE)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

const sizeCount = (spec: SweepSpec): number => spec.space[SIZE]?.length ?? 1;

const combinationCount = (grid: Grid): number =>
  grid.axes.reduce((product, [, values]) => product * values.length, 1);

/** Trials of all grids together, where an arm that stands in two of them counts twice; makes no arm. */
export function countAtMost(spec: SweepSpec): number {
  const combinations = gridsOf(spec).reduce((sum, grid) => sum + combinationCount(grid), 0);
  return combinations * sizeCount(spec) * spec.replicates;
}

/** How many trials the sweep has: its arms, each once, times sizes and replicates, and what confirms one of them. */
export const countTrials = (spec: SweepSpec): number => countGrid(spec) + confirmingTrials(spec).length;

function countGrid(spec: SweepSpec): number {
  const grids = gridsOf(spec);
  // The arms of one grid all differ, unless they differ in what has no effect.
  const mayRepeat = grids.some(({ axes }) =>
    axes.some(([key, values]) => values.length > 1 && isConditional(key)),
  );
  if (grids.length === 1 && !mayRepeat) return countAtMost(spec);
  const arms = new Set(grids.flatMap((grid) => combinationsOf(spec, grid).map(canonicalize)));
  return arms.size * sizeCount(spec) * spec.replicates;
}

/** The arms of a sweep, each once: grid by grid, and in each the first axis changes slowest, values as in the file. */
export function armsOf(spec: SweepSpec): Arm[] {
  const arms = new Map<string, Arm>();
  for (const arm of gridsOf(spec).flatMap((grid) => armsOfGrid(spec, grid))) {
    if (!arms.has(arm.hash)) arms.set(arm.hash, arm);
  }
  return [...arms.values()];
}

/**
 * The arms of one grid, one for each combination of its values; combinations that differ in what has no effect are the same
 * arm. Those that stand in an earlier grid too have another label there, which is the one that counts.
 */
export function armsOfGrid(spec: SweepSpec, grid: Grid): Arm[] {
  const telling = grid.axes
    .filter(([key, values]) => values.length > 1 || (grid.name === null && Object.hasOwn(grid.settings, key)))
    .map(([key]) => key);
  return combinationsOf(spec, grid).map((params) => ({
    hash: hashArm(spec, params),
    params,
    label: labelOf(
      spec,
      params,
      grid.name,
      telling.filter((key) => spec.trainable.kind !== 'builtin' || hasEffect(params, key)),
    ),
  }));
}

/** Each once: combinations that differ in what has no effect are the same. */
function combinationsOf(spec: SweepSpec, grid: Grid): ArmParams[] {
  let combinations: Record<string, Scalar>[] = [{}];
  for (const [key, values] of grid.axes) {
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  const isBuiltin = spec.trainable.kind === 'builtin';
  const each = new Map<string, ArmParams>();
  for (const settings of combinations) {
    const sorted = Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
    const params = isBuiltin ? effective(sorted) : sorted;
    each.set(canonicalize(params), params);
  }
  return [...each.values()];
}

/**
 * An arm's hash: the first 12 hex digits of SHA-256 over canonical JSON (RFC 8785) of data set, trainable and
 * settings. Built-in settings at their default are left out, so that a setting added later changes no hash; the
 * model is always in, an own network by its layers and not by its name.
 */
function hashArm(spec: SweepSpec, params: ArmParams): string {
  const isBuiltin = spec.trainable.kind === 'builtin';
  const { model, ...others } = params;
  const settings = Object.fromEntries(
    Object.entries(others).filter(([key, value]) => !isBuiltin || value !== defaultOf(key)),
  );
  const text = canonicalize({
    dataset: datasetIdentity(spec.dataset),
    trainable: trainableIdentity(spec.trainable),
    ...(model === undefined ? {} : modelFacts(spec, model)),
    settings,
  });
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}

/** What of a trainable makes an arm another one: not the folder of a program, which may move, nor how long it may take. */
function trainableIdentity(trainable: SweepSpec['trainable']): unknown {
  if (trainable.kind !== 'command') return trainable;
  const { kind, command, env } = trainable;
  return { kind, command, ...(env === undefined ? {} : { env }) };
}

/** What counts of a model: its name, or the layers that it names. */
function modelFacts({ networks }: SweepSpec, model: Scalar): object {
  const network = ownNetwork(networks, model);
  return network === undefined ? { model } : { network };
}

/**
 * What of a data set makes an arm another one: the name of a published one; of one's own its content and whether classes
 * are balanced, but not where it lies and what it is called, so that a folder may move.
 */
function datasetIdentity(dataset: SweepSpec['dataset']): unknown {
  if (typeof dataset === 'string') return dataset;
  const { kind, digest, balance } = dataset;
  return { kind, digest, ...(balance === 'none' ? { balance } : {}) };
}

/**
 * The values that arms have of a parameter, with their paths in the sweep file: those of `space`, unless every entry of
 * `arms` sets it, and those of the entries.
 */
export function placedValues(
  spec: SweepSpec,
  key: string,
): { readonly path: Path; readonly value: Scalar }[] {
  const at = (parent: Path, axes: Axes) =>
    (axes[key] ?? []).map((value, i) => ({ path: [...parent, key, i], value }));
  const { space, arms = [] } = spec;
  const isSpaceUsed = arms.length === 0 || arms.some(({ settings }) => settings[key] === undefined);
  return [
    ...(isSpaceUsed ? at(['space'], space) : []),
    ...arms.flatMap(({ settings }, i) => at(['arms', i], settings)),
  ];
}

/** The grid's name, and the settings that tell its arms from each other and from those of other grids. */
function labelOf(
  spec: SweepSpec,
  params: ArmParams,
  name: string | null,
  telling: readonly string[],
): string {
  const parts = [...(name === null ? [] : [name]), ...telling.map((key) => `${key}=${params[key]}`)];
  if (parts.length > 0) return parts.join(' ');
  const { trainable } = spec;
  if (trainable.kind === 'command') return commandName(trainable);
  return trainable.kind === 'builtin' ? String(params['model']) : 'noop';
}

/** `python3 train.py`: the program, and what it is given first unless that is an option. */
function commandName({ command }: CommandTrainable): string {
  const [program = '', script = '-'] = command;
  const nameOf = (path: string): string => path.split('/').findLast((part) => part !== '') ?? path;
  return [nameOf(program), ...(/^-|[{}\s]/.test(script) ? [] : [nameOf(script)])].join(' ');
}

/**
 * The trials of a sweep, numbered from 0 in the order they are to be started: replicate by replicate, small sizes
 * first, then arms in grid order. So an early look at a running sweep sees whole curves.
 */
export function planTrials(spec: SweepSpec): PlannedTrial[] {
  const arms = armsOf(spec);
  const sizes = sizesOf(spec);
  const trials: PlannedTrial[] = [];
  for (let replicate = 0; replicate < spec.replicates; replicate++) {
    for (const samplesPerClass of sizes) {
      for (const arm of arms) trials.push({ number: trials.length, arm, samplesPerClass, replicate });
    }
  }
  const more = confirmingTrials(spec);
  return [...trials, ...more.map((trial, i) => ({ ...trial, number: trials.length + i }))];
}

/** Those that `confirm` asks for, and the grid does not have. */
function confirmingTrials(spec: SweepSpec): Omit<PlannedTrial, 'number'>[] {
  const { confirm = [], replicates } = spec;
  if (confirm.length === 0) return [];
  const arms = new Map(armsOf(spec).map((arm) => [arm.hash, arm]));
  const sizes = sizesOf(spec);
  const each = new Map<string, Omit<PlannedTrial, 'number'>>();
  for (const { arm: hash, samplesPerClass, first, replicates: times } of confirm) {
    const arm = arms.get(hash);
    // A file that names an arm it does not have is refused before.
    if (arm === undefined) continue;
    const from = sizes.includes(samplesPerClass) ? Math.max(first, replicates) : first;
    for (let replicate = from; replicate < first + times; replicate++)
      each.set(canonicalize([hash, samplesPerClass, replicate]), { arm, samplesPerClass, replicate });
  }
  return [...each.values()];
}

/** Sizes ascending; null (all images, or a trainable without sizes) last. */
function sizesOf(spec: SweepSpec): (number | null)[] {
  const values = spec.space[SIZE] ?? [null];
  return values
    .map((value) => (typeof value === 'number' ? value : null))
    .sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
}

/**
 * Whether two specs ask for the same sweep: order of keys, of values within an axis and of the entries of `arms`, and where
 * a data set of one's own lies, aside. A built-in setting at its default is as good as none, so that a stored spec equals
 * one of an elbow that knows more settings; so is one of `space` that every entry of `arms` sets. What an own network is
 * called makes no difference, nor does one that no arm has.
 */
export function specsEqual(a: SweepSpec, b: SweepSpec): boolean {
  return canonicalSpec(a) === canonicalSpec(b);
}

/**
 * Whether a stored sweep is what somebody asks for: the same, but for replicates that `until` has added since, and those that
 * confirm an arm.
 */
export function isSweepOf(stored: SweepSpec, asked: SweepSpec): boolean {
  const hasGrown = stored.until !== undefined && stored.replicates > asked.replicates;
  return specsEqual(stored, {
    ...asked,
    ...(hasGrown ? { replicates: stored.replicates } : {}),
    ...(stored.confirm !== undefined && asked.confirm === undefined ? { confirm: stored.confirm } : {}),
  });
}

function canonicalSpec(spec: SweepSpec): string {
  const { arms, space } = spec;
  const rest = { ...spec, dataset: datasetIdentity(spec.dataset), networks: undefined };
  if (arms === undefined) return canonicalize({ ...rest, space: canonicalAxes(spec, space) });
  const sizes = space[SIZE] === undefined ? {} : { [SIZE]: space[SIZE] };
  const grids = gridsOf(spec).map(({ name, axes }) =>
    canonicalize({ name, axes: canonicalAxes(spec, Object.fromEntries(axes)) }),
  );
  return canonicalize({ ...rest, space: canonicalAxes(spec, sizes), arms: grids.sort() });
}

function canonicalAxes(spec: SweepSpec, axes: Axes): Record<string, readonly string[]> {
  const isDefault = (key: string, values: readonly Scalar[]): boolean =>
    spec.trainable.kind === 'builtin' && values.length === 1 && values[0] === defaultOf(key);
  return Object.fromEntries(
    Object.entries(axes)
      .filter(([key, values]) => !isDefault(key, values))
      .map(([key, values]) => {
        const facts = (value: Scalar): unknown => (key === 'model' ? modelFacts(spec, value) : value);
        return [key, values.map((value) => canonicalize(facts(value))).sort()];
      }),
  );
}
