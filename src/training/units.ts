/** Counts the units that are never active: those whose ReLU gives 0 at every place of every image. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { UnitCounts } from './evidence.js';

export interface UnitWatch {
  /** How many images it looks at, from the first on. */
  readonly images: number;
  /**
   * Inside a tidy.
   * @param layer `LAYER.KIND`
   * @param values of a ReLU, shape [batch, …, units]
   */
  see(layer: string, values: tf.Tensor): void;
  /** In the order of the layers. */
  counts(): UnitCounts[];
}

/** @param images integer ≥ 1 */
export function watchUnits(images: number): UnitWatch {
  const largest = new Map<string, Float32Array>();
  return {
    images,
    see: (layer, values) => {
      const axes = values.shape.slice(0, -1).map((_, axis) => axis);
      const now = tf.max(values, axes).dataSync<'float32'>();
      const before = largest.get(layer);
      largest.set(layer, before ? now.map((value, unit) => Math.max(value, before[unit]!)) : now);
    },
    counts: () =>
      [...largest].map(([layer, values]) => ({
        layer,
        units: values.length,
        dead: values.filter((value) => value <= 0).length,
      })),
  };
}
