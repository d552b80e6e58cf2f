/**
 * What is written down of a training while it goes, for its diagnosis: losses, and the norms of gradients and kernels by
 * layer at some of the steps. It only reads, so that a training has the same bits with and without it.
 */
import * as tf from '@tensorflow/tfjs-node-gpu';
import type { Network } from './build.js';
import type { LayerNorms, WatchState } from './evidence.js';

/** Steps that are looked at in an epoch, at most. */
const STEPS_PER_EPOCH = 10;
/** Between two of them at least, so that networks whose steps are short are not held up. */
const STEPS_BETWEEN = 16;

/** A training that bursts does so in its first steps: those that are powers of two are looked at as well. */
const isPowerOfTwo = (step: number): boolean => (step & (step - 1)) === 0;

const KERNEL = '.kernel';

/** The layers with a kernel, `LAYER.KIND`, and which part of the network that is; norms are in this order. */
export const kernelsOf = ({ parts }: Pick<Network, 'parts'>): { layer: string; part: number }[] =>
  parts.flatMap(({ name }, part) =>
    name.endsWith(KERNEL) ? [{ layer: name.slice(0, -KERNEL.length), part }] : [],
  );

export interface TrainingWatch {
  /** Plain JSON: with `seen` all that is needed to go on. */
  readonly state: WatchState;
  /** Norms of the steps that were looked at in the epoch so far. */
  readonly seen: readonly (readonly LayerNorms[])[];
  /**
   * Inside the step's tidy.
   * @param step since the start of the training, from 0
   * @param gradients one for each part of the network, before they are clipped
   * @param parameters what they are the gradients at
   */
  seeGradients(step: number, gradients: readonly tf.Tensor[], parameters: readonly tf.Tensor[]): void;
  seeLoss(step: number, loss: number): void;
  endEpoch(epoch: number): void;
}

const NOTHING: WatchState = { firstLoss: null, lastLoss: null, first: null, last: null, steepest: null };

/** @param from the state to go on from; left out at the start */
export function watchTraining(
  network: Pick<Network, 'parts'>,
  stepsPerEpoch: number,
  from: Pick<TrainingWatch, 'state' | 'seen'> = { state: NOTHING, seen: [] },
): TrainingWatch {
  const kernels = kernelsOf(network);
  const every = Math.max(STEPS_BETWEEN, Math.ceil(stepsPerEpoch / STEPS_PER_EPOCH));
  let { state } = from;
  let seen = [...from.seen];

  return {
    get state() {
      return state;
    },
    get seen() {
      return seen;
    },
    seeGradients: (step, gradients, parameters) => {
      if (step % every !== 0 && !isPowerOfTwo(step)) return;
      const pick = (all: readonly tf.Tensor[]): tf.Tensor[] => kernels.map(({ part }) => all[part]!);
      const squares = squaresOf([...pick(gradients), ...pick(parameters)]);
      const norms = kernels.map((_, layer) => ({
        gradient: Math.sqrt(squares[layer]!),
        weight: Math.sqrt(squares[kernels.length + layer]!),
      }));
      // One that is no number is the end, which the loss tells.
      if (!norms.every(({ gradient, weight }) => Number.isFinite(gradient * weight))) return;
      seen.push(norms);
      const length = Math.hypot(...norms.map(({ gradient }) => gradient));
      if (state.steepest === null || length > state.steepest.length) {
        state = { ...state, steepest: { step, length, layers: norms } };
      }
    },
    seeLoss: (step, loss) => {
      if (!Number.isFinite(loss)) return;
      state = { ...state, firstLoss: state.firstLoss ?? loss, lastLoss: { step, loss } };
    },
    endEpoch: (epoch) => {
      if (seen.length === 0) return;
      const mean = { epoch, layers: meansOf(seen) };
      state = { ...state, first: state.first ?? mean, last: mean };
      seen = [];
    },
  };
}

/** The sum of squares of each tensor; a product with itself needs no memory of its size. */
const squaresOf = (tensors: readonly tf.Tensor[]): ArrayLike<number> =>
  tf.tidy(() =>
    tf
      .concat(
        tensors.map((tensor) => {
          const row = tf.reshape<tf.Rank.R2>(tensor, [1, tensor.size]);
          return tf.matMul(row, row, false, true);
        }),
      )
      .dataSync(),
  );

function meansOf(steps: readonly (readonly LayerNorms[])[]): LayerNorms[] {
  const mean = (pick: (norms: LayerNorms) => number, layer: number): number =>
    steps.reduce((sum, norms) => sum + pick(norms[layer]!), 0) / steps.length;
  return steps[0]!.map((_, layer) => ({
    gradient: mean(({ gradient }) => gradient, layer),
    weight: mean(({ weight }) => weight, layer),
  }));
}
