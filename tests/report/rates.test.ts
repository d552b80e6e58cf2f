import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateReport } from '../../src/report/rates.js';
import type { ArmReport } from '../../src/report/types.js';
import type { ArmParams } from '../../src/spec/types.js';
import { fixture, manyRates, noop, threeArms } from './fixture.js';

type Means = Readonly<Record<number, readonly [validation: number | null, test: number]>>;

/** An arm with means by size; nothing else of it matters here. */
function arm(params: ArmParams, means: Means): ArmReport {
  const sizes = Object.entries(means).map(([n, [validation, test]]) => ({ n: Number(n), validation, test }));
  const quickness = { epochs: 4, steps: 200, seconds: 2 };
  return {
    hash: JSON.stringify(params),
    label: Object.entries(params)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    params,
    rank: null,
    objective: null,
    isHighlighted: true,
    points: sizes.map(({ n, test }) => ({
      n,
      replicates: 3,
      mean: test,
      std: 0.01,
      plain: { lo: test - 0.03, hi: test + 0.03 },
      pooled: { lo: test - 0.02, hi: test + 0.02 },
      elsewhere: null,
      freedom: 4,
      scores: [],
    })),
    fit: null,
    splits: sizes.map(({ n, validation, test }) => ({
      n,
      train: null,
      validation,
      test,
      unfamiliar: null,
      seconds: null,
      quickness,
    })),
    isSurvivorsOnly: false,
    targetAt: null,
    sizeless: null,
  };
}

/** Arms at one size: validation accuracy by rate, the test accuracy 0.01 lower. */
const arms = (optimizer: string, byRate: Readonly<Record<string, number | null>>): ArmReport[] =>
  Object.entries(byRate).map(([rate, validation]) =>
    arm({ optimizer, learningRate: Number(rate) }, { 500: [validation, (validation ?? 0.31) - 0.01] }),
  );

const only = (own: readonly ArmReport[]) => rateReport(own, 0.1)!.groups[0]!;

describe('the best rate', () => {
  it('is the one with the highest validation accuracy, whatever the test accuracy says', () => {
    const own = [
      arm({ learningRate: 0.01 }, { 500: [0.4, 0.6] }),
      arm({ learningRate: 0.1 }, { 500: [0.5, 0.45] }),
      arm({ learningRate: 1 }, { 500: [0.3, 0.7] }),
    ];
    expect(only(own)).toEqual({
      hash: own[1]!.hash,
      n: 500,
      rate: 0.1,
      edge: null,
      validation: 0.5,
      test: 0.45,
      interval: own[1]!.points[0]!.pooled,
      trials: 3,
      largestTraining: 1,
      quickness: { epochs: 4, steps: 200, seconds: 2 },
      rates: own.map(({ params, hash, splits: [split] }) => ({
        rate: params['learningRate'],
        hash,
        validation: split!.validation,
        test: split!.test,
      })),
    });
  });

  it('is the lower one on a tie, whichever stands first', () => {
    const own = arms('sgd', { 0.01: 0.3, 0.03: 0.5, 0.1: 0.5 });
    expect(only(own).rate).toBe(0.03);
    expect(only(own.toReversed())).toEqual(only(own));
  });

  it('is marked where it is the lowest or the highest tried', () => {
    expect(only(arms('sgd', { 0.01: 0.5, 0.03: 0.4, 0.1: 0.3 })).edge).toBe('lowest');
    expect(only(arms('sgd', { 0.01: 0.3, 0.03: 0.4, 0.1: 0.5 })).edge).toBe('highest');
    expect(only(arms('sgd', { 0.01: 0.3, 0.03: 0.5, 0.1: 0.4 })).edge).toBeNull();
  });

  it('is not one without validation accuracy, which then counts as not tried', () => {
    const group = only(arms('sgd', { 0.01: 0.3, 0.03: 0.5, 0.1: null }));
    expect(group).toMatchObject({ rate: 0.03, edge: 'highest', largestTraining: 0.03 });
    expect(group.rates.map(({ rate }) => rate)).toEqual([0.01, 0.03]);
  });

  it('is judged at the largest size that the group has results for', () => {
    const own = [
      arm({ learningRate: 0.01 }, { 100: [0.9, 0.9], 500: [0.4, 0.4] }),
      arm({ learningRate: 0.1 }, { 100: [0.1, 0.1], 500: [0.5, 0.5] }),
      arm({ learningRate: 1 }, { 100: [0.8, 0.8] }),
    ];
    expect(only(own)).toMatchObject({ n: 500, rate: 0.1, edge: 'highest' });
  });
});

