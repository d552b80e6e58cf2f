/**
 * Checkpoints: all that a training needs to go on as if nothing had been, to the bit: after an epoch, or, where it was told
 * to stop, after a step of one. Order, dropout and augmentation come from the seeds and the numbers of epoch and step, so
 * they need no state.
 *
 * A file is named after its epochs and steps and the SHA-256 of its content; it is written beside its place, brought to the disk
 * and moved. The newest two are kept: one of them is whole whatever happens to the other.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node-gpu';
import { writeDurably } from '../durable-file.js';
import { messageOf } from '../errors.js';
import { decodeTensors, encodeTensors, type NamedTensor } from '../safetensors.js';
import { canonicalize } from '../spec/index.js';
import type { EpochMetrics } from '../storage/storage.js';
import type { AverageState } from './average.js';
import type { Best } from './best.js';
import type { StoppingState } from './early-stopping.js';
import type { EpochPart } from './epoch.js';
import type { WatchState } from './evidence.js';
import type { OptimizerState } from './optimizers.js';
import type { ScheduleState } from './schedule.js';
import type { TrainingWatch } from './watch.js';

const FORMAT = 3;
const KEPT = 2;
/** With epochs and steps; earlier versions named the epochs alone. */
const FILE = /^\d{6}-(?:\d{6}-)?([0-9a-f]{64})\.safetensors$/;

/** A training after an epoch, or within one. The tensors belong to whoever made it. */
export interface TrainingState {
  /** Epochs that have ended, with their metrics. */
  readonly epochs: readonly EpochMetrics[];
  /** What was done of the next one; null between two. */
  readonly part: StartedEpoch | null;
  /** Those of whole epochs, like the images and seconds below. */
  readonly steps: number;
  readonly trainedImages: number;
  readonly stepSeconds: number;
  /** Shape [parameters]. */
  readonly parameters: tf.Tensor1D;
  readonly optimizer: OptimizerState;
  readonly average: AverageState;
  readonly stopping: StoppingState;
  readonly schedule: ScheduleState;
  readonly watched: WatchState;
  readonly best: Best | null;
}

/** An epoch that was told to stop in the middle, or before its validation. */
export interface StartedEpoch extends EpochPart {
  /** Norms of its steps that were looked at. */
  readonly seen: TrainingWatch['seen'];
  /** Wall time so far. */
  readonly seconds: number;
}

/** Where a training's checkpoints are, and what they must be of. */
export interface CheckpointPlace {
  readonly folder: string;
  /** Everything that decides the training's bits but the machine; plain JSON. */
  readonly job: unknown;
  /** Versions, device and CPU features, in words: others have other bits. */
  readonly machine: string;
  onNote(text: string): void;
}

/** What stands in a checkpoint's metadata beside its tensors. */
interface Header extends Pick<TrainingState, 'epochs' | 'part' | 'steps' | 'trainedImages' | 'stepSeconds'> {
  readonly format: number;
  /** SHA-256 of the job. */
  readonly job: string;
  readonly machine: string;
  readonly optimizer: { readonly step: number };
  readonly average: { readonly step: number };
  readonly stopping: StoppingState;
  readonly schedule: ScheduleState;
  readonly watched: WatchState;
  readonly best: Pick<Best, 'epoch' | 'validation'> | null;
}

const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** The checkpoints of a folder, newest first. */
function filesOf(folder: string): { file: string; digest: string }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .flatMap((file) => {
      const digest = FILE.exec(file)?.[1];
      return digest === undefined ? [] : [{ file, digest }];
    })
    .sort((a, b) => (a.file < b.file ? 1 : -1));
}

/**
 * Writes a checkpoint and removes those that are older than the one before it.
 * @returns its path; null when it could not be written, which is told and harms nothing
 */
export function writeCheckpoint(place: CheckpointPlace, state: TrainingState): string | null {
  const bytes = encodeTensors({
    tensors: tensorsOf(state),
    metadata: { checkpoint: JSON.stringify(headerOf(place, state)) },
  });
  const [epochs, steps] = [state.epochs.length, state.part?.steps ?? 0].map((n) =>
    String(n).padStart(6, '0'),
  );
  const path = join(place.folder, `${epochs}-${steps}-${digestOf(bytes)}.safetensors`);
  try {
    mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    writeDurably(path, bytes);
    for (const { file } of filesOf(place.folder).slice(KEPT))
      rmSync(join(place.folder, file), { force: true });
    return path;
  } catch (error) {
    place.onNote(`the checkpoint after ${placeText(state)} could not be written: ${messageOf(error)}`);
    return null;
  }
}

