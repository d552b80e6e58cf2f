import { describe, expect, it } from 'vitest';
import {
  armColumn,
  countsText,
  failureGroup,
  numbersText,
  sweepExitCode,
  temporalLink,
  trialText,
} from '../../src/cli/sweep-facts.js';
import { differencesText, specDifferences } from '../../src/spec/index.js';
import { adviceOf } from '../../src/errors.js';
import { parseSweep, specsEqual } from '../../src/spec/index.js';
import type { Counts } from '../../src/storage/storage.js';
import { trial } from './results.js';

const counts = (change: Partial<Counts> = {}): Counts => ({
  queued: 0,
  running: 0,
  succeeded: 3,
  pruned: 0,
  failed: 0,
  cancelled: 0,
  ...change,
});

describe('the exit code of a sweep', () => {
  it.each([
    ['finished', {}, 0],
    ['finished', { pruned: 2 }, 0],
    ['finished', { failed: 1 }, 3],
    ['finished', { cancelled: 1 }, 3],
    ['cancelled', {}, 3],
    ['failed', {}, 3],
  ] as const)('%s with %j is %i', (status, change, code) => {
    expect(sweepExitCode(status, counts(change))).toBe(code);
  });
});

describe('failures', () => {
  it('are told with what to do about their code', () => {
    const failed = { trials: [5, 6], example: 'used 1,300 MB' };
    expect(failureGroup({ code: 'out-of-memory', ...failed })).toEqual({
      code: 'out-of-memory',
      ...failed,
      advice: adviceOf('out-of-memory'),
    });
    expect(failureGroup({ code: 'of-a-later-elbow', ...failed }).advice).toBeNull();
  });

  it('name trials in runs, and not all of a thousand', () => {
    expect(numbersText([0, 1, 2, 3, 7, 9])).toBe('0–3, 7, 9');
    expect(numbersText([0, 2, 4, 6, 8, 10, 12, 14], 3)).toBe('0, 2, 4 … (8 in all)');
  });
});

describe('sweeps in words', () => {
  it('count by status and leave out what there is none of', () => {
    expect(countsText(counts({ failed: 1 }))).toBe('3 succeeded, 1 failed');
    expect(countsText(counts({ succeeded: 0 }))).toBe('no trials yet');
  });

  it('say what a trial is', () => {
    expect(trialText(trial({ samplesPerClass: 5000, replicate: 2 }))).toBe(
      'lenet · 5,000 per class · replicate 2',
    );
  });

  it('link to the workflows where the address of the UI is known', () => {
    const temporal = { uiUrl: 'http://127.0.0.1:8233/', namespace: 'elbow' };
    expect(temporalLink(temporal, 'curve')).toBe(
      'http://127.0.0.1:8233/namespaces/elbow/workflows?query=ElbowSweep%3D%22curve%22',
    );
    expect(temporalLink({ ...temporal, uiUrl: null }, 'curve')).toBeNull();
  });
});

describe('differences between specs', () => {
  const spec = (text: string): ReturnType<typeof parseSweep> => parseSweep(`name: a\n${text}`, 'a.yaml');

  it('are there exactly when the specs differ', () => {
    const one = spec('space: { optimizer: [adam, sgd], batchSize: [32, 64] }');
    const other = spec('space: { batchSize: [64, 32], optimizer: [sgd, adam] }');
    expect(specsEqual(one, other)).toBe(true);
    expect(specDifferences(one, other)).toEqual([]);
    const third = spec('seed: 7\nspace: { optimizer: adam, batchSize: [32, 64] }');
    expect(specsEqual(one, third)).toBe(false);
    expect(specDifferences(one, third)).toEqual([
      { path: 'seed', before: '42', after: '7' },
      { path: 'space.optimizer', before: '["adam","sgd"]', after: '"adam"' },
    ]);
  });

  it('name the setting of the entry of `arms` that differs', () => {
    const differences = specDifferences(
      spec('arms: [{ width: [1, 2] }, { name: x, l2: 0.1 }]'),
      spec('arms: [{ width: [1, 3] }, { name: x, l2: 0.1 }]'),
    );
    expect(differences).toEqual([{ path: 'arms[0].settings.width', before: '[1,2]', after: '[1,3]' }]);
  });

  it('are told by path, the first few of them', () => {
    const differences = specDifferences(spec('seed: 1'), spec('seed: 2\nreplicates: 3'));
    expect(differencesText(differences)).toContain('seed is 1 there and 2 here');
    expect(differencesText(differences, 1)).toMatch(/; and 1 more$/);
    expect(differencesText([{ path: 'space.a', before: null, after: '1' }])).toBe(
      'space.a is not set there and 1 here',
    );
  });
});

describe('the column of arms', () => {
  const label = (rate: number, norm: boolean): string => `model=lenet learningRate=${rate} batchNorm=${norm}`;

  it('has the settings’ names in its title where labels would be cut to look alike', () => {
    const labels = [label(0.0001, true), label(0.0001, false)];
    expect(armColumn(labels, 60)).toEqual({ title: 'arm', texts: labels });
    expect(armColumn(labels, 40)).toEqual({
      title: 'model learningRate batchNorm',
      texts: ['lenet 0.0001 true', 'lenet 0.0001 false'],
    });
  });

  it('cuts labels that do not name the same settings', () => {
    const labels = ['everything-together dropout=0.5', label(0.1, true)];
    expect(armColumn(labels, 20)).toEqual({
      title: 'arm',
      texts: ['everything-together…', 'model=lenet learnin…'],
    });
    expect(armColumn([], 20)).toEqual({ title: 'arm', texts: [] });
  });
});
