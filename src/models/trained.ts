/** Trained networks as they are kept: a safetensors file under its own digest, read here without TensorFlow. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ElbowError, messageOf } from '../errors.js';
import { decodeTensors, type NamedTensor } from '../safetensors.js';
import type { Layer, Shape } from './layers.js';

/** What stands in the file's metadata under the key `elbow`, as JSON. */
export interface ModelDescription {
  readonly format: 1;
  readonly layers: readonly Layer[];
  /** Height, width, channels; or units alone. */
  readonly input: Shape;
  readonly dataset: string;
  readonly classes: readonly string[];
  /** Of each channel, of values in [0, 1]: the network takes (value − mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export const MODEL_FORMAT = 1;

/** A trained network in memory. */
export interface TrainedModel {
  readonly description: ModelDescription;
  /**
   * By name: the parameters `LAYER.KIND.PARAMETER` in the order of the network's vector, then `LAYER.KIND.mean` and
   * `.variance` of each norm layer. Convolution kernels are height × width × in × out, dense ones in × out.
   */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** Which trained network is asked for, and what to tell when it is not there. */
export interface ModelPlace {
  /** `ELBOW_HOME/models`. */
  readonly folder: string;
  /** SHA-256 of the file in hex. */
  readonly digest: string;
  readonly sweep: string;
  readonly trial: number;
  /** The machine that trained it; null where it is not known. */
  readonly host: string | null;
  /** The artifact store where they were looked for in vain; null where there was none to look in. */
  readonly store?: string | null;
}

export const modelPath = (folder: string, digest: string): string => join(folder, `${digest}.safetensors`);

/**
 * Reads a trained network.
 * @throws ElbowError `model-missing`; `model-damaged` when the file is another than was written, or of another format
 */
export function readModel(place: ModelPlace): TrainedModel {
  const path = modelPath(place.folder, place.digest);
  const again = `\`elbow rerun ${place.sweep} --trial ${place.trial}\` trains it again.`;
  const damaged = (what: string, cause?: unknown): ElbowError =>
    new ElbowError('model-damaged', what, { hint: `Remove the file; ${again}`, cause });
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw missing(place, path, { again, error });
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== place.digest) {
    throw damaged(`the file ${path} has changed: expected SHA-256 ${place.digest}, got ${found}`);
  }
  const { tensors, metadata } = decodeTensors(bytes, path);
  let description: Partial<ModelDescription> | null;
  try {
    // Written by training/model-file.ts alone, as the digest says; only its format may be another one.
    description = JSON.parse(metadata['elbow'] ?? 'null') as Partial<ModelDescription> | null;
  } catch (error) {
    throw damaged(`the description in ${path} is no JSON: ${messageOf(error)}`, error);
  }
  if (description?.format !== MODEL_FORMAT) {
    const came = description === null ? 'none' : JSON.stringify(description.format);
    throw new ElbowError(
      'model-damaged',
      `expected the model format ${MODEL_FORMAT} in ${path}, got ${came}`,
      {
        hint: `Another version of elbow wrote it; ${again}`,
      },
    );
  }
  // Format 1 has all of them.
  return { description: description as ModelDescription, tensors };
}

function missing(
  { sweep, trial, host, store = null }: ModelPlace,
  path: string,
  { again, error }: { readonly again: string; readonly error: unknown },
): ElbowError {
  const here = hostname();
  const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
  const what = `the weights of trial ${trial} of ${sweep}`;
  const nowhere = store === null ? '' : `, and ${store} does not have them`;
  if (isThere) {
    return new ElbowError('model-missing', `${what} cannot be read: ${messageOf(error)}`, {
      hint: `Make ${path} readable for this user, or ${again}`,
      cause: error,
    });
  }
  if (host === null || host === here) {
    return new ElbowError('model-missing', `${what} are gone: there is no file ${path}${nowhere}`, {
      hint: again,
      cause: error,
    });
  }
  return new ElbowError(
    'model-missing',
    `${what} are on ${host}, which trained it, and not on ${here}${nowhere}`,
    {
      hint: `Run the command on ${host}, copy its models/${path.split('/').at(-1)} (in ELBOW_HOME) to ${path}, or: ${again}`,
      cause: error,
    },
  );
}
