/** From a sweep file's text to a SweepSpec, or to every error in it at once. */
import { resolve } from 'node:path';
import { ElbowError, type Where } from '../errors.js';
import { unfitAugmentation } from './augmentation-fit.js';
import { commandProblems, commandSchema, directionProblems } from './commands.js';
import { confirmProblems } from './confirm.js';
import { DEFAULT_DATASET, DEFAULT_PRIORITY, datasetFacts } from './known.js';
import { idleSettings } from './idle-settings.js';
import { unfitModels } from './model-fit.js';
import { unfitNetworks } from './network-fit.js';
import { networkProblems, ownNetworksOf } from './networks.js';
import { askedDataset, datasetKeys, pathKey } from './own-datasets.js';
import { pathText, problemsOf, show, type Places } from './problems.js';
import { builtinSweep, commandSweep, noopSweep, type ParsedSweep } from './schema.js';
import { isMapping, layered, type Layered, type Settings } from './settings.js';
import { parseSource, type Path } from './source.js';
import { repeatedNames, uselessSettings } from './sub-grids.js';
import { kindOf, trainableOf, type PathStarts, type TrainableKind } from './trainables.js';
import { checkCount } from './trial-limit.js';
import type { AskedDataset, OwnDataset, Scalar, SubGrid, SweepSpec } from './types.js';
import { conditionOf, conditionText, untilProblems } from './until.js';

/** How a sweep is parsed: what is laid over the file, and what is known beside it. */
export interface ParseOptions extends Settings {
  /** The data set of one's own that the file asks for, once it was looked at. */
  readonly own?: OwnDataset;
  /** The process's own folder where they are left out. */
  readonly paths?: PathStarts;
}

export type PathOptions = Settings & PathStarts;

/** A data set that has to be looked at, and where it is asked for. */
export interface DatasetRequest {
  readonly asked: AskedDataset;
  readonly where: Where;
}

/**
 * The data set of one's own that a sweep file asks for; null where it asks for a published one.
 * @throws ElbowError as `parseSweep`, for all that can be told without the data set
 */
export function requestedDataset(text: string, file: string, options: PathOptions): DatasetRequest | null {
  const { parsed, layers } = checked(text, file, options);
  // A program reads its own data.
  if (parsed.dataset === undefined) return null;
  const path: Path = ['dataset', ...pathKey(parsed.dataset)];
  const start = layers.isTyped(path) ? options.cwd : options.folder;
  const asked = askedDataset(parsed.dataset, (relative) => resolve(start, relative));
  return asked && { asked, where: layers.whereIs(path) };
}

/**
 * Parses a sweep file.
 * @param file how the text is called in messages
 * @throws ElbowError `spec-invalid`, the first thing that is wrong, with the rest in `others`; `usage` for options
 */
export function parseSweep(text: string, file: string, options: ParseOptions = {}): SweepSpec {
  const { parsed, layers } = checked(text, file, options);
  const spec = toSpec(parsed, layers, options);
  const facts = datasetFacts(spec.dataset);
  const unfit = [
    ...unfitModels(spec, facts, layers),
    ...unfitNetworks(spec, facts, layers),
    ...unfitAugmentation(spec, facts, layers),
    ...idleSettings(spec, facts, layers),
    ...commandProblems(spec, layers),
    ...directionProblems(spec, parsed.objective.direction !== undefined, layers),
    ...untilProblems(spec, layers),
    ...confirmProblems(spec, layers),
  ];
  if (unfit.length > 0) throw together(unfit);
  checkCount(spec, layers);
  return spec;
}

