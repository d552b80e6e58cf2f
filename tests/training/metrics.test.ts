import { expect, it } from 'vitest';
import { AnswerCounter, chanceMetrics } from '../../src/training/metrics.js';

const logs = (rows: readonly (readonly number[])[]): number[] => rows.flat().map(Math.log);

it('counts log loss, the five likeliest, and how confidence and accuracy differ', () => {
  const counter = new AnswerCounter();
  // Two images at confidence 0.5, one right; two at 0.9, both wrong, one of them outside the first five.
  const half = [0.5, 0.1, 0.1, 0.1, 0.1, 0.06, 0.04];
  const sure = [0.01, 0.02, 0.9, 0.03, 0.02, 0.015, 0.005];
  counter.add(logs([half, half]), [0, 1], [0, 0]);
  counter.add(logs([sure, sure]), [3, 6], [2, 2]);
  const metrics = counter.metrics();
  expect(metrics.logLoss).toBeCloseTo(
    -(Math.log(0.5) + Math.log(0.1) + Math.log(0.03) + Math.log(0.005)) / 4,
    12,
  );
  expect(metrics.top5Accuracy).toBe(0.75);
  // Bin of 0.5: mean confidence and accuracy agree. Bin of 0.9: 0.9 against 0, half of all images.
  expect(metrics.calibrationError).toBeCloseTo(0.45, 12);
});

it('takes a probability of 1 into the last bin', () => {
  const counter = new AnswerCounter();
  counter.add([0, -Infinity], [0], [0]);
  expect(counter.metrics()).toEqual({ logLoss: 0, top5Accuracy: 1, calibrationError: 0 });
});

it('knows what a network tells that tells nothing', () => {
  expect(chanceMetrics(10)).toEqual({ logLoss: Math.log(10), top5Accuracy: 0.5, calibrationError: 0 });
  expect(chanceMetrics(3).top5Accuracy).toBe(1);
});

it('keeps one bit per image, lowest bit first, and counts classes against answers', () => {
  const counter = new AnswerCounter();
  const labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 2];
  const answers = [0, 1, 1, 2, 1, 2, 0, 0, 2, 2];
  counter.add(logs(labels.map(() => [0.2, 0.3, 0.5])), labels, answers);
  const { confusion, correct } = counter.answers(3);
  expect(confusion).toEqual([
    [2, 0, 1],
    [1, 2, 0],
    [0, 1, 3],
  ]);
  expect([...correct]).toEqual([0b01110011, 0b11]);
});
