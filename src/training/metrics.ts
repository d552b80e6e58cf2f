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

export class AnswerCounter {
  private images = 0;
  private nats = 0;
  private top = 0;
  private readonly confidence = new Float64Array(BINS);
  private readonly right = new Float64Array(BINS);

  /**
   * @param logProbabilities shape [images × classes], natural logarithms
   * @param labels shape [images]
   */
  add(logProbabilities: ArrayLike<number>, labels: ArrayLike<number>): void {
    const classes = logProbabilities.length / labels.length;
    for (let image = 0; image < labels.length; image++) {
      const label = labels[image]!;
      const from = image * classes;
      const own = logProbabilities[from + label]!;
      let best = 0;
      let above = 0;
      for (let k = 0; k < classes; k++) {
        if (logProbabilities[from + k]! > logProbabilities[from + best]!) best = k;
        if (logProbabilities[from + k]! > own) above++;
      }
      const confidence = Math.exp(logProbabilities[from + best]!);
      const bin = Math.min(BINS - 1, Math.floor(confidence * BINS));
      this.confidence[bin]! += confidence;
      if (best === label) this.right[bin]!++;
      if (above < TOP) this.top++;
      this.nats -= own;
      this.images++;
    }
  }

  metrics(): AnswerMetrics {
    const gap = this.confidence.reduce(
      (sum, confidence, bin) => sum + Math.abs(confidence - this.right[bin]!),
      0,
    );
    return {
      logLoss: this.nats / this.images,
      top5Accuracy: this.top / this.images,
      calibrationError: gap / this.images,
    };
  }
}

/** Of a network that gives every class the same probability. */
export const chanceMetrics = (classes: number): AnswerMetrics => ({
  logLoss: Math.log(classes),
  top5Accuracy: Math.min(1, TOP / classes),
  calibrationError: 0,
});
