import { describe, expect, it } from 'vitest';
import { leadingArms, scorelessIn } from '../../src/report/leading.js';
import { curveText, summaryMarkdown } from '../../src/report/index.js';
import type { GroupRow } from '../../src/storage/storage.js';
import { fixture, manyArms, threeArms } from './fixture.js';

const { spec } = fixture({ text: threeArms }).made;

function group(armHash: string, samplesPerClass: number | null, mean: number | null): GroupRow {
  const spread = mean === null ? null : { count: 2, mean, min: mean, max: mean };
  return {
    armHash,
    armLabel: armHash,
    samplesPerClass,
    trials: 3,
    ended: 3,
    failed: 0,
    succeeded: mean === null ? 0 : 3,
    testAccuracy: spread,
    objective: spread,
    seconds: 1,
  };
}

describe('the leading arms', () => {
  const groups = [
    group('a', 10, 0.9),
    group('a', 100, 0.5),
    group('b', 10, 0.1),
    group('b', 100, 0.7),
    group('c', 100, null),
    group('d', 100, 0.6),
  ];

  it('are the best at the largest size with results, so many as are asked for', () => {
    expect(leadingArms(spec, groups, 9)).toEqual(['b', 'd', 'a']);
    expect(leadingArms(spec, groups, 2)).toEqual(['b', 'd']);
    expect(
      leadingArms({ ...spec, objective: { metric: 'val_loss', direction: 'minimize' } }, groups, 2),
    ).toEqual(['a', 'd']);
  });

  it('are none where nothing has succeeded', () => {
    expect(leadingArms(spec, [group('c', 100, null)], 9)).toEqual([]);
    expect(leadingArms(spec, [], 9)).toEqual([]);
  });

  it('of all images come last, as the largest size', () => {
    expect(leadingArms(spec, [...groups, group('e', null, 0.2)], 9)).toEqual(['e']);
  });

  it('leave trials that succeeded without a score to be counted', () => {
    // Three succeeded in each group that has scores, and two have one.
    expect(scorelessIn(groups)).toBe(5);
  });
});

it('a summary of the best arms says of how many they are the best', () => {
  const model = fixture({ text: manyArms });
  const arms = model.arms.filter(({ rank }) => rank !== null && rank <= 20);
  const text = curveText({ ...model, arms, ofArms: 1000 }, { width: 100 });
  expect(text).toContain('… and 980 more arms');
  expect(summaryMarkdown({ ...model, arms, ofArms: 1000 })).toContain('The best 10 of 1,000 arms.');
});
