/** The layers of a network that is written in a sweep file, for the settings of an arm. */
import type { Count, OwnLayer, OwnNetwork, OwnNetworks } from '../spec/types.js';
import { dropped, widened, type ModelOptions } from './blocks.js';
import type { Layer } from './layers.js';

/** The own network of that name, if there is one. */
export const ownNetwork = (networks: OwnNetworks | undefined, name: unknown): OwnNetwork | undefined =>
  typeof name === 'string' && networks !== undefined && Object.hasOwn(networks, name)
    ? networks[name]
    : undefined;

/** All layers, without those that the settings leave out. */
export const ownLayers = (network: OwnNetwork, options: ModelOptions): readonly Layer[] =>
  joined(network.flatMap((_, i) => ownLayersAt(network, i, options)));

/** A ReLU directly behind sums becomes their layer's own, as in the built-in networks: one step instead of two. */
function joined(layers: readonly Layer[]): readonly Layer[] {
  const found: Layer[] = [];
  for (const layer of layers) {
    const before = found.at(-1);
    const hasSums = (before?.kind === 'conv' || before?.kind === 'dense') && before.activation === undefined;
    if (layer.kind === 'activation' && hasSums) {
      found[found.length - 1] = { ...before, activation: layer.activation };
    } else found.push(layer);
  }
  return found;
}

/**
 * What one layer of a network becomes: itself, or nothing. `batchNorm: false` leaves norms out, `dropout: 0` the
 * dropout layers without a share of their own; a residual layer whose body is left empty by that goes, too.
 * @param i index into the network, integer in [0, its length)
 */
export function ownLayersAt(network: OwnNetwork, i: number, options: ModelOptions): readonly Layer[] {
  const layer = network[i]!;
  if (layer === 'batch-norm') return options.batchNorm ? [{ kind: layer }] : [];
  if (layer === 'dropout') return dropped(options.dropout);
  if (typeof layer === 'string') return [{ kind: layer }];
  if ('conv' in layer) {
    const { conv, ...rest } = layer;
    return [{ kind: 'conv', filters: countOf(conv, options), ...rest, ...biasAt(network, i, options) }];
  }
  if ('dense' in layer) {
    const { dense, ...rest } = layer;
    return [{ kind: 'dense', units: countOf(dense, options), ...rest, ...biasAt(network, i, options) }];
  }
  if ('max-pool' in layer) return [{ kind: 'max-pool', size: layer['max-pool'] }];
  if ('dropout' in layer) return [{ kind: 'dropout', rate: layer.dropout }];
  if ('residual' in layer) {
    const body = ownLayers(layer.residual, options);
    return body.length === 0 ? [] : [{ kind: 'residual', body }];
  }
  return [{ kind: 'activation', activation: layer.activation }];
}

/**
 * Whether a norm stands directly behind a layer's sums: it takes the mean away, and a bias with it.
 * @see Ioffe and Szegedy, Batch normalization, arXiv:1502.03167, section 3.2
 */
export const isNormed = (network: OwnNetwork, i: number): boolean =>
  network[i + 1] === 'batch-norm' && !hasActivation(network[i]);

const hasActivation = (layer: OwnLayer | undefined): boolean =>
  typeof layer === 'object' && 'activation' in layer;

/** A bias that is written stays; one that is not goes where a norm takes it away. */
function biasAt(network: OwnNetwork, i: number, { batchNorm }: ModelOptions): { readonly bias?: false } {
  const layer = network[i]!;
  const isWritten = typeof layer === 'object' && 'bias' in layer;
  return !isWritten && batchNorm && isNormed(network, i) ? { bias: false } : {};
}

/** The classes stay whatever the width. */
const countOf = (count: Count, { width, classes }: ModelOptions): number =>
  count === 'classes' ? classes : widened(count, width);