/** `epoch 3`, `step 40 of epoch 4`: how far a training is. */
export const placeText = ({ epochs, part }: Pick<TrainingState, 'epochs' | 'part'>): string =>
  part === null ? `epoch ${epochs.length}` : `step ${part.steps} of epoch ${epochs.length + 1}`;

function headerOf(place: CheckpointPlace, state: TrainingState): Header {
  const { epochs, part, steps, trainedImages, stepSeconds, stopping, schedule, watched, best } = state;
  return {
    format: FORMAT,
    job: digestOf(canonicalize(place.job)),
    machine: place.machine,
    epochs,
    part,
    steps,
    trainedImages,
    stepSeconds,
    optimizer: { step: state.optimizer.step },
    average: { step: state.average.step },
    stopping,
    schedule,
    watched,
    best: best && { epoch: best.epoch, validation: best.validation },
  };
}

function tensorsOf({ parameters, optimizer, average, best }: TrainingState): Map<string, NamedTensor> {
  const named: [string, tf.Tensor][] = [
    ['parameters', parameters],
    ...optimizer.vectors.map((vector, i): [string, tf.Tensor] => [`optimizer.${i}`, vector]),
  ];
  if (average.weights) named.push(['average', average.weights]);
  if (best) {
    named.push(['best', best.parameters]);
    best.moments.forEach(({ mean, variance }, i) => {
      named.push([`best.${i}.mean`, mean], [`best.${i}.variance`, variance]);
    });
  }
  return new Map(
    named.map(([name, tensor]) => [name, { shape: tensor.shape, values: tensor.dataSync<'float32'>() }]),
  );
}

/**
 * The newest checkpoint that is whole and of this training; what is not is told and removed.
 * @param parameters of the network, integer ≥ 1
 * @returns null when there is none; the caller owns the tensors
 */
export function readCheckpoint(place: CheckpointPlace, parameters: number): TrainingState | null {
  for (const { file, digest } of filesOf(place.folder)) {
    const path = join(place.folder, file);
    try {
      const bytes = readFileSync(path);
      if (digestOf(bytes) !== digest) throw new Error('its content is not what was written');
      return stateOf(place, bytes, { path, parameters });
    } catch (error) {
      place.onNote(`the checkpoint ${path} is not used: ${messageOf(error)}`);
      rmSync(path, { force: true });
    }
  }
  return null;
}

function stateOf(
  place: CheckpointPlace,
  bytes: Buffer,
  { path, parameters }: { readonly path: string; readonly parameters: number },
): TrainingState {
  const { tensors, metadata } = decodeTensors(bytes, path);
  // Its content is what a writer of this format has written: the digest says so.
  const header = JSON.parse(metadata['checkpoint'] ?? 'null') as Header | null;
  if (header?.format !== FORMAT) throw new Error('it is of another version of elbow');
  if (header.job !== digestOf(canonicalize(place.job))) throw new Error('it is of another training');
  if (tensors.get('parameters')?.values.length !== parameters) throw new Error('it is of another network');
  if (header.machine !== place.machine) {
    throw new Error(`it was made by ${header.machine}, and this is ${place.machine}, whose bits may differ`);
  }
  const vector = (name: string): tf.Tensor1D | undefined => {
    const tensor = tensors.get(name);
    return tensor && tf.tensor1d(tensor.values);
  };
  const vectors = (prefix: string): tf.Tensor1D[] => {
    const found: tf.Tensor1D[] = [];
    for (let next = vector(`${prefix}.0`); next; next = vector(`${prefix}.${found.length}`)) found.push(next);
    return found;
  };
  const moments: Best['moments'][number][] = [];
  for (let mean = vector('best.0.mean'); mean; mean = vector(`best.${moments.length}.mean`)) {
    moments.push({ mean, variance: vector(`best.${moments.length}.variance`)! });
  }
  const { epochs, part, steps, trainedImages, stepSeconds, stopping, schedule, watched } = header;
  return {
    epochs,
    part,
    steps,
    trainedImages,
    stepSeconds,
    parameters: vector('parameters')!,
    optimizer: { step: header.optimizer.step, vectors: vectors('optimizer') },
    average: { step: header.average.step, weights: vector('average') ?? null },
    stopping,
    schedule,
    watched,
    best: header.best && { ...header.best, parameters: vector('best')!, moments },
  };
}
