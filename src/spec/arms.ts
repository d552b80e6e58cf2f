/** What a spec expands to: arms and trials. Pure. */
import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import { ownNetwork } from '../models/index.js';
import { BUILTIN_PARAMS, defaultOf } from './params.js';
import type { Arm, ArmParams, PlannedTrial, Scalar, SweepSpec } from './types.js';

/** Hex characters of an arm's hash. */
const HASH_LENGTH = 12;
const SIZE = 'samplesPerClass';

// The package is CommonJS with a default export, whose types describe the export and not the module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string;

/** How many trials the grid has: the product of its axes and the replicates. */
export function countTrials(spec: SweepSpec): number {
  return Object.values(spec.space).reduce((product, values) => product * values.length, spec.replicates);
}

/**
 * The arms of a sweep in grid order: built-in parameters in the order of the schema, others alphabetically; the
 * first changes slowest, values in the order of the file.
 */
export function armsOf(spec: SweepSpec): Arm[] {
  const axes = axisOrder(spec).filter((key) => key !== SIZE);
  let combinations: Record<string, Scalar>[] = [{}];
  for (const key of axes) {
    const values = spec.space[key] ?? [];
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  const varying = axes.filter((key) => (spec.space[key]?.length ?? 0) > 1);
  return combinations.map((settings) => {
    const params: ArmParams = Object.fromEntries(
      Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    return { hash: hashArm(spec, params), params, label: labelOf(spec, params, varying) };
  });
}

function axisOrder(spec: SweepSpec): string[] {
  const rank = (key: string): number => {
    const at = spec.trainable.kind === 'builtin' ? BUILTIN_PARAMS.indexOf(key) : -1;
    return at < 0 ? BUILTIN_PARAMS.length : at;
  };
  return Object.keys(spec.space).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
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
    dataset: spec.dataset,
    trainable: spec.trainable,
    ...(model === undefined ? {} : modelFacts(spec, model)),
    settings,
  });
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}

/** What counts of a model: its name, or the layers that it names. */
function modelFacts({ networks }: SweepSpec, model: Scalar): object {
  const network = ownNetwork(networks, model);
  return network === undefined ? { model } : { network };
}

function labelOf(spec: SweepSpec, params: ArmParams, varying: readonly string[]): string {
  if (varying.length > 0) return varying.map((key) => `${key}=${params[key]}`).join(' ');
  return spec.trainable.kind === 'builtin' ? String(params['model']) : 'noop';
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
  return trials;
}

/** Sizes ascending; null (all images, or a trainable without sizes) last. */
function sizesOf(spec: SweepSpec): (number | null)[] {
  const values = spec.space[SIZE] ?? [null];
  return values
    .map((value) => (typeof value === 'number' ? value : null))
    .sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
}

/**
 * Whether two specs ask for the same sweep: order of keys and of values within an axis aside. A built-in setting at its
 * default is as good as none, so that a stored spec equals one of an elbow that knows more settings; what an own network
 * is called makes no difference, nor does one that no arm has.
 */
export function specsEqual(a: SweepSpec, b: SweepSpec): boolean {
  return canonicalSpec(a) === canonicalSpec(b);
}

function canonicalSpec(spec: SweepSpec): string {
  const isDefault = (key: string, values: readonly Scalar[]): boolean =>
    spec.trainable.kind === 'builtin' && values.length === 1 && values[0] === defaultOf(key);
  const space = Object.fromEntries(
    Object.entries(spec.space)
      .filter(([key, values]) => !isDefault(key, values))
      .map(([key, values]) => {
        const facts = (value: Scalar): unknown => (key === 'model' ? modelFacts(spec, value) : value);
        return [key, values.map((value) => canonicalize(facts(value))).sort()];
      }),
  );
  return canonicalize({ ...spec, networks: undefined, space });
}
