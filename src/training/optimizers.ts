/** Optimizers by name. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import { ElbowError } from '../errors.js';

const makers: Readonly<Record<string, (learningRate: number) => tf.Optimizer>> = {
  // Kingma and Ba, arXiv:1412.6980, with the paper's β1 = 0.9, β2 = 0.999.
  adam: (learningRate) => tf.train.adam(learningRate, 0.9, 0.999),
  sgd: (learningRate) => tf.train.sgd(learningRate),
};

/** @throws ElbowError `usage` for a name that is none */
export function createOptimizer(name: string, learningRate: number): tf.Optimizer {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make) return make(learningRate);
  throw new ElbowError('usage', `there is no optimizer ${name}; there are ${Object.keys(makers).join(', ')}`);
}
