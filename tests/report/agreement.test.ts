import { describe, expect, it } from 'vitest';
import { uniforms } from '../../src/random.js';
import { agreementOf } from '../../src/report/agreement.js';

const IMAGES = 4_001;

/** Answers to the images, each right with a chance of its own. */
function answers(chance: (image: number) => number, replicates: number, n = 10) {
  return Array.from({ length: replicates }, (_, replicate) => {
    const luck = uniforms(IMAGES, 100 + replicate);
    const correct = new Uint8Array(Math.ceil(IMAGES / 8));
    for (let i = 0; i < IMAGES; i++) if (luck[i]! < chance(i)) correct[i >> 3]! |= 1 << (i & 7);
    return { n, correct };
  });
}

describe('how far replicates agree on test images', () => {
  it('is wholly where each image is right always or never', () => {
    expect(agreementOf(answers((image) => Number(image % 3 > 0), 3), IMAGES)).toEqual([
      { n: 10, share: expect.closeTo(1, 6) },
    ]);
  });

  it('is not at all where no image is harder than another', () => {
    const [one] = agreementOf(answers(() => 0.6, 5), IMAGES);
    expect(one!.share).toBeLessThan(0.02);
  });

  it('is between where some are: the variance of their chances in that of right and wrong', () => {
    // Half of them right at 0.9, half at 0.3: Var = 0.09, p(1 − p) = 0.24.
    const [one] = agreementOf(answers((image) => (image % 2 === 0 ? 0.9 : 0.3), 4), IMAGES);
    expect(one!.share).toBeCloseTo(0.09 / 0.24, 1);
  });

  it('is told by size, and not by single trainings, answers to other images, or scores of 0 and 1', () => {
    const other = { n: 10, correct: new Uint8Array(3) };
    const several = [...answers(() => 0.5, 2, 200), ...answers(() => 0.5, 1, 50), other, other];
    expect(agreementOf([...several, ...answers(() => 0.5, 2)], IMAGES).map(({ n }) => n)).toEqual([10, 200]);
    expect(agreementOf(answers(() => 1.1, 3), IMAGES)).toEqual([]);
  });
});
