/** The networks of a sweep file: their names and layers, told when wrong. network-fit.ts looks at the shapes. */
import { ElbowError } from '../errors.js';
import { isNormed, modelNames } from '../models/index.js';
import { NAME_PATTERN, NAME_RULE, digits } from './leaves.js';
import { nearestName } from './nearest.js';
import { figured, isFigured, isWord, kinds, type Figured } from './network-layers.js';
import { pathText, problemsOf, show, type Places } from './problems.js';
import { isMapping } from './settings.js';
import type { Path } from './source.js';
import type { OwnLayer, OwnNetwork, OwnNetworks } from './types.js';

/** Layers of one network, those within residual layers among them; a ResNet-1001 has about 3,400. */
const MOST_LAYERS = 5_000;
/** Residual layers within one another. */
const MOST_NESTING = 8;
/** Everything that is wrong with names and layers of `networks`, shapes aside. */
export function networkProblems(file: unknown, places: Places): ElbowError[] {
  const networks = isMapping(file) ? file['networks'] : undefined;
  if (!isMapping(networks)) return [];
  return Object.entries(networks).flatMap(([called, layers]) => {
    const path: Path = ['networks', called];
    return [
      ...nameProblems(file, called, places),
      ...(Array.isArray(layers) ? listProblems({ file, places }, layers, path) : []),
    ];
  });
}

function nameProblems(file: unknown, called: string, places: Places): ElbowError[] {
  const path: Path = ['networks', called];
  const refuse = (message: string, hint: string): ElbowError[] => [
    new ElbowError('spec-invalid', `\`${pathText(path)}\`: ${message}`, {
      where: places.whereIsKey(path),
      hint,
    }),
  ];
  if (!NAME_PATTERN.test(called)) {
    return refuse(`expected a name of ${NAME_RULE}, got ${show(called)}`, 'For example `small-net`.');
  }
  if (modelNames.some((model) => model === called)) {
    return refuse(
      'expected a name of its own, got that of a built-in model',
      `Call it \`my-${called}\`, for example.`,
    );
  }
  if (modelsNamedIn(file).has(called)) return [];
  return refuse(
    'no `model` of the file names this network',
    `Write \`model: ${called}\` into \`space\`, or take the network out.`,
  );
}

/** Every text under a key `model`, in `space`, in scales and wherever else. */
function modelsNamedIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (inner: unknown, isModel: boolean): void => {
    if (typeof inner === 'string' && isModel) found.add(inner);
    else if (Array.isArray(inner)) inner.forEach((item) => visit(item, isModel));
    else if (isMapping(inner)) {
      for (const [key, item] of Object.entries(inner)) if (key !== 'networks') visit(item, key === 'model');
    }
  };
  visit(value, false);
  return found;
}

interface Checked {
  readonly file: unknown;
  readonly places: Places;
}

function listProblems(checked: Checked, layers: readonly unknown[], path: Path): ElbowError[] {
  const { places } = checked;
  if (countLayers(layers) > MOST_LAYERS) {
    const message = `\`${pathText(path)}\`: expected at most ${digits(MOST_LAYERS)} layers, got more`;
    return [new ElbowError('spec-invalid', message, { where: places.whereIs(path) })];
  }
  return layers.flatMap((layer, i) => layerProblems(checked, layer, [...path, i]));
}

/** With those of residual layers; counting ends where there are too many. */
function countLayers(layers: readonly unknown[]): number {
  let total = 0;
  const visit = (list: readonly unknown[], depth: number): void => {
    for (const layer of list) {
      if (++total > MOST_LAYERS) return;
      const body = isMapping(layer) ? layer['residual'] : undefined;
      if (Array.isArray(body) && depth < MOST_NESTING) visit(body, depth + 1);
    }
  };
  visit(layers, 0);
  return total;
}

