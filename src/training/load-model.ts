/** A kept network, ready to answer: its logits, and the features that its last layer decides by. */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Standard } from '../data/index.js';
import { ElbowError } from '../errors.js';
import {
  EVALUATION_BATCH,
  type Layer,
  type ModelDescription,
  type Shape,
  type TrainedModel,
} from '../models/index.js';
import type { NamedTensor } from '../safetensors.js';
import { buildNetwork, type Network } from './build.js';
import type { Trained } from './evaluate.js';
import type { ImageSource } from './images.js';
import type { Moments } from './kernels.js';
import { disposeMoments } from './best.js';

/** What a network makes of some images, in their order. */
export interface Response {
  /** Shape [images × classes]. */
  readonly logits: Float32Array;
  /** What the last layer is given, shape [images × features]; the logits where the last layer is not a dense one. */
  readonly features: Float32Array;
}

export interface LoadedModel {
  readonly standard: Standard;
  /** @param pause lets the process look at its messages; it may throw to end the work */
  respond(images: ImageSource, pause: () => Promise<void>): Promise<Response>;
  dispose(): void;
}

/**
 * Builds the network of a kept model; the caller disposes of it.
 * @throws ElbowError `model-damaged` when its tensors are not those of its layers
 */
export function loadModel({ description, tensors }: TrainedModel): LoadedModel {
  const { layers } = description;
  const last = layers.at(-1);
  const queue = [...tensors];
  const isHeaded = last?.kind === 'dense' && last.activation !== 'relu';
  const standard = standardOf(description);
  const body = load(isHeaded ? layers.slice(0, -1) : layers, description.input, queue);
  let head: Part | null = null;
  let moments: Moments[];
  try {
    // A layer by itself finds the same parameters and takes the same steps.
    if (isHeaded) head = load([last], [queue[0]?.[1].shape[0] ?? 0], queue);
    moments = momentsOf(body.network, tensors);
  } catch (error) {
    body.dispose();
    head?.dispose();
    throw error;
  }
  const answer = (images: tf.Tensor4D): { logits: tf.Tensor2D; features: tf.Tensor2D } => {
    const features = body.forward(images, moments);
    return { features, logits: head ? head.forward(features, []) : features };
  };
  return {
    standard,
    respond: (images, pause) => respond(answer, images, pause),
    dispose: () => {
      for (const part of [body, head]) part?.dispose();
      disposeMoments(moments);
    },
  };
}

/** @param description of a network that takes images */
function standardOf({ input, mean, std }: ModelDescription): Standard {
  const [height, width, channels] = input;
  if (width === undefined || channels === undefined) {
    throw new ElbowError('usage', `the network takes ${height} numbers, not images`);
  }
  return { height, width, channels, mean, std };
}

interface Part {
  readonly network: Network;
  forward(x: tf.Tensor, moments: Trained['moments']): tf.Tensor2D;
  dispose(): void;
}

/** @param queue the tensors in the file's order; those that belong to the layers are taken from its start */
function load(layers: readonly Layer[], input: Shape, queue: [string, NamedTensor][]): Part {
  const zeros = (count: number): Float32Array => new Float32Array(count);
  const network = buildNetwork(layers, input, { sweepSeed: 0, replicate: 0 }, zeros);
  const values = network.parts.map(({ name, shape }) => {
    const [found, tensor] = queue.shift() ?? ['nothing', { shape: [], values: zeros(0) }];
    if (kindOf(found) === kindOf(name) && tensor.shape.join() === shape.join()) return tensor.values;
    network.dispose();
    throw damaged(
      `${name} of the shape ${shape.join('×')}`,
      `${found} of the shape ${tensor.shape.join('×')}`,
    );
  });
  network.replace(tf.tidy(() => tf.concat([tf.tensor1d([]), ...values.map((value) => tf.tensor1d(value))])));
  const parameters = network.split(network.parameters);
  return {
    network,
    forward: (x, moments) => network.forward(x as tf.Tensor4D, parameters, { kind: 'inference', moments }),
    dispose: () => {
      tf.dispose(parameters);
      network.dispose();
    },
  };
}

/** A name without the layer's position, which a part of a network counts from 0. */
const kindOf = (name: string): string => name.replace(/^\d+\./, '');

function momentsOf(network: Network, tensors: TrainedModel['tensors']): Moments[] {
  const valuesOf = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw damaged(name, 'nothing');
    return tensor.values;
  };
  const values = network.norms.map(
    (norm) => [valuesOf(`${norm}.mean`), valuesOf(`${norm}.variance`)] as const,
  );
  return values.map(([mean, variance]) => ({ mean: tf.tensor1d(mean), variance: tf.tensor1d(variance) }));
}

const damaged = (expected: string, came: string): ElbowError =>
  new ElbowError(
    'model-damaged',
    `a kept network is not what its layers say: expected ${expected}, got ${came}`,
    {
      hint: '`elbow rerun SWEEP --trial N` trains it again.',
    },
  );

async function respond(
  answer: (images: tf.Tensor4D) => { logits: tf.Tensor2D; features: tf.Tensor2D },
  images: ImageSource,
  pause: () => Promise<void>,
): Promise<Response> {
  const logits: Float32Array[] = [];
  const features: Float32Array[] = [];
  for (let start = 0; start < images.count; start += EVALUATION_BATCH) {
    tf.tidy(() => {
      const batch = answer(images.read(start, Math.min(EVALUATION_BATCH, images.count - start)).images);
      logits.push(batch.logits.dataSync<'float32'>());
      features.push(batch.features.dataSync<'float32'>());
    });
    await pause();
  }
  return { logits: joined(logits), features: joined(features) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
