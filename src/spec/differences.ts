/** Where specs differ. Pure. */
import type { SweepSpec } from './types.js';

export interface Difference {
  /** As `--set` takes it: `seed`, `space.optimizer`. */
  readonly path: string;
  /** JSON of the value, or null where there is none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A path with the value that each of some specs has there. */
export interface DifferingValues {
  readonly path: string;
  readonly values: readonly (string | null)[];
}

/** The values that differ, by path; names are not compared, and the order of an axis' values does not count. */
export function differingValues(specs: readonly SweepSpec[]): DifferingValues[] {
  const flat = specs.map(flatten);
  const paths = [...new Set(flat.flatMap((one) => [...one.keys()]))];
  return paths
    .map((path) => ({ path, values: flat.map((one) => one.get(path) ?? null) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}

/** The same of two. */
export const specDifferences = (before: SweepSpec, after: SweepSpec): Difference[] =>
  differingValues([before, after]).map(({ path, values: [a = null, b = null] }) => ({
    path,
    before: a,
    after: b,
  }));

function flatten(spec: SweepSpec): Map<string, string> {
  const { space } = spec;
  const found = new Map<string, string>();
  const visit = (path: string, value: unknown): void => {
    if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)) {
      value.forEach((item, i) => visit(`${path}[${i}]`, item));
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) visit(path === '' ? key : `${path}.${key}`, inner);
    } else if (value !== undefined) {
      found.set(path, JSON.stringify(value));
    }
  };
  visit('', { ...spec, name: undefined, space: undefined });
  for (const [key, values] of Object.entries(space)) {
    const sorted = [...values].sort((x, y) =>
      typeof x === 'number' && typeof y === 'number' ? x - y : JSON.stringify(x) < JSON.stringify(y) ? -1 : 1,
    );
    found.set(`space.${key}`, JSON.stringify(sorted.length === 1 ? sorted[0] : sorted));
  }
  return found;
}

/** Characters of a value that a message shows; the layers of a network would fill a page. */
const MOST_CHARACTERS = 120;

const valueText = (json: string | null): string =>
  json !== null && json.length > MOST_CHARACTERS ? `${json.slice(0, MOST_CHARACTERS)}…` : (json ?? 'not set');

/** `seed is 42 there and 7 here`, at most `most` of them. */
export function differencesText(differences: readonly Difference[], most = 5): string {
  const shown = differences
    .slice(0, most)
    .map(({ path, before, after }) => `${path} is ${valueText(before)} there and ${valueText(after)} here`);
  const more = differences.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