/** The file with everything laid over it, as the schema has it. */
function checked(
  text: string,
  file: string,
  options: ParseOptions,
): { readonly parsed: ParsedSweep; readonly layers: Layered } {
  const source = parseSource(text, file);
  if (!source.isUsable) throw together(source.problems);
  const layers = layered(source, options);
  const value = withLists(layers.value);
  const kind = isMapping(value) ? kindOf(value['trainable']) : 'builtin';
  const schema =
    kind === 'noop'
      ? noopSweep
      : kind === 'command'
        ? commandSweep
        : builtinSweep(largestSize(value, options.own), ownNames(value));
  const result = schema.safeParse(value);
  const problems = [
    ...source.problems,
    ...layers.problems,
    ...repeats(value, layers),
    ...repeatedNames(value, layers),
    ...uselessSettings(value, layers, file),
    // The value as it was written: a single value is not shown as the list that was made of it.
    ...(result.success
      ? []
      : problemsOf(result.error.issues, value, layers, (path) => keysAt(path, kind, value))),
    // A command has none at all.
    ...(kind === 'command' ? [] : networkProblems(value, layers)),
  ];
  if (!result.success || problems.length > 0) throw together(problems);
  return { parsed: result.data, layers };
}

/** One error that carries the others. */
function together(problems: readonly ElbowError[]): ElbowError {
  const sorted = [...problems].sort((a, b) => order(a) - order(b));
  const [first, ...others] = sorted;
  if (first === undefined) throw new ElbowError('bug', 'a sweep file was refused without a reason');
  return new ElbowError('spec-invalid', first.message, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    ...(first.where === undefined ? {} : { where: first.where }),
    others,
  });
}

const order = (error: ElbowError): number => (error.where?.line ?? 0) * 1e6 + (error.where?.column ?? 0);

/** Parameters that may be null: a null that stands alone is a value there, and nothing elsewhere. */
const NULLABLE: ReadonlySet<string> = new Set(['samplesPerClass', 'weightDecay']);

/** A single value of an axis becomes a list of one. */
function withLists(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const { space, arms, until } = value;
  return {
    ...value,
    ...(typeof until === 'string' ? { until: [until] } : {}),
    ...(isMapping(space) ? { space: listed(space) } : {}),
    ...(Array.isArray(arms)
      ? { arms: arms.map((entry: unknown) => (isMapping(entry) ? listed(entry, ['name']) : entry)) }
      : {}),
  };
}

function listed(
  axes: Readonly<Record<string, unknown>>,
  others: readonly string[] = [],
): Record<string, unknown> {
  const isWhole = (key: string, axis: unknown): boolean =>
    others.includes(key) || Array.isArray(axis) || isMapping(axis) || (axis === null && !NULLABLE.has(key));
  return Object.fromEntries(
    Object.entries(axes).map(([key, axis]) => [key, isWhole(key, axis) ? axis : [axis]]),
  );
}

/** Names of the file's networks, faulty ones among them: `space.model` names them rightly. */
function ownNames(value: unknown): readonly string[] {
  return isMapping(value) && isMapping(value['networks']) ? Object.keys(value['networks']) : [];
}

function largestSize(value: unknown, own: OwnDataset | undefined): number {
  const written = (isMapping(value) ? value['dataset'] : undefined) ?? DEFAULT_DATASET;
  const dataset = own ?? (typeof written === 'string' ? written : '');
  return datasetFacts(dataset)?.largestSize ?? Number.MAX_SAFE_INTEGER;
}

/** Values that stand twice in an axis. */
function repeats(value: unknown, places: Places): ElbowError[] {
  if (!isMapping(value)) return [];
  const entries = Array.isArray(value['arms']) ? value['arms'] : [];
  const grids: [Path, unknown][] = [
    [['space'], value['space']],
    ...entries.map((entry, i): [Path, unknown] => [['arms', i], entry]),
  ];
  return grids.flatMap(([path, grid]) => (isMapping(grid) ? repeatsOf(grid, path, places) : []));
}

