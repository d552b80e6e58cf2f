import { expect, it } from 'vitest';
import { anyOf } from '../../chaos/any-of.js';
import { FAULT_KINDS, planFaults } from '../../chaos/plan.js';

it('a seed gives its plan again, and another one another', () => {
  expect(planFaults(7, 100)).toEqual(planFaults(7, 100));
  expect(planFaults(8, 100)).not.toEqual(planFaults(7, 100));
  // A longer plan begins like a shorter one: a fault that was met is met again.
  expect(planFaults(7, 100).slice(0, 20)).toEqual(planFaults(7, 20));
});

it('every kind of fault comes up in a long plan, and in none that leaves it out', () => {
  const kinds = (some?: typeof FAULT_KINDS): Set<string> =>
    new Set(planFaults(1, 1000, some).map(({ kind }) => kind));
  expect(kinds()).toEqual(new Set(FAULT_KINDS));
  expect(kinds(['disk-full'])).toEqual(new Set(['disk-full']));
});

it('one of several is chosen by a number below 1, and none of none', () => {
  expect([0, 0.34, 0.67, 0.999].map((which) => anyOf(['a', 'b', 'c'], which))).toEqual([
    ['a'],
    ['b'],
    ['c'],
    ['c'],
  ]);
  expect(anyOf([], 0.5)).toEqual([]);
});
