/** Made-up trials for pure tests. */
import type { Look } from '../../src/cli/looks.js';
import type { TrialResult } from '../../src/storage/storage.js';

const START = Date.UTC(2026, 10, 24, 12, 0, 0);

/** Seconds after a fixed moment. */
export const at = (seconds: number): Date => new Date(START + seconds * 1000);

export function trial(change: Partial<TrialResult> = {}): TrialResult {
  return {
    sweep: 'curve',
    trial: 0,
    armHash: 'a1b2c3d4e5f6',
    armLabel: 'lenet',
    params: { epochs: 50, model: 'lenet' },
    samplesPerClass: 100,
    replicate: 0,
    attempt: 1,
    status: 'succeeded',
    epochs: 9,
    bestEpoch: 6,
    trainLoss: 0.4,
    valLoss: 1.5,
    testLoss: 1.6,
    trainAccuracy: 0.8,
    valAccuracy: 0.41,
    testAccuracy: 0.4231,
    objective: 0.41,
    metrics: {},
    seconds: 8.24,
    secondsTo90Percent: null,
    imagesPerSecond: 3000,
    diagnosis: null,
    findings: [],
    weights: null,
    worker: 'lab-2:4711',
    failureCode: null,
    failureMessage: null,
    startedAt: at(0),
    finishedAt: at(9),
    ...change,
  };
}

export const queued = (change: Partial<TrialResult> = {}): TrialResult =>
  trial({
    status: 'queued',
    epochs: 0,
    seconds: null,
    startedAt: null,
    finishedAt: null,
    testAccuracy: null,
    objective: null,
    ...change,
  });

/** What storage adds up of trials, and those that run. */
export function look(results: readonly TrialResult[]): Look {
  return {
    rows: results.map(({ samplesPerClass, status, seconds }) => ({
      samplesPerClass,
      status,
      trials: 1,
      seconds: seconds ?? 0,
    })),
    running: results.filter(({ status }) => status === 'running'),
    ended: [],
  };
}
