import { expect, it } from 'vitest';
import { milestones } from '../../src/training/milestones.js';
import { epoch } from '../support/rows.js';

it('finds the first epoch within a tenth of the best validation accuracy', () => {
  const accuracies = [0.1, 0.44, 0.45, 0.5, 0.4];
  const epochs = accuracies.map((valAccuracy, i) => epoch(i + 1, { valAccuracy }));
  expect(milestones(epochs, 7)).toEqual({ epochs_to_90_percent: 3, steps_to_90_percent: 21 });
});

it('says nothing without validation, or when nothing was right', () => {
  expect(milestones([epoch(1, { valAccuracy: null })], 7)).toEqual({});
  expect(milestones([epoch(1, { valAccuracy: 0 })], 7)).toEqual({});
  expect(milestones([], 7)).toEqual({});
});
