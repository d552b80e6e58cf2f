/** What is laid over a sweep file before it is checked: a scale, then `--set`, `--replicates`, `--until` and `--name`. */
import { ElbowError, type Where } from '../errors.js';
import { nearestName } from './nearest.js';
import { BUILTIN_PARAMS } from './params.js';
import type { Places } from './problems.js';
import { TOP_LEVEL_KEYS } from './schema.js';
import { parseSource, type Path, type Source } from './source.js';

/** What may be laid over a sweep file. */
export interface Settings {
  /** `PATH=YAML` each; a bare parameter name means `space.NAME`. Later ones win. */
  readonly set?: readonly string[];
  /** One of the file's `scales`. */
  readonly scale?: string;
  readonly name?: string;
  /** As it was typed, or a number. */
  readonly replicates?: string | number;
  /** Conditions, in place of the file's. */
  readonly until?: readonly string[];
}

interface Layer extends Places {
  readonly path: Path;
  readonly value: unknown;
  /** Whether it was typed on the command line. */
  readonly isTyped?: boolean;
}

type Mapping = Record<string, unknown>;

/** The file's value with everything laid over it, and where each part of it came from. */
export interface Layered extends Places {
  readonly value: unknown;
  readonly problems: readonly ElbowError[];
  /** Whether the value at a path was typed on the command line, and does not stand in the file. */
  isTyped(path: Path): boolean;
}

/** @throws ElbowError `usage` when a `--set` has no `=`, or the file has no such scale */
export function layered(source: Source, settings: Settings): Layered {
  const layers: Layer[] = scaleLayers(source, settings.scale);
  const problems: ElbowError[] = [];
  const typed = [
    ...(settings.set ?? []).map((text) => ({
      label: `--set ${text}`,
      ...splitSetting(text),
      offset: '--set '.length,
    })),
    ...flagText('replicates', settings.replicates),
    ...untilText(settings.until ?? []),
    ...flagText('name', settings.name),
  ];
  for (const { label, key, yaml, offset } of typed) {
    const parsed = parseSource(yaml, label, offset + key.length + 1);
    problems.push(...parsed.problems);
    const path = pathOf(key, source.value);
    const start: Where = { file: label, line: 1, column: offset + 1 };
    layers.push({
      path,
      value: parsed.value,
      isTyped: true,
      whereIs: (rest) => parsed.whereIs(rest),
      whereIsKey: (rest) => (rest.length === 0 ? start : parsed.whereIsKey(rest)),
    });
  }
  let value = copy(source.value);
  for (const layer of layers) value = put(value, layer.path, layer.value);
  const layerOf = (path: Path): { layer: Places & Pick<Layer, 'isTyped'>; rest: Path } => {
    const layer = layers.findLast((one) => one.path.every((part, i) => part === path[i]));
    return layer === undefined
      ? { layer: source, rest: path }
      : { layer, rest: path.slice(layer.path.length) };
  };
  return {
    value,
    problems,
    isTyped: (path) => layerOf(path).layer.isTyped === true,
    whereIs: (path) => {
      const { layer, rest } = layerOf(path);
      return layer.whereIs(rest);
    },
    whereIsKey: (path) => {
      const { layer, rest } = layerOf(path);
      return layer.whereIsKey(rest);
    },
  };
}

function flagText(option: string, value: string | number | undefined) {
  if (value === undefined) return [];
  return [{ label: `--${option} ${value}`, key: option, yaml: String(value), offset: 2 }];
}

/** The conditions as a list of YAML, whose columns are those of what was typed. */
function untilText(conditions: readonly string[]) {
  if (conditions.length === 0) return [];
  const yaml = JSON.stringify(conditions);
  return [{ label: `--until ${yaml}`, key: 'until', yaml, offset: 2 }];
}

function splitSetting(text: string): { key: string; yaml: string } {
  const at = text.indexOf('=');
  const key = text.slice(0, at).trim();
  if (at < 1 || key === '' || key.split('.').includes('')) {
    throw new ElbowError('usage', `--set: expected PATH=YAML, got ${JSON.stringify(text)}`, {
      hint: 'For example `--set space.optimizer=[adam,sgd]`, `--set epochs=5` or `--set seed=7`.',
    });
  }
  return { key, yaml: text.slice(at + 1) };
}

/** A bare name that is no top-level key is a parameter, unless a top-level key is what was nearly written. */
function pathOf(key: string, file: unknown): Path {
  const parts = key.split('.');
  const [first = ''] = parts;
  if (parts.length > 1 || TOP_LEVEL_KEYS.includes(first)) return parts;
  const takesAnyName = isMapping(file) && file['trainable'] !== undefined && file['trainable'] !== 'builtin';
  if (takesAnyName || BUILTIN_PARAMS.includes(first)) return ['space', first];
  return nearestName(first, TOP_LEVEL_KEYS) !== null && nearestName(first, BUILTIN_PARAMS) === null
    ? [first]
    : ['space', first];
}

/** Every value of a scale is a layer of its own, so that what is wrong in it is found where it stands. */
function scaleLayers(source: Source, scale: string | undefined): Layer[] {
  if (scale === undefined) return [];
  const scales = isMapping(source.value) && isMapping(source.value['scales']) ? source.value['scales'] : {};
  if (!Object.hasOwn(scales, scale)) {
    const names = Object.keys(scales);
    const near = nearestName(scale, names);
    throw new ElbowError('usage', `--scale: this sweep has no scale ${JSON.stringify(scale)}`, {
      hint:
        names.length === 0
          ? 'It has no scales at all; leave the option out.'
          : `${near === null ? '' : `Did you mean \`${near}\`? `}Its scales: ${names.join(', ')}.`,
    });
  }
  const layers: Layer[] = [];
  const walk = (value: unknown, path: string[]): void => {
    if (isMapping(value) && (path.length === 0 || Object.keys(value).length > 0)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
      return;
    }
    const inFile = (rest: Path): Path => ['scales', scale, ...path, ...rest];
    layers.push({
      path,
      value,
      whereIs: (rest) => source.whereIs(inFile(rest)),
      whereIsKey: (rest) => source.whereIsKey(inFile(rest)),
    });
  };
  walk(scales[scale], []);
  return layers;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy of mappings; lists and scalars are never changed in place. */
function copy(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const fresh: Mapping = {};
  for (const [key, inner] of Object.entries(value)) define(fresh, key, copy(inner));
  return fresh;
}

function put(target: unknown, path: Path, value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const mapping = isMapping(target) ? target : {};
  const key = String(first);
  define(mapping, key, put(Object.hasOwn(mapping, key) ? mapping[key] : undefined, rest, value));
  return mapping;
}

/** Sets a key of one's own, whatever its name: `__proto__` is a key like any other. */
function define(mapping: Mapping, key: string, value: unknown): void {
  Object.defineProperty(mapping, key, { value, enumerable: true, configurable: true, writable: true });
}
