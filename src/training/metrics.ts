/** What is told of a network's answers on the test images. Pure. */

/** Bins of confidence, of equal width. */
const BINS = 15;
const TOP = 5;

export interface AnswerMetrics {
  /** Mean of −ln of the right class' probability, in nats. */
  readonly logLoss: number;
  /** Share of images whose class is among the five likeliest, in [0, 1]; 1 with at most five classes. */
  readonly top5Accuracy: number;
  /**
   * Expected calibration error in [0, 1]: the mean distance of confidence and accuracy over 15 bins of confidence.
   * @see Guo et al., arXiv:1706.04599, eq. 3
   */
  readonly calibrationError: number;
}

/** What a network answered to each test image. */
export interface Answers {
  /** Images by class (row) and answer (column), shape [classes][classes]. */
  readonly confusion: readonly (readonly number[])[];
  /** One bit per image, 1 where the answer was right: image i is bit i mod 8 of byte ⌊i / 8⌋, as Postgres counts bits. */
  readonly correct: Uint8Array;
}

export class AnswerCounter {
  private readonly pairs: { readonly label: number; readonly answer: number }[] = [];
  private nats = 0;
  private top = 0;
  private readonly confidence = new Float64Array(BINS);
  private readonly right = new Float64Array(BINS);

  /**
   * @param logProbabilities shape [images × classes], natural logarithms
   * @param labels shape [images]
   * @param answers the class that the network names, shape [images]
   */
  add(logProbabilities: ArrayLike<number>, labels: ArrayLike<number>, answers: ArrayLike<number>): void {
    const classes = logProbabilities.length / labels.length;
    for (let image = 0; image < labels.length; image++) {
      const label = labels[image]!;
      const from = image * classes;
      const own = logProbabilities[from + label]!;
      const answer = answers[image]!;
      let above = 0;
      for (let k = 0; k < classes; k++) if (logProbabilities[from + k]! > own) above++;
      const confidence = Math.exp(logProbabilities[from + answer]!);
      const bin = Math.min(BINS - 1, Math.floor(confidence * BINS));
      this.confidence[bin]! += confidence;
      if (answer === label) this.right[bin]!++;
      if (above < TOP) this.top++;
      this.nats -= own;
      this.pairs.push({ label, answer });
    }
  }

  /** @param classes of the data set, integer ≥ 2 */
  answers(classes: number): Answers {
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    const correct = new Uint8Array(Math.ceil(this.pairs.length / 8));
    this.pairs.forEach(({ label, answer }, i) => {
      confusion[label]![answer]!++;
      if (label === answer) correct[i >> 3]! |= 1 << (i & 7);
    });
    return { confusion, correct };
  }

  metrics(): AnswerMetrics {
    const images = this.pairs.length;
    const gap = this.confidence.reduce(
      (sum, confidence, bin) => sum + Math.abs(confidence - this.right[bin]!),
      0,
    );
    return {
      logLoss: this.nats / images,
      top5Accuracy: this.top / images,
      calibrationError: gap / images,
    };
  }
}

/** Of a network that gives every class the same probability. */
export const chanceMetrics = (classes: number): AnswerMetrics => ({
  logLoss: Math.log(classes),
  top5Accuracy: Math.min(1, TOP / classes),
  calibrationError: 0,
});
