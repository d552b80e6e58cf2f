/** The layers model of TensorFlow.js: a JSON file with the layers, and files with the values of their weights. */
import { elbowVersion } from '../paths.js';
import type { Graph, GraphLayer } from './graph.js';

/** Larger files are slow to fetch and are not cached by every browser; TensorFlow.js' own converter cuts here, too. */
const SHARD_BYTES = 4 * 1024 * 1024;

/** The version whose format this is. */
const TFJS_VERSION = '4.22.0';

/**
 * Files of a layers model.
 * @param facts what `model.getUserDefinedMetadata()` gives
 * @returns content by file name, `model.json` first
 * @see https://github.com/tensorflow/tfjs/blob/master/tfjs-converter/docs/format.md
 */
export function layersModelFiles(
  graph: Graph,
  facts: Readonly<Record<string, unknown>>,
): Map<string, Uint8Array | string> {
  const weights = graph.layers.flatMap(({ name: layer, weights: own }) =>
    own.map(({ name, tensor }) => ({ name: `${layer}/${name}`, tensor })),
  );
  const bytes = Buffer.concat(
    weights.map(({ tensor: { values } }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  const shards = Array.from({ length: count }, (_, i): [string, Uint8Array] => [
    `group1-shard${i + 1}of${count}.bin`,
    bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  ]);
  const model = {
    format: 'layers-model',
    generatedBy: `elbow ${elbowVersion}`,
    convertedBy: null,
    modelTopology: topologyOf(graph),
    weightsManifest: [
      {
        paths: shards.map(([name]) => name),
        weights: weights.map(({ name, tensor: { shape } }) => ({ name, shape, dtype: 'float32' })),
      },
    ],
    userDefinedMetadata: facts,
  };
  return new Map<string, Uint8Array | string>([
    ['model.json', `${JSON.stringify(model, null, 1)}\n`],
    ...shards,
  ]);
}

function topologyOf({ input, layers }: Graph): object {
  const first = {
    name: input.name,
    class_name: 'InputLayer',
    config: {
      name: input.name,
      batch_input_shape: [null, ...input.shape],
      dtype: 'float32',
      sparse: false,
    },
    inbound_nodes: [],
  };
  return {
    class_name: 'Functional',
    config: {
      name: 'elbow',
      layers: [first, ...layers.map(layerOf)],
      input_layers: [[input.name, 0, 0]],
      output_layers: [[layers.at(-1)!.name, 0, 0]],
    },
    keras_version: `tfjs-layers ${TFJS_VERSION}`,
    backend: 'tensor_flow.js',
  };
}

const layerOf = ({ name, className, config, inputs }: GraphLayer): object => ({
  name,
  class_name: className,
  config: { name, trainable: true, dtype: 'float32', ...config },
  inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
});
