/** Built-in networks in the notation of a sweep file. */
import type { Layer } from '../../src/models/index.js';

/**
 * @param layers of an arm with batch norm, and with dropout for its dropout layers to be there
 * @returns what stands under a name in `networks`
 */
export function writtenAs(layers: readonly Layer[]): unknown[] {
  return layers.map((layer, i) => {
    switch (layer.kind) {
      case 'conv':
      case 'dense': {
        const isNormed = layers[i + 1]?.kind === 'batch-norm' && layer.activation !== 'relu';
        const { kind, bias, ...others } = layer;
        const written = isNormed || bias === undefined ? {} : { bias };
        if ('units' in others) {
          const { units, ...rest } = others;
          return { [kind]: units, ...rest, ...written };
        }
        const { filters, ...rest } = others;
        return { [kind]: filters, ...rest, ...written };
      }
      case 'max-pool':
        return { 'max-pool': layer.size };
      case 'activation':
        return { activation: layer.activation };
      case 'residual':
        return { residual: writtenAs(layer.body) };
      case 'dropout':
      case 'flatten':
      case 'batch-norm':
      case 'global-average-pool':
        return layer.kind;
    }
  });
}
