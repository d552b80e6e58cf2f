/** A trial that no device of a worker is large enough for; another worker of its pool may have a larger one. */
import { ElbowError } from '../errors.js';

/** How much of a GPU's memory would do is not told, but how much does not. */
export class TooLarge extends ElbowError {
  /** Memory of the largest GPU here, in MB: a worker that has no more does not help. */
  readonly largestMb: number;

  constructor(message: string, hint: string | undefined, largestMb: number) {
    super('out-of-memory', message, hint === undefined ? {} : { hint });
    this.largestMb = largestMb;
  }
}
