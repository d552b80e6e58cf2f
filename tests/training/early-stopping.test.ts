import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earlyStopping } from '../../src/training/early-stopping.js';

interface Given {
  readonly accuracy: number;
  readonly loss?: number;
}

/** Plays epochs of `stepsEach` steps; tells which was best and at which it stopped (null: never). */
function play(patience: number, epochs: readonly Given[], stepsEach = 100) {
  const stopping = earlyStopping(patience);
  let best: number | null = null;
  for (const [i, { accuracy, loss = 1 }] of epochs.entries()) {
    const verdict = stopping.see({
      epoch: i + 1,
      steps: (i + 1) * stepsEach,
      validation: { accuracy, loss },
    });
    if (verdict.isBest) best = i + 1;
    if (verdict.mustStop) return { best, stopped: i + 1 };
  }
  return { best, stopped: null };
}
const accuracies = (...values: number[]): Given[] => values.map((accuracy) => ({ accuracy }));

describe('early stopping', () => {
  it('ends after so many epochs in a row without a better one', () => {
    expect(play(3, accuracies(0.2, 0.3, 0.3, 0.3, 0.3, 0.9))).toEqual({ best: 2, stopped: 5 });
    expect(play(1, accuracies(0.2, 0.1))).toEqual({ best: 1, stopped: 2 });
  });

  it('starts to count anew with every better epoch', () => {
    expect(play(2, accuracies(0.2, 0.1, 0.3, 0.1, 0.4, 0.1))).toEqual({ best: 5, stopped: null });
  });

  it('takes a lower loss at an equal accuracy as better, an equal loss as not', () => {
    expect(
      play(2, [
        { accuracy: 0.2, loss: 2 },
        { accuracy: 0.2, loss: 1 },
      ]),
    ).toEqual({ best: 2, stopped: null });
    expect(
      play(1, [
        { accuracy: 0.2, loss: 2 },
        { accuracy: 0.2, loss: 2 },
      ]),
    ).toEqual({ best: 1, stopped: 2 });
    expect(
      play(1, [
        { accuracy: 0.3, loss: 2 },
        { accuracy: 0.2, loss: 1 },
      ]),
    ).toEqual({ best: 1, stopped: 2 });
  });

  it('does not count epochs that end before step 100, but keeps their weights', () => {
    // Steps 33, 66, 99 | 132, 165, 198: the first three are free.
    expect(play(3, accuracies(0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), 33)).toEqual({ best: 1, stopped: 6 });
    // Step 100 itself counts.
    expect(play(1, accuracies(0.5, 0.1), 50)).toEqual({ best: 1, stopped: 2 });
    expect(play(1, accuracies(0.5, 0.1), 49)).toEqual({ best: 1, stopped: null });
  });

  it('takes the last epoch and never stops without validation', () => {
    const stopping = earlyStopping(1);
    for (let epoch = 1; epoch <= 10; epoch++) {
      const verdict = stopping.see({ epoch, steps: epoch * 100, validation: null });
      expect(verdict).toEqual({ isBest: true, mustStop: false });
    }
  });

  it('always has the earliest of the best epochs it has seen', () => {
    const epoch = fc.record({
      accuracy: fc.integer({ min: 0, max: 5 }).map((n) => n / 5),
      loss: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(
        fc.array(epoch, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (all, p) => {
          const { best, stopped } = play(p, all);
          const seen = all.slice(0, stopped ?? all.length);
          const isBetter = (a: (typeof all)[0], b: (typeof all)[0]): boolean =>
            a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.loss < b.loss);
          const expected = seen.reduce((top, one, i) => (isBetter(one, seen[top]!) ? i : top), 0);
          expect(best).toBe(expected + 1);
          if (stopped !== null) expect(stopped - best!).toBe(p);
        },
      ),
    );
  });
});
