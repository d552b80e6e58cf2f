/** A trained network in a file: its layers and what it was trained on, its parameters and statistics by name. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import type { DatasetEntry } from '../data/index.js';
import { writeDurably } from '../durable-file.js';
import { MODEL_FORMAT, modelPath, type Layer, type ModelDescription } from '../models/index.js';
import { encodeTensors, type NamedTensor } from '../safetensors.js';
import type { Best } from './best.js';
import type { Network } from './build.js';
import { sizeOf } from './layers.js';

/**
 * Keeps the best weights under the digest of their file, so that equal networks are one file.
 * @param folder `ELBOW_HOME/models`
 * @returns SHA-256 of the file in hex
 */
export function saveModel(
  folder: string,
  { network, layers, entry }: { network: Network; layers: readonly Layer[]; entry: DatasetEntry },
  best: Best,
): string {
  const description: ModelDescription = {
    format: MODEL_FORMAT,
    layers,
    input: [entry.height, entry.width, entry.channels],
    dataset: entry.name,
    classes: entry.classes,
    mean: entry.mean,
    std: entry.std,
  };
  const bytes = encodeTensors({
    tensors: tensorsOf(network, best),
    metadata: { elbow: JSON.stringify(description) },
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  const path = modelPath(folder, digest);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // One that is there already is needed from now on: it is not to be taken for one that is left over.
  if (existsSync(path)) utimesSync(path, new Date(), new Date());
  else writeDurably(path, bytes);
  return digest;
}

function tensorsOf(network: Network, { parameters, moments }: Best): Map<string, NamedTensor> {
  const all = parameters.dataSync<'float32'>();
  let from = 0;
  const named = network.parts.map(({ name, shape }): [string, NamedTensor] => {
    return [name, { shape, values: all.subarray(from, (from += sizeOf(shape))) }];
  });
  const statistics = moments.flatMap(({ mean, variance }, i) =>
    Object.entries({ mean, variance }).map(([kind, tensor]): [string, NamedTensor] => [
      `${network.norms[i]}.${kind}`,
      { shape: tensor.shape, values: tensor.dataSync<'float32'>() },
    ]),
  );
  return new Map([...named, ...statistics]);
}
