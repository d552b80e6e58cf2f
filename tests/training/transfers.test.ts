import * as tf from '@tensorflow/tfjs-node-gpu';
import { afterEach, expect, it } from 'vitest';
import { train } from '../../src/training/index.js';
import { useKernels } from '../../src/training/native.js';
import { syntheticDataset } from '../support/dataset.js';
import { trainHooks, trainRequest } from '../support/training.js';

const BATCH = 40;
const CLASSES = 10;
const dataset = syntheticDataset({ perClass: 20 });

afterEach(() => useKernels(undefined));

type CreateTensor = (shape: number[], type: number, values: unknown) => number;

/** Numbers of each tensor that JavaScript makes in the third of a training's four steps. */
async function createdBy(model: string): Promise<number[]> {
  const backend = tf.backend() as unknown as { binding: object };
  const { binding } = backend;
  const sizes: number[] = [];
  let isCounting = false;
  // The addon's functions cannot be replaced in place.
  backend.binding = new Proxy(Object.create(null) as object, {
    get: (_, name) => {
      const value: unknown = Reflect.get(binding, name);
      if (typeof value !== 'function') return value;
      if (name !== 'createTensor') return (value as () => unknown).bind(binding);
      return (...args: Parameters<CreateTensor>) => {
        if (isCounting) sizes.push(args[0].reduce((product, side) => product * side, 1));
        return (value as CreateTensor).apply(binding, args);
      };
    },
  });
  try {
    await train(
      trainRequest({ model, width: 0.25, batchSize: BATCH, epochs: 1 }, { dataset, samplesPerClass: 20 }),
      trainHooks({ onStep: (_, step) => (isCounting = step === 2) }),
    );
  } finally {
    backend.binding = binding;
  }
  return sizes;
}

// Each has a way to the GPU: with the plain kernels, whose gradients make tensors as large as the activations, a GPU
// waits for them most of the time.
it.each(['lenet', 'mlp', 'vgg11', 'resnet20'])(
  'a step of %s with the fused kernels brings indices and labels to the device, and nothing as large as a layer',
  async (model) => {
    useKernels('fused');
    const sizes = await createdBy(model);
    expect(sizes.length).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH * CLASSES);
  },
);
