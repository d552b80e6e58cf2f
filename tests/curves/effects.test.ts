import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectsOf, type Effects } from '../../src/curves/effects.js';
import { crossingGroups, factorsOf, type Factor, type GridScore } from '../../src/curves/factorial.js';
import golden from './golden/effects.json' with { type: 'json' };

const factors: Factor[] = Object.entries(golden.levels).map(([name, levels]) => ({ name, levels }));
const scores: GridScore[] = golden.rows.map(({ replicate, score, ...levels }) => ({
  levels,
  replicate,
  score,
}));

interface Told {
  readonly levels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
  readonly p: number;
  readonly adjusted?: number;
}

describe('effects of settings', () => {
  const effects = effectsOf(factors, scores)!;
  const main = effects.main.settings.flatMap(({ setting, levels }) =>
    levels.map((one) => ({ ...one, at: { [setting]: one.level } })),
  );
  const pairs = effects.interactions!.pairs.flatMap(({ settings: [first, second], cells }) =>
    cells.map((one) => ({ ...one, at: { [first]: one.levels[0], [second]: one.levels[1] } })),
  );

  it.each([
    ['each', main, golden.main],
    ['two together', pairs, golden.pairs],
  ])('are those of a regression of every replicate: %s', (_, own, told) => {
    expect(own.map(({ at }) => at)).toEqual((told as Told[]).map(({ levels }) => levels));
    for (const [i, { value, lo, hi, p, adjusted }] of (told as Told[]).entries()) {
      expect(own[i]!.value).toBeCloseTo(value, 10);
      expect(own[i]!.interval!.lo).toBeCloseTo(lo, 10);
      expect(own[i]!.interval!.hi).toBeCloseTo(hi, 10);
      expect(own[i]!.p).toBeCloseTo(p, 9);
      if (adjusted !== undefined) expect(own[i]!.adjusted).toBeCloseTo(adjusted, 9);
    }
  });

  it('that mirror each other are one test and have one p', () => {
    expect(effects.main.family).toBe(golden.families.main);
    expect(effects.interactions!.family).toBe(golden.families.interactions);
    const [first, second] = effects.main.settings[0]!.levels;
    expect(second!.adjusted).toBe(first!.adjusted);
    expect(pairs.filter(({ isMirrored }) => !isMirrored)).toHaveLength(golden.families.interactions);
  });

  it('of two values are told as their difference, too', () => {
    const [a, b] = effects.main.settings;
    expect(a!.difference!.value).toBeCloseTo(2 * a!.levels[0]!.value, 12);
    expect(a!.difference!.value).toBeCloseTo(a!.levels[0]!.mean - a!.levels[1]!.mean, 12);
    expect(a!.difference!.interval!.lo).toBeCloseTo(2 * a!.levels[0]!.interval!.lo, 12);
    expect(a!.difference!.p).toBeCloseTo(a!.levels[0]!.p!, 9);
    expect(b!.difference).toBeNull();
  });

  it('leave out replicates that lack a combination, and say how many', () => {
    const without = effectsOf(factors, scores.slice(1))!;
    expect(without).toMatchObject({ replicates: 3, leftOut: 1 });
    expect(without).toEqual({
      ...effectsOf(
        factors,
        scores.filter(({ replicate }) => replicate !== 0),
      ),
      leftOut: 1,
    });
    expect(effectsOf(factors, scores.slice(0, 11))).toBeNull();
    expect(effectsOf(factors, [])).toBeNull();
  });

  it('of one replicate have no tests', () => {
    const one = effectsOf(
      factors,
      scores.filter(({ replicate }) => replicate === 0),
    )!;
    expect(one).toMatchObject({ replicates: 1, main: { family: 0 }, interactions: { family: 0 } });
    expect(one.main.settings[0]!.levels[0]).toMatchObject({ interval: null, p: null, adjusted: null });
    expect(one.main.settings[0]!.difference!.value).not.toBe(0);
  });

  it('of a single setting come without interactions', () => {
    const single = effectsOf(
      [{ name: 'x', levels: [1, 2, 3] }],
      [0.1, 0.2, 0.6].map((score, i) => ({ levels: { x: i + 1 }, replicate: 0, score })),
    )!;
    expect(single.main.settings[0]!.levels.map(({ value }) => value.toFixed(6))).toEqual([
      '-0.200000',
      '-0.100000',
      '0.300000',
    ]);
    expect(single.interactions).toEqual({ family: 0, pairs: [] });
  });

  it('that are the same in every replicate are certain, or nothing', () => {
    const [sure, none] = effectsOf(
      [
        { name: 'x', levels: [true, false] },
        { name: 'y', levels: [true, false] },
      ],
      [0, 1].flatMap((replicate) =>
        [true, false].flatMap((x) =>
          [true, false].map((y) => ({ levels: { x, y }, replicate, score: replicate + (x ? 0.3 : 0.1) })),
        ),
      ),
    )!.main.settings;
    expect(sure!.difference).toMatchObject({ p: 0, adjusted: 0 });
    expect(none!.difference).toMatchObject({ p: 1, adjusted: 1 });
  });

  it('of more combinations than can be read are those of single settings alone', () => {
    const levels = Array.from({ length: 50 }, (_, i) => i);
    const many = ['x', 'y'].map((name) => ({ name, levels }));
    const own = levels.flatMap((x) => levels.map((y) => ({ levels: { x, y }, replicate: 0, score: x * y })));
    expect(effectsOf(many, own)!.interactions).toBeNull();
  });

  it('refuse scores that stand nowhere, or twice', () => {
    const odd = { levels: { a: 'a9', b: 'b1', c: 'c1' }, replicate: 0, score: 0.5 };
    expect(() => effectsOf(factors, [odd])).toThrow('expected a value of a, got a9');
    expect(() => effectsOf(factors, [scores[0]!, scores[0]!])).toThrow('once in replicate 0');
    expect(() => effectsOf(factors, [{ ...scores[0]!, score: NaN }])).toThrow('finite');
  });
});

