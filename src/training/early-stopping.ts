/** When a training ends, and which of its epochs is the best. Pure. */

/** Before this many steps an epoch is not counted against patience: a handful of validation images decides nothing. */
const FIRST_COUNTED_STEP = 100;

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

export interface EarlyStopping {
  see(score: EpochScore): Verdict;
}

/**
 * An epoch is better when its validation accuracy is higher, or equal with a lower validation loss. `patience` epochs in
 * a row without a better one end the training; epochs that end before step 100 are not counted, but may be the best.
 * Without validation the last epoch is the best, and nothing stops.
 * @param patience integer ≥ 1
 */
export function earlyStopping(patience: number): EarlyStopping {
  let best: { accuracy: number; loss: number } | undefined;
  let without = 0;
  return {
    see: ({ steps, validation }) => {
      if (!validation) return { isBest: true, mustStop: false };
      const { accuracy, loss } = validation;
      const isBest =
        best === undefined || accuracy > best.accuracy || (accuracy === best.accuracy && loss < best.loss);
      if (isBest) {
        best = { accuracy, loss };
        without = 0;
      } else if (steps >= FIRST_COUNTED_STEP) without++;
      return { isBest, mustStop: without >= patience };
    },
  };
}
