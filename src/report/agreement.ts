/**
 * How far replicates agree on which test images are hard: what of a score's variance over test sets is due to the images. Pure.
 */
import { groupBy } from '../group-by.js';
import type { ImageAgreement } from './types.js';

/** The answers of one trial. */
export interface Answers {
  readonly n: number;
  /** One bit per test image, 1 where it was right. */
  readonly correct: Uint8Array;
}

/**
 * With p the share of right answers and pᵢ that of image i over all trainings, the mean over T images varies by Var(pᵢ)/T, a share
 * of p(1 − p)/T. Var(pᵢ) is what two replicates have in common: E pᵢ² is estimated by k(k − 1)/(R(R − 1)), k of R being right.
 * @param images T, ≥ 1
 * @returns sizes with two replicates at least that know all images, ascending, each share in [0, 1]
 */
export function agreementOf(answers: readonly Answers[], images: number): ImageAgreement[] {
  const known = answers.filter(({ correct }) => correct.length === Math.ceil(images / 8));
  return [...groupBy(known, ({ n }) => n)]
    .flatMap(([n, own]) => {
      const replicates = own.length;
      if (replicates < 2) return [];
      let [right, pairs] = [0, 0];
      for (let image = 0; image < images; image++) {
        let k = 0;
        for (const { correct } of own) k += (correct[image >> 3]! >> (image & 7)) & 1;
        right += k;
        pairs += k * (k - 1);
      }
      const p = right / (replicates * images);
      if (p === 0 || p === 1) return [];
      const variance = pairs / (replicates * (replicates - 1) * images) - p * p;
      return [{ n, share: Math.min(1, Math.max(0, variance / (p * (1 - p)))) }];
    })
    .sort((a, b) => a.n - b.n);
}