/** Every figure, in order. */
const figures = (effects: Effects): number[] =>
  [
    ...effects.main.settings.flatMap(({ levels }) => levels),
    ...effects.interactions!.pairs.flatMap(({ cells }) => cells),
  ].map(({ value }) => value);

describe('whatever the scores are', () => {
  const grid = fc.tuple(
    fc.constantFrom<[number, number, number]>([2, 2, 2], [2, 3, 1], [3, 4, 2]),
    fc.integer({ min: 1, max: 3 }),
    fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  );
  const made = ([[a, b, c], replicates, stream]: [[number, number, number], number, Stream]): [
    Factor[],
    GridScore[],
  ] => {
    const names = ['a', 'b', 'c'] as const;
    const own = [a, b, c].map((length, i) => ({
      name: names[i]!,
      levels: Array.from({ length }, (_, level) => level),
    }));
    const cells = own.reduce<Record<string, number>[]>(
      (all, { name, levels }) => all.flatMap((one) => levels.map((level) => ({ ...one, [name]: level }))),
      [{}],
    );
    return [
      own.filter(({ levels }) => levels.length > 1),
      Array.from({ length: replicates }, (_, replicate) =>
        cells.map((levels) => ({ levels, replicate, score: stream.next().value })),
      ).flat(),
    ];
  };
  type Stream = { next(): { value: number } };

  it('what a level is given more moves it against the others by just that, and nothing else', () => {
    fc.assert(
      fc.property(grid, fc.double({ min: -1, max: 1, noNaN: true }), (input, more) => {
        const [own, before] = made(input);
        const after = before.map((one) =>
          one.levels['a'] === 0 ? { ...one, score: one.score + more } : one,
        );
        const [was, is] = [effectsOf(own, before)!, effectsOf(own, after)!];
        const shift = more / own[0]!.levels.length;
        const moved = figures(is).map((value, i) => value - figures(was)[i]!);
        const expected = moved.map((_, i) =>
          i === 0 ? more - shift : i < own[0]!.levels.length ? -shift : 0,
        );
        for (const [i, value] of moved.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
      }),
      { numRuns: 50 },
    );
  });

  it('the order of the rows changes no digit', () => {
    fc.assert(
      fc.property(grid, fc.integer(), (input, seed) => {
        const [own, before] = made(input);
        const order = fc.sample(fc.shuffledSubarray(before, { minLength: before.length }), {
          seed,
          numRuns: 1,
        })[0]!;
        expect(effectsOf(own, order)).toEqual(effectsOf(own, before));
      }),
      { numRuns: 50 },
    );
  });
});

describe('settings that make a full grid', () => {
  const grid = [0.1, 0.2].flatMap((rate) =>
    ['adam', 'sgd'].map((optimizer) => ({ rate, optimizer, epochs: 5 })),
  );

  it('are those that differ, with their values in the order in which they come', () => {
    expect(factorsOf(['optimizer', 'rate', 'epochs'], grid)).toEqual([
      { name: 'optimizer', levels: ['adam', 'sgd'] },
      { name: 'rate', levels: [0.1, 0.2] },
    ]);
  });

  it('are without one that has a single value wherever it has any', () => {
    const own = grid.map((one) => (one.optimizer === 'sgd' ? { ...one, momentum: 0.9 } : one));
    expect(factorsOf(['optimizer', 'rate', 'momentum'], own)).toEqual(factorsOf(['optimizer', 'rate'], grid));
    expect(factorsOf(['x'], [{ x: null }, { x: false }])).toEqual([{ name: 'x', levels: [null, false] }]);
  });

  it.each([
    ['one is missing', grid.slice(1)],
    ['one stands twice in the place of another', [...grid.slice(1), grid[1]!]],
    ['a setting is not there everywhere', [...grid.slice(0, 3), { rate: 0.2, epochs: 5 }]],
    ['none differs', grid.slice(0, 1)],
    ['there is none', []],
  ])('are none where %s', (_, combinations) => {
    expect(factorsOf(['optimizer', 'rate', 'epochs'], combinations as typeof grid)).toBeNull();
  });
});

describe('groups of settings that cross', () => {
  const rates = { sgd: [0.1, 0.2], adam: [0.001, 0.002, 0.003] };
  const tied = Object.entries(rates).flatMap(([optimizer, own]) =>
    own.flatMap((rate) => [true, false].map((norm) => ({ optimizer, norm, rate, epochs: 5 }))),
  );
  const names = ['optimizer', 'norm', 'rate', 'epochs'];

  it('are those of single settings in a grid', () => {
    const grid = [1, 2].flatMap((a) => ['x', 'y', 'z'].map((b) => ({ a, b })));
    expect(crossingGroups(['a', 'b'], grid)).toEqual([['a'], ['b']]);
    expect(crossingGroups(['b'], grid.slice(0, 3))).toEqual([['b']]);
  });

  it('hold tied settings together, in the order of the names', () => {
    expect(crossingGroups(names, tied)).toEqual([['optimizer', 'rate'], ['norm']]);
  });

  it('tell a setting that is not there from one that has any value', () => {
    const own = tied.flatMap((one) =>
      one.optimizer === 'sgd' ? [0.5, 0.9].map((momentum) => ({ ...one, momentum })) : [one],
    );
    expect(crossingGroups([...names, 'momentum'], own)).toEqual([
      ['optimizer', 'rate', 'momentum'],
      ['norm'],
    ]);
  });

  it('are none where any two cross, and not all together', () => {
    // c is a xor b: any two cross, the three do not.
    const latin = [0, 1].flatMap((a) => [0, 1].map((b) => ({ a, b, c: a ^ b })));
    expect(crossingGroups(['a', 'b', 'c'], latin)).toBeNull();
  });

  it.each([
    ['all are tied', tied.filter(({ norm }) => norm)],
    ['a combination is missing', tied.slice(1)],
    ['none differs', tied.slice(0, 1)],
    ['there is none', []],
  ])('are none where %s', (_, combinations) => {
    expect(crossingGroups(names, combinations)).toBeNull();
  });
});
