/** An exponential moving average of weights. */
import * as tf from '@tensorflow/tfjs-node-gpu';

/** What an average remembers between steps. */
export interface AverageState {
  /** Steps so far; 0 where no average is kept. */
  readonly step: number;
  /** Shape [parameters]; null before the first step. Belongs to the average. */
  readonly weights: tf.Tensor1D | null;
}

export interface WeightAverage {
  readonly state: AverageState;
  /** Takes the weights after a step in. @param weights shape [parameters] */
  see(weights: tf.Tensor1D): void;
  /** The average, or the weights themselves where none is kept. Belongs to the average. */
  of(weights: tf.Tensor1D): tf.Tensor1D;
  dispose(): void;
}

/**
 * a ← d a + (1 − d) θ, where d is `decay`, and less in the first steps: (1 + t) / (10 + t), so that start weights are
 * forgotten soon, as TensorFlow's ExponentialMovingAverage has it.
 * @param decay in [0, 1); 0 keeps no average
 * @param from the state to go on from, whose vector it takes over; left out at the start
 */
export function averageWeights(
  decay: number,
  from: AverageState = { step: 0, weights: null },
): WeightAverage {
  let { step, weights: average } = from;
  return {
    get state() {
      return { step, weights: average };
    },
    see: (weights) => {
      if (decay === 0) return;
      step++;
      const keep = Math.min(decay, (1 + step) / (10 + step));
      const before = average;
      const next = tf.tidy((): tf.Tensor1D =>
        before ? tf.add<tf.Tensor1D>(tf.mul(before, keep), tf.mul(weights, 1 - keep)) : weights.clone(),
      );
      before?.dispose();
      average = tf.keep(next);
    },
    of: (weights) => average ?? weights,
    dispose: () => average?.dispose(),
  };
}
