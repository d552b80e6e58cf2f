/** Trained networks that nobody trained. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  modelPath,
  outputShape,
  type Layer,
  type ModelDescription,
  type Shape,
} from '../../src/models/index.js';
import type { TrainedModel } from '../../src/models/index.js';
import { uniforms } from '../../src/random.js';
import { encodeTensors, type NamedTensor } from '../../src/safetensors.js';

/** A network with tensors from -1 to 1, variances from 0 to 1. */
export function madeModel(
  layers: readonly Layer[],
  input: Shape,
  changes: Partial<ModelDescription> = {},
): TrainedModel {
  const tensors = new Map<string, NamedTensor>();
  let position = 0;
  const add = (name: string, shape: readonly number[]): void => {
    const values = uniforms(
      shape.reduce((product, n) => product * n, 1),
      tensors.size,
    );
    const isVariance = name.endsWith('variance');
    tensors.set(name, { shape, values: Float32Array.from(values, (u) => (isVariance ? u : 2 * u - 1)) });
  };
  const visit = (some: readonly Layer[], start: Shape): Shape =>
    some.reduce((shape, layer) => {
      if (layer.kind === 'residual') return visit(layer.body, shape);
      const name = `${position++}.${layer.kind}`;
      const channels = shape[shape.length - 1]!;
      if (layer.kind === 'conv') {
        add(`${name}.kernel`, [layer.size, layer.size, channels, layer.filters]);
        if (layer.bias !== false) add(`${name}.bias`, [layer.filters]);
      } else if (layer.kind === 'dense') {
        add(`${name}.kernel`, [channels, layer.units]);
        if (layer.bias !== false) add(`${name}.bias`, [layer.units]);
      } else if (layer.kind === 'batch-norm') {
        for (const part of ['scale', 'offset', 'mean', 'variance']) add(`${name}.${part}`, [channels]);
      }
      return outputShape(layer, shape);
    }, start);
  const [classes] = visit(layers, input);
  const channels = input[input.length - 1]!;
  const description: ModelDescription = {
    format: 1,
    layers,
    input,
    dataset: 'made',
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
    mean: Array.from({ length: channels }, (_, i) => 0.25 * (i + 1)),
    std: Array.from({ length: channels }, (_, i) => 0.5 * (i + 1)),
    ...changes,
  };
  return { description, tensors };
}

/** Keeps a network as a training does. @returns its digest */
export function keepModel({ description, tensors }: TrainedModel, folder: string): string {
  const bytes = encodeTensors({ tensors, metadata: { elbow: JSON.stringify(description) } });
  const digest = createHash('sha256').update(bytes).digest('hex');
  mkdirSync(folder, { recursive: true });
  writeFileSync(modelPath(folder, digest), bytes);
  return digest;
}
