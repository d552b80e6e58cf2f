import { expect, it } from 'vitest';
import { slotsLines } from '../../src/cli/measure-slots.js';

it('tells what was measured, the best, and how to set it', () => {
  const best = { slots: 2, threads: 1, trialsPerSecond: 0.625 };
  const lines = slotsLines({
    cores: 2,
    device: 'cpu',
    load: 0,
    trial: { model: 'lenet', samplesPerClass: 100, epochs: 5 },
    layouts: [{ slots: 1, threads: 2, trialsPerSecond: 0.5 }, best],
    best,
  });
  expect(lines).toEqual([
    'slots  threads  trials/s  of the best',
    '    1        2     0.500         80 %',
    '    2        1     0.625        100 %',
    '',
    'Best: 2 slots × 1 thread, measured with a lenet of 100 samples per class and 5 epochs.',
    'Set it with `elbow worker --slots 2`, and `threads: 1` in the sweep file.',
    '`threads` is part of what a trial computes: other threads give other bits, so elbow never changes it by itself.',
  ]);
});
