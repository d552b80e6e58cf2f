import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { canRunOperations } from '../../src/native-operations.js';
import { isGpu } from '../../src/training/native.js';

it.skipIf(isGpu() || !canRunOperations())(
  "elbow's own convolutions give the same bits with any number of threads",
  () => {
    const script = `
      import { createHash } from 'node:crypto';
      import * as tf from '@tensorflow/tfjs-node-gpu';
      import { native, typed, useKernels } from './dist/src/training/native.js';
      import { convolution } from './dist/src/training/convolution.js';
      useKernels('own');
      const hash = createHash('sha256');
      for (const [side, channels, filters, size, pool] of [[14, 20, 50, 5, 2], [32, 3, 20, 5, 2], [9, 33, 17, 3, 1], [8, 32, 40, 3, 1],
        [12, 32, 40, 3, 1], [18, 512, 256, 3, 1]]) {
        const convolve = convolution({ layer: { kind: 'conv', size, filters, activation: 'relu' },
          input: [side, side, channels], pool, needsInput: true });
        const x = tf.randomNormal([7, side, side, channels], 0, 1, 'float32', 1);
        const kernel = tf.randomNormal([size, size, channels, filters], 0, 1, 'float32', 2);
        const bias = tf.randomNormal([filters], 0, 1, 'float32', 3);
        const attributes = [['before', 0], ['rows', side - size + 1], ['columns', side - size + 1]]
          .map(([name, value]) => typed(name, 'TF_ATTR_INT', value));
        // TensorFlow's own sums, that of the bias' gradient among them, may depend on its threads; these are elbow's alone.
        if (pool > 1) {
          const grads = tf.grads((a, b, c) => tf.sum(tf.square(convolve(a, b, c, true))))([x, kernel, bias]);
          for (const tensor of [convolve(x, kernel, bias, false), ...grads]) hash.update(tensor.dataSync());
        } else {
          const dy = tf.randomNormal([7, side - size + 1, side - size + 1, filters], 0, 1, 'float32', 4);
          const run = (name, ...inputs) =>
            hash.update(native().executeSingleOutput(name, attributes, inputs).dataSync());
          run('ElbowConvKernelGradient', x, kernel, dy);
          if (channels % 8 === 0) {
            run('ElbowConv', x, kernel);
            run('ElbowConvInputGradient', x, kernel, dy);
          }
        }
      }
      console.log(hash.digest('hex'));
    `;
    const digests = [1, 2, 3, 8].map((threads) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TF_NUM_INTRAOP_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '3' },
        encoding: 'utf8',
      }).trim(),
    );
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(digests).size).toBe(1);
  },
  60_000,
);
