/** TensorFlow's native library as tfjs holds it: how operations are called by name, and which kinds of them are used. */
import { existsSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { messageOf } from '../errors.js';
import { filesAddon } from '../native-files.js';
import { canRunOperations, operationsFile } from '../native-operations.js';

export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What is used of tfjs-node's backend; its own types do not export it. */
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: Readonly<Record<string, number>> & NativeBinding;
  executeSingleOutput(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
  getInputTensorIds(inputs: readonly tf.Tensor[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
}

/** A tensor as the addon tells it. */
interface TensorMetadata {
  readonly id: number;
}

interface NativeBinding {
  createTensor(shape: readonly number[], type: number, values: Uint8Array): number;
  deleteTensor(id: number): void;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[];
}

export const native = (): NativeBackend => tf.backend() as unknown as NativeBackend;

export const typed = (name: string, kind: string, value: unknown): OpAttribute => ({
  name,
  type: native().binding[kind]!,
  value,
});
export const floats = (name = 'T'): OpAttribute => typed(name, 'TF_ATTR_TYPE', native().binding['TF_FLOAT']);
export const layout = (): OpAttribute => typed('data_format', 'TF_ATTR_STRING', 'NHWC');

/** Executes an operation of one output whose first input are bytes, which tfjs has no tensors of. */
export function executeOnBytes(
  name: string,
  bytes: { readonly shape: readonly number[]; readonly values: Uint8Array },
  inputs: readonly tf.Tensor[],
): tf.Tensor {
  const { binding } = native();
  const id = binding.createTensor(bytes.shape, binding['TF_UINT8']!, bytes.values);
  try {
    const [output] = binding.executeOp(name, [], [id, ...native().getInputTensorIds(inputs)], 1);
    return native().createOutputTensor(output!);
  } finally {
    binding.deleteTensor(id);
  }
}

/** Whether TensorFlow computes on a GPU. */
export const isGpu = (): boolean => native().isUsingGpuDevice;

/**
 * `plain`: the operations of tfjs. `fused`: TensorFlow's fused kernels, called by name. `own`: also elbow's own operations,
 * see native/.
 */
export type Kernels = 'plain' | 'fused' | 'own';

let chosen: Kernels | undefined;

/**
 * Chooses the operations; by default the fastest that are there: on a GPU the fused ones, as elbow's own are for CPUs. The
 * plain ones' gradients make tensors of a batch's size in JavaScript, which each have a way to the GPU.
 * @throws Error where elbow's own are asked for and are not there
 */
export function useKernels(kinds: Kernels | undefined): void {
  if (kinds === 'own' && !loadOperations()) throw new Error(`there is no ${operationsFile()}`);
  chosen = kinds;
}

/** The operations in use. */
export const kernels = (): Kernels => chosen ?? (!isGpu() && loadOperations() ? 'own' : 'fused');

export const isFused = (): boolean => kernels() !== 'plain';

/**
 * What one of elbow's libraries exports; null where it is not there, as where `elbow up` could not compile it, and, with a line on
 * stderr, where it cannot be loaded.
 * @param file the compiled one
 * @param without what is done without it, as the end of a sentence
 */
export function openLibrary(file: string, without: string): unknown {
  if (!existsSync(file)) return null;
  const loaded: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(loaded, file);
    return loaded.exports;
  } catch (error) {
    process.stderr.write(
      `${file} cannot be loaded, ${without}: ${messageOf(error)}; remove it, and \`elbow up\` makes it again\n`,
    );
    return null;
  }
}

let isRegistered: boolean | undefined;

/** Registers elbow's operations with TensorFlow; false where they are not there. Every operation of a step asks. */
function loadOperations(): boolean {
  if (isRegistered === undefined) {
    // TensorFlow itself must be loaded first: the library takes its functions from it.
    tf.backend();
    isRegistered =
      canRunOperations() && openLibrary(operationsFile(), "TensorFlow's operations are used") !== null;
  }
  return isRegistered;
}

/**
 * Reads files by mapping them, so that the processes of a machine share their bytes, which nobody may write to; what a file
 * system does not map is read. Undefined where elbow's addon is not there.
 */
export function fileMapper(): ((path: string) => Uint8Array) | undefined {
  // Exported by src/native-files.
  const addon = openLibrary(filesAddon(), 'files are read') as { mapFile(path: string): ArrayBuffer } | null;
  if (!addon) return undefined;
  return (path) => {
    try {
      return new Uint8Array(addon.mapFile(path));
    } catch {
      return readFileSync(path);
    }
  };
}