function layerProblems(checked: Checked, layer: unknown, path: Path): ElbowError[] {
  if (isWord(layer)) return [];
  const { file, places } = checked;
  const refuse = (message: string, hint: string, where = places.whereIs(path)): ElbowError[] => [
    new ElbowError('spec-invalid', `\`${pathText(path)}\`: ${message}`, { where, hint }),
  ];
  if (!isMapping(layer)) {
    if (typeof layer === 'string' && isFigured(layer)) {
      return refuse(`a ${layer} layer needs its figure`, `Write \`${examples[layer]}\`.`);
    }
    return refuse(`expected a layer, got ${show(layer)}`, kindHint(String(layer)));
  }
  const keys = Object.keys(layer);
  const named = keys.filter((key) => isFigured(key) || isWord(key));
  // Other layers take an activation along.
  const [kind, ...others] = named.length > 1 ? named.filter((key) => key !== 'activation') : named;
  if (kind === undefined) {
    const [first] = keys;
    if (first === undefined) return refuse('expected a layer, got an empty mapping', kindHint(''));
    return refuse(
      `expected a layer, got ${show(first)}`,
      kindHint(first),
      places.whereIsKey([...path, first]),
    );
  }
  if (others.length > 0) {
    return refuse(
      `expected one layer, got ${[kind, ...others].join(' and ')}`,
      'Begin each layer with a dash.',
      places.whereIsKey([...path, others[0]!]),
    );
  }
  if (!isFigured(kind)) {
    return refuse(
      `expected the word ${kind} alone, got a mapping`,
      `Write \`- ${kind}\`.`,
      places.whereIsKey([...path, kind]),
    );
  }
  const result = figured[kind].safeParse(layer);
  const issues = result.success
    ? []
    : result.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  const problems = problemsOf(issues, file, places, () => Object.keys(figured[kind].shape));
  if (kind !== 'residual' || !Array.isArray(layer['residual'])) return problems;
  const body: Path = [...path, 'residual'];
  if (path.filter((part) => part === 'residual').length >= MOST_NESTING) {
    return refuse(`expected at most ${MOST_NESTING} residual layers within one another`, 'Write fewer.');
  }
  return [
    ...problems,
    ...layer['residual'].flatMap((inner, i) => layerProblems(checked, inner, [...body, i])),
  ];
}

const examples: Readonly<Record<Figured, string>> = {
  conv: '{ conv: 32, size: 3 }',
  dense: 'dense: 64',
  'max-pool': 'max-pool: 2',
  activation: 'activation: relu',
  dropout: 'dropout: 0.3',
  residual: 'residual: [ … ]',
};

function kindHint(written: string): string {
  const list = `Layers: ${kinds.join(', ')}.`;
  if (written === 'relu') return `Write \`activation: relu\`. ${list}`;
  const near = nearestName(written, kinds);
  return near === null ? list : `Did you mean \`${near}\`? ${list}`;
}

/**
 * The networks of a file without problems, with what is at its default left out: equal layers are equal values.
 * @param classes of the data set; a last dense layer with as many units is `dense: classes`
 */
export function ownNetworksOf(
  networks: Readonly<Record<string, readonly unknown[]>> | undefined,
  classes: number | undefined,
): { readonly networks?: OwnNetworks } {
  if (networks === undefined || Object.keys(networks).length === 0) return {};
  return {
    networks: Object.fromEntries(
      Object.entries(networks).map(([called, layers]) => [called, withClasses(plain(layers), classes)]),
    ),
  };
}

/** @param layers as checked by `networkProblems` */
function plain(layers: readonly unknown[]): OwnNetwork {
  const defaults: Readonly<Record<string, unknown>> = { stride: 1, padding: 'valid', activation: 'none' };
  const short = layers.map((layer): OwnLayer => {
    if (isWord(layer)) return layer;
    const entries = Object.entries(layer as Record<string, unknown>)
      .filter(([key, value]) => value !== defaults[key])
      .map(([key, value]) => [key, key === 'residual' ? plain(value as readonly unknown[]) : value]);
    // One of `figured`, as was checked.
    return Object.fromEntries(entries) as OwnLayer;
  });
  return short.map((layer, i) => {
    if (typeof layer === 'string' || !('bias' in layer) || !layer.bias || isNormed(short, i)) return layer;
    // A layer may always leave its bias out.
    return Object.fromEntries(Object.entries(layer).filter(([key]) => key !== 'bias')) as OwnLayer;
  });
}

function withClasses(network: OwnNetwork, classes: number | undefined): OwnNetwork {
  const last = network.findLastIndex((layer) => typeof layer === 'object' && 'dense' in layer);
  return network.map((layer, i) =>
    i === last && typeof layer === 'object' && 'dense' in layer && layer.dense === classes
      ? { ...layer, dense: 'classes' }
      : layer,
  );
}