function repeatsOf(grid: Readonly<Record<string, unknown>>, parent: Path, places: Places): ElbowError[] {
  return Object.entries(grid).flatMap(([key, axis]) => {
    if (!Array.isArray(axis)) return [];
    const values: readonly unknown[] = axis;
    return values.flatMap((item, i) => {
      if (typeof item === 'object' && item !== null) return [];
      if (values.findIndex((other) => Object.is(other, item)) === i) return [];
      const path: Path = [...parent, key, i];
      return new ElbowError(
        'spec-invalid',
        `\`${pathText(path)}\`: expected each value once, got ${show(item)} again`,
        {
          where: places.whereIs(path),
          hint: 'To repeat trials with other seeds, use `replicates`.',
        },
      );
    });
  });
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> => (isMapping(value) ? value : {});

/** The names a mapping of the file may hold. */
function keysAt(path: Path, kind: TrainableKind, value: unknown): readonly string[] {
  const { shape } = kind === 'noop' ? noopSweep : kind === 'command' ? commandSweep : builtinSweep(1);
  if (path.length === 0) return Object.keys(shape);
  const [first] = path;
  if (first === 'dataset') return datasetKeys(asRecord(value)['dataset']);
  if (first === 'trainable') {
    if (path.length > 1) return ['seconds'];
    return kind === 'command' ? Object.keys(commandSchema.shape) : ['noop', 'command'];
  }
  if (first === 'arms')
    return ['name', ...keysAt(['space'], kind, value).filter((key) => key !== 'samplesPerClass')];
  // Every section is an object inside a default; a parse of nothing lists what it may hold.
  const section = asRecord(shape)[String(first)];
  const inner = asRecord(asRecord(asRecord(section)['def'])['innerType']);
  return Object.keys(asRecord(inner['shape']));
}

/** The name of a published data set, or the one that was looked at. */
function datasetOf(
  { dataset = DEFAULT_DATASET }: ParsedSweep,
  own: OwnDataset | undefined,
): SweepSpec['dataset'] {
  if (own) return own;
  if (typeof dataset === 'string' && datasetFacts(dataset)) return dataset;
  throw new ElbowError('bug', 'a sweep was parsed whose data set nobody has looked at');
}

function toSpec(parsed: ParsedSweep, layers: Layered, { own, paths }: ParseOptions): SweepSpec {
  const { objective, space } = parsed;
  const trainable = trainableOf(parsed.trainable, layers, paths);
  const dataset = datasetOf(parsed, own);
  const metric = objective.metric ?? (trainable.kind === 'builtin' ? 'val_accuracy' : 'score');
  return {
    name: parsed.name,
    dataset,
    seed: parsed.seed,
    replicates: parsed.replicates,
    threads: parsed.threads,
    trainable,
    ...(trainable.kind === 'builtin' ? ownNetworksOf(parsed.networks, datasetFacts(dataset)?.classes) : {}),
    space: axesOf(space),
    ...(parsed.arms === undefined ? {} : { arms: parsed.arms.map(subGridOf) }),
    search: parsed.search,
    objective: {
      metric,
      direction: objective.direction ?? (metric.endsWith('loss') ? 'minimize' : 'maximize'),
    },
    budget: budgetOf(parsed.budget),
    ...(parsed.until === undefined
      ? {}
      : { until: parsed.until.map((text) => conditionText(conditionOf(text)!)) }),
    ...(parsed.confirm === undefined ? {} : { confirm: parsed.confirm }),
    pool: parsed.pool,
    ...(parsed.priority === DEFAULT_PRIORITY ? {} : { priority: parsed.priority }),
    trialsPerWorkflow: parsed.trialsPerWorkflow,
    report: reportOf(parsed.report),
    ...(parsed.unfamiliar ? { unfamiliar: true } : {}),
  };
}

const budgetOf = ({ maxTrials, maxHours }: ParsedSweep['budget']): SweepSpec['budget'] => ({
  maxTrials,
  ...(maxHours === undefined ? {} : { maxHours }),
});

/** Prices that nobody told are left out: a spec stored by an earlier version is still the same. */
function reportOf({ prices, ...report }: ParsedSweep['report']): SweepSpec['report'] {
  const isTold = prices.perHour !== null || prices.perLabel !== null;
  return isTold ? { ...report, prices } : report;
}

function subGridOf({ name, ...settings }: NonNullable<ParsedSweep['arms']>[number]): SubGrid {
  return { name: name ?? null, settings: axesOf(settings) };
}

function axesOf(parsed: Readonly<Record<string, readonly Scalar[] | undefined>>): SweepSpec['space'] {
  const axes: Record<string, readonly Scalar[]> = {};
  for (const [key, values] of Object.entries(parsed)) if (values !== undefined) axes[key] = values;
  return axes;
}