describe('groups', () => {
  it('are arms that are equal in everything but the rate, by test accuracy', () => {
    const report = rateReport(
      [...arms('sgd', { 0.01: 0.3, 0.1: 0.4 }), ...arms('adam', { 0.001: 0.2, 0.003: 0.5 })],
      0.1,
    )!;
    expect(report.groups.map(({ rate }) => rate)).toEqual([0.003, 0.1]);
    expect(report.leftOut).toBe(0);
  });

  it('stay in the order of the arms when they are equal', () => {
    const own = ['a', 'b', 'c'].flatMap((name) => arms(name, { 0.01: 0.3, 0.1: 0.4 }));
    expect(rateReport(own, 0.1)!.groups.map(({ hash }) => hash)).toEqual([1, 3, 5].map((i) => own[i]!.hash));
  });

  it('of fewer than two rates are left out and counted', () => {
    const report = rateReport(
      [
        ...arms('sgd', { 0.01: 0.3, 0.1: 0.4 }),
        ...arms('adam', { 0.001: 0.6 }),
        ...arms('adamax', { 0.001: 0.6, 0.01: null }),
      ],
      0.1,
    )!;
    expect(report).toMatchObject({ leftOut: 2, groups: [{ rate: 0.1 }] });
  });

  it('are none where no group has two rates', () => {
    expect(rateReport([], 0.1)).toBeNull();
    expect(rateReport([...arms('sgd', { 0.1: 0.4 }), ...arms('adam', { 0.001: 0.6 })], 0.1)).toBeNull();
    expect(rateReport([arm({ learningRate: 0.1 }, {}), arm({ learningRate: 0.2 }, {})], 0.1)).toBeNull();
  });

  it('do not depend on the order of arms, and choose the best of what they list', () => {
    const accuracy = fc.oneof(
      fc.constant(null),
      fc.integer({ min: 0, max: 20 }).map((i) => i / 20),
    );
    const own = fc.uniqueArray(
      fc.record({
        optimizer: fc.constantFrom('sgd', 'adam'),
        rate: fc.constantFrom(0.001, 0.01, 0.1, 1),
        accuracy,
      }),
      { selector: ({ optimizer, rate }) => `${optimizer} ${rate}` },
    );
    fc.assert(
      fc.property(own, (cells) => {
        const all = cells.flatMap((one) => arms(one.optimizer, { [one.rate]: one.accuracy }));
        const report = rateReport(all, 0.1);
        const groups = report?.groups ?? [];
        for (const { rates, rate, validation, edge } of groups) {
          expect(rates.length).toBeGreaterThan(1);
          expect(validation).toBe(Math.max(...rates.map((one) => one.validation)));
          expect(rates.find((one) => one.validation === validation)!.rate).toBe(rate);
          expect(edge !== null).toBe(rate === rates[0]!.rate || rate === rates.at(-1)!.rate);
        }
        const byHash = (report: ReturnType<typeof rateReport>) =>
          report?.groups.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
        expect(byHash(rateReport(all.toReversed(), 0.1))).toEqual(byHash(report));
      }),
    );
  });
});

describe('the largest rate that still trains', () => {
  const accuracies = { 0.01: 0.5, 0.1: 0.205, 1: 0.2, 10: 0.11 };

  it('is above chance by more than a tenth of the way to every image right', () => {
    expect(rateReport(arms('sgd', accuracies), 0.1)).toMatchObject({
      trainsAbove: expect.closeTo(0.19, 12),
      groups: [{ largestTraining: 0.1 }],
    });
    const two = { 0.01: 0.9, 0.1: 0.57, 1: 0.54 };
    expect(rateReport(arms('sgd', two), 0.5)).toMatchObject({
      trainsAbove: expect.closeTo(0.55, 12),
      groups: [{ largestTraining: 0.1 }],
    });
  });

  it('is none where all guess, and nothing is said where chance is not known', () => {
    expect(only(arms('sgd', { 0.01: 0.12, 0.1: 0.11 })).largestTraining).toBeNull();
    expect(rateReport(arms('sgd', accuracies), null)).toMatchObject({
      trainsAbove: null,
      groups: [{ largestTraining: null }],
    });
  });
});

describe('the report of a sweep', () => {
  it('has a group for all settings of an optimizer, each at a rate of its own', () => {
    const { rates } = fixture(manyRates);
    expect(rates).toMatchObject({ leftOut: 0 });
    expect(rates!.groups).toHaveLength(12);
    const edges = new Set(rates!.groups.map(({ rate, edge }) => `${rate} ${edge}`));
    expect(edges).toEqual(new Set(['0.1 highest', '0.3 lowest', '0.001 null']));
    const guessing = rates!.groups.filter((group) => group.rates.some(({ rate }) => rate === 3));
    expect(guessing.map(({ largestTraining }) => largestTraining)).toEqual([1, 1, 1, 1]);
  });

  it('ignores trials that failed', () => {
    const whole = fixture(manyRates).rates!;
    const { hash } = whole.groups[0]!;
    const failed = {
      status: 'failed',
      testAccuracy: null,
      valAccuracy: null,
      objective: null,
      metrics: {},
    } as const;
    const without = (isGone: (replicate: number) => boolean) =>
      fixture({
        ...manyRates,
        change: (result, trial) => ({
          ...manyRates.change!(result, trial),
          ...(result.armHash === hash && isGone(result.replicate) ? failed : {}),
        }),
      }).rates!;
    const one = without((replicate) => replicate === 0).groups.find((group) => group.hash === hash)!;
    expect(one).toMatchObject({ trials: 2, rate: 0.1 });
    const all = without(() => true).groups.find(
      (group) => group.rates[0]!.hash === whole.groups[0]!.rates[0]!.hash,
    )!;
    expect(all).toMatchObject({ rate: 0.03, edge: 'highest' });
  });

  it('has none without several rates, or of one’s own trainables', () => {
    expect(fixture({ text: threeArms }).rates).toBeNull();
    const own = noop.replace('color: [red, green, blue]', 'learningRate: [0.1, 0.2]');
    expect(fixture({ text: own }).rates).toBeNull();
  });
});
