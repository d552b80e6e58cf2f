/** When a training ends, and which of its epochs is the best. Pure. */
import { FIRST_COUNTED_STEP } from '../spec/index.js';

export interface EpochScore {
  /** From 1. */
  readonly epoch: number;
  /** Steps since the start of the training, this epoch's included. */
  readonly steps: number;
  /** Null without validation images. */
  readonly validation: { readonly accuracy: number; readonly loss: number } | null;
}

export interface Verdict {
  /** Whether this epoch is the best so far, so that its weights are kept. */
  readonly isBest: boolean;
  readonly mustStop: boolean;
}

/** What is remembered between epochs. */
export interface StoppingState {
  readonly best: { readonly accuracy: number; readonly loss: number } | null;
  /** Counted epochs since the best one. */
  readonly without: number;
}

export interface EarlyStopping {
  readonly state: StoppingState;
  see(score: EpochScore): Verdict;
}

/**
 * An epoch is better when its validation accuracy is higher, or equal with a lower validation loss. `patience` epochs in
 * a row without a better one end the training; epochs that end before step 100 are not counted, but may be the best.
 * Without validation the last epoch is the best, and nothing stops.
 * @param patience integer ≥ 1
 * @param from the state to go on from; left out at the start
 */
export function earlyStopping(
  patience: number,
  from: StoppingState = { best: null, without: 0 },
): EarlyStopping {
  let { best, without } = from;
  return {
    get state() {
      return { best, without };
    },
    see: ({ steps, validation }) => {
      if (!validation) return { isBest: true, mustStop: false };
      const { accuracy, loss } = validation;
      const isBest =
        best === null || accuracy > best.accuracy || (accuracy === best.accuracy && loss < best.loss);
      if (isBest) {
        best = { accuracy, loss };
        without = 0;
      } else if (steps >= FIRST_COUNTED_STEP) without++;
      return { isBest, mustStop: without >= patience };
    },
  };
}
