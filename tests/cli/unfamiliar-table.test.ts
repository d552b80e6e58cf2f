import { expect, it } from 'vitest';
import { familiarMetrics, unfamiliarLines } from '../../src/cli/unfamiliar-table.js';

const metrics: Record<string, number> = { test_log_loss: 1.2, unfamiliar_accuracy: 0.35 };
for (const [way, mean] of [
  ['noised', 0.3],
  ['rotated', 0.4],
] as const) {
  metrics[`unfamiliar_${way}_accuracy`] = mean;
  for (let severity = 1; severity <= 5; severity++) {
    metrics[`unfamiliar_${way}_${severity}_accuracy`] = mean + (3 - severity) / 20;
  }
}

it('shows each way with its mean and severities, in the order of the ways', () => {
  expect(unfamiliarLines(metrics, (text) => text)).toEqual([
    'unfamiliar pictures  accuracy  severity 1  severity 2  severity 3  severity 4  severity 5',
    'rotated                 0.400       0.500       0.450       0.400       0.350       0.300',
    'noised                  0.300       0.400       0.350       0.300       0.250       0.200',
    'all                     0.350',
  ]);
});

it('shows nothing where a trial has none, and leaves the other metrics to others', () => {
  expect(unfamiliarLines({ test_log_loss: 1.2 }, (text) => text)).toEqual([]);
  expect(familiarMetrics(metrics)).toEqual([['test_log_loss', 1.2]]);
});
