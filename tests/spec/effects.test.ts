import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { armsOf, countTrials, parseSweep, planTrials } from '../../src/spec/index.js';

const spec = (text: string) => parseSweep(`name: a\n${text}`, 'f');
const labels = (text: string): string[] => armsOf(spec(text)).map(({ label }) => label);

function errorsOf(text: string): string[] {
  try {
    spec(text);
    return [];
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return [error, ...error.others].map(
      ({ message, where, hint }) => `${where?.line}:${where?.column} ${message} (${hint})`,
    );
  }
}

describe('combinations that differ in what has no effect', () => {
  it('are one arm, called by what has', () => {
    expect(labels('space: { optimizer: [adam, momentum, nesterov], momentum: [0.5, 0.9] }')).toEqual([
      'optimizer=adam',
      'optimizer=momentum momentum=0.5',
      'optimizer=momentum momentum=0.9',
      'optimizer=nesterov momentum=0.5',
      'optimizer=nesterov momentum=0.9',
    ]);
    expect(labels('space: { loss: [mse, focal, cross-entropy], focalGamma: [1, 2] }')).toEqual([
      'loss=mse',
      'loss=focal focalGamma=1',
      'loss=focal focalGamma=2',
      'loss=cross-entropy',
    ]);
    expect(
      labels('space: { schedule: [constant, step, cosine], scheduleEpochs: [5, 9], scheduleFactor: 0.5 }'),
    ).toEqual([
      'schedule=constant',
      'schedule=step scheduleEpochs=5',
      'schedule=step scheduleEpochs=9',
      'schedule=cosine',
    ]);
  });

  it('are counted once, and have the hash of the arm without the setting', () => {
    const both = spec('replicates: 2\nspace: { optimizer: [adam, momentum], momentum: [0.5, 0.9] }');
    expect(countTrials(both)).toBe(6);
    expect(planTrials(both)).toHaveLength(6);
    expect(armsOf(both)[0]!.hash).toBe(armsOf(spec(''))[0]!.hash);
  });

  it('are one arm across entries of `arms`, too', () => {
    expect(labels('space: { momentum: 0.5 }\narms: [{ name: x }, { optimizer: momentum }]')).toEqual([
      'x',
      'optimizer=momentum',
    ]);
  });

  it('of a noop are told apart by any parameter', () => {
    expect(labels('trainable: noop\nspace: { optimizer: adam, momentum: [1, 2] }')).toEqual([
      'momentum=1',
      'momentum=2',
    ]);
  });
});

describe('a setting that would change no arm', () => {
  it.each([
    [
      'space: { optimizer: sgd, momentum: 0.95 }',
      '2:36 `space.momentum`: 0.95 changes nothing beside optimizer sgd (Leave it out: it counts with optimizer momentum or nesterov.)',
    ],
    [
      'space: { momentum: [0.5, 0.9] }',
      '2:20 `space.momentum`: 0.5 changes nothing beside optimizer adam (Leave it out: it counts with optimizer momentum or nesterov.)',
    ],
    [
      'arms: [{ loss: [mse, focal], labelSmoothing: 0.1 }, { loss: cross-entropy }]',
      '2:46 `arms[0].labelSmoothing`: 0.1 changes nothing beside loss mse, focal (Leave it out: it counts with loss cross-entropy.)',
    ],
    [
      'space: { scheduleEpochs: 5 }\narms: [{ schedule: cosine }, { schedule: one-cycle }]',
      '2:26 `space.scheduleEpochs`: 5 changes nothing beside schedule cosine, one-cycle (Leave it out: it counts with schedule step or exponential or plateau.)',
    ],
    [
      'dataset: mnist\nspace: { saturation: 0.2, brightness: 0.2 }',
      '3:22 `space.saturation[0]`: 0.2 changes nothing on the grey images of mnist (Grey has no saturation; leave this setting out.)',
    ],
  ])('is told with its place and a remedy: %s', (text, error) => {
    expect(errorsOf(text)).toEqual([error]);
  });

  it('may be its default, and may be read by another entry of `arms`', () => {
    expect(errorsOf('space: { optimizer: sgd, momentum: 0.9, labelSmoothing: 0, focalGamma: 2 }')).toEqual(
      [],
    );
    expect(
      errorsOf('space: { momentum: 0.5 }\narms: [{ optimizer: adam }, { optimizer: momentum }]'),
    ).toEqual([]);
    expect(errorsOf('space: { saturation: 0.2 }')).toEqual([]);
  });
});

describe('a warm-up', () => {
  it('ends before the epochs do, in every combination', () => {
    expect(errorsOf('space: { warmupEpochs: [1, 5], epochs: [5, 20] }')).toEqual([
      '2:24 `space.warmupEpochs`: expected fewer epochs of warm-up than the 5 of a trial, got 5 (The rate rises through the warm-up and is whole after it; take a shorter one or more `epochs`.)',
    ]);
    expect(errorsOf('space: { warmupEpochs: 4, epochs: 5 }')).toEqual([]);
    expect(errorsOf('space: { warmupEpochs: 4 }\narms: [{ epochs: 9 }, { epochs: 3 }]')).toHaveLength(1);
  });
});
