/** The `.keras` file of Keras 3: a zip of its metadata, its layers and an HDF5 file with their weights. */
import { strToU8, zipSync } from 'fflate';
import type { Shape } from '../models/index.js';
import type { NamedTensor } from '../safetensors.js';
import type { Graph, GraphLayer } from './graph.js';
import { hdf5Of } from './hdf5.js';

/** The version whose format this is. */
const KERAS_VERSION = '3.15.1';

/** Equal networks give equal zip headers. */
const LONG_AGO = new Date(1980, 0, 1);

/**
 * A file for `keras.saving.load_model`.
 * @param facts stand in `metadata.json` of the zip beside Keras' version
 * @see https://github.com/keras-team/keras/blob/v3.15.1/keras/src/saving/saving_lib.py
 */
export async function kerasFile(graph: Graph, facts: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
  const metadata = { keras_version: KERAS_VERSION, ...facts };
  return zipSync(
    {
      'metadata.json': strToU8(JSON.stringify(metadata)),
      'config.json': strToU8(JSON.stringify(configOf(graph))),
      'model.weights.h5': await hdf5Of(weightsOf(graph)),
    },
    // Keras itself compresses nothing here, and weights hardly get smaller.
    { level: 0, mtime: LONG_AGO },
  );
}

/** Weights by class and number: Keras looks for the third convolution under `layers/conv2d_2/vars`. */
function weightsOf({ layers }: Graph): Map<string, NamedTensor> {
  const seen = new Map<string, number>();
  const datasets = new Map<string, NamedTensor>();
  for (const { className, weights } of layers) {
    const name = snakeCase(className);
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    const group = `layers/${count === 0 ? name : `${name}_${count}`}/vars`;
    weights.forEach(({ tensor }, i) => datasets.set(`${group}/${i}`, tensor));
  }
  return datasets;
}

/** As Keras makes it of class names: `BatchNormalization` is `batch_normalization`, `Conv2D` is `conv2d`. */
const snakeCase = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

function configOf({ input, layers }: Graph): object {
  const shapes = new Map<string, Shape>([
    [input.name, input.shape],
    ...layers.map(({ name, output }): [string, Shape] => [name, output]),
  ]);
  const first = layer('InputLayer', {
    name: input.name,
    batch_shape: [null, ...input.shape],
    dtype: 'float32',
    sparse: false,
  });
  const own = layers.map(({ name, className, config, inputs }) =>
    layer(className, { name, trainable: true, dtype: 'float32', ...config }, tensorsOf(inputs, shapes)),
  );
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: 'elbow',
      trainable: true,
      layers: [first, ...own],
      input_layers: [[input.name, 0, 0]],
      output_layers: [[layers.at(-1)!.name, 0, 0]],
    },
    registered_name: 'Functional',
  };
}

const layer = (
  className: GraphLayer['className'] | 'InputLayer',
  config: Readonly<Record<string, unknown>> & { readonly name: string },
  inbound: readonly object[] = [],
): object => ({
  module: 'keras.layers',
  class_name: className,
  config,
  registered_name: null,
  name: config.name,
  inbound_nodes: inbound,
});

/** What a layer is called with: one tensor, or a list of them. */
function tensorsOf(inputs: readonly string[], shapes: ReadonlyMap<string, Shape>): readonly object[] {
  const tensors = inputs.map((name) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, ...shapes.get(name)!], dtype: 'float32', keras_history: [name, 0, 0] },
  }));
  return [{ args: tensors.length === 1 ? tensors : [tensors], kwargs: {} }];
}
