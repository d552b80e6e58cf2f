import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignSets,
  classNames,
  digestOf,
  duplicateNotes,
  expectUsable,
  type Example,
} from '../../src/data/own/examples.js';

const example = (className: string, content: string, set: Example['set'] = null): Example => ({
  className,
  set,
  hash: createHash('sha256').update(content).digest('hex'),
  place: `${className}/${content}.png`,
});
const many = (className: string, count: number, from = 0): Example[] =>
  Array.from({ length: count }, (_, i) => example(className, `${className}${from + i}`));
const placesOf = (examples: readonly Example[]): string[] => examples.map(({ place }) => place).sort();

describe('classes', () => {
  it('are ordered by value where all are numbers, else by code unit', () => {
    const named = (...names: string[]) => classNames(names.map((className) => ({ className })));
    expect(named('10', '9', '2', '9')).toEqual(['2', '9', '10']);
    expect(named('10', '9', 'b', 'B')).toEqual(['10', '9', 'B', 'b']);
  });
});

describe('the split by content', () => {
  it('takes about the share that was asked for', () => {
    const { train, test } = assignSets(many('a', 2_000), ['a'], 0.2);
    // Four standard deviations of a binomial count: 4 √(2000 · 0.2 · 0.8).
    expect(Math.abs(test[0]!.length - 400)).toBeLessThan(72);
    expect(train[0]!.length + test[0]!.length).toBe(2_000);
  });

  it('moves none when others are added, whatever their order and their names', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 80 }), fc.integer({ min: 1, max: 40 }), (before, added) => {
        const first = many('a', before);
        const side = (examples: readonly Example[]) => assignSets(examples, ['a'], 0.2);
        const old = side(first);
        const now = side([...many('a', added, 1_000), ...first].reverse());
        const newTest = new Set(placesOf(now.test[0]!));
        // With 40 and more, none was moved only to have one on each side.
        expect(placesOf(old.test[0]!).every((place) => newTest.has(place))).toBe(true);
        expect(placesOf(old.train[0]!).some((place) => newTest.has(place))).toBe(false);
        const renamed = first.map((one) => ({ ...one, place: `other/${one.hash}` }));
        expect(side(renamed).test[0]!.map(({ hash }) => hash)).toEqual(old.test[0]!.map(({ hash }) => hash));
      }),
      { numRuns: 30 },
    );
  });

  it('gives each side of a small class an example, and equal ones the same side', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.nat(1_000),
        fc.constantFrom(0.01, 0.2, 0.99),
        (n, from, share) => {
          const examples = many('a', n, from);
          const { train, test } = assignSets([...examples, ...examples], ['a'], share);
          expect(train[0]!.length).toBeGreaterThan(0);
          expect(test[0]!.length).toBeGreaterThan(0);
          const testHashes = new Set(test[0]!.map(({ hash }) => hash));
          expect(train[0]!.some(({ hash }) => testHashes.has(hash))).toBe(false);
        },
      ),
    );
  });

  it('leaves to the folders what they say', () => {
    const examples = [example('a', '1', 'test'), example('a', '2', 'train'), example('a', '3', 'test')];
    const { train, test } = assignSets(examples, ['a'], 0.2);
    expect(placesOf(test[0]!)).toEqual(['a/1.png', 'a/3.png']);
    expect(placesOf(train[0]!)).toEqual(['a/2.png']);
  });
});

describe('the digest', () => {
  it('is that of contents, classes and sets, in whatever order they come', () => {
    const examples = [...many('a', 3), ...many('b', 3)];
    const digest = digestOf({ size: 32 }, examples);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf({ size: 32 }, [...examples].reverse())).toBe(digest);
    expect(
      digestOf(
        { size: 32 },
        examples.map((one) => ({ ...one, place: 'elsewhere' })),
      ),
    ).toBe(digest);
    const others = [
      digestOf({ size: 16 }, examples),
      digestOf({ size: 32 }, examples.slice(1)),
      digestOf({ size: 32 }, [...examples, examples[0]!]),
      digestOf(
        { size: 32 },
        examples.map((one) => ({ ...one, className: 'a' })),
      ),
      digestOf(
        { size: 32 },
        examples.map((one) => ({ ...one, set: 'train' as const })),
      ),
    ];
    expect(new Set([digest, ...others]).size).toBe(6);
  });
});

describe('what cannot be learned from', () => {
  const usable = (examples: readonly Example[], isFixed = false) =>
    expectUsable(examples, { path: '/p', noun: 'image', isFixed });

  it.each([
    [[], 'expected at least 2 classes in /p, got 0'],
    [many('a', 5), 'expected at least 2 classes in /p, got 1, a'],
    [
      [...many('a', 5), ...many('b', 1), example('c', 'x'), example('c', 'x')],
      'expected at least 2 different images of each class, one to train and one to test in /p; too few: b, c',
    ],
  ])('is refused: %#', (examples, message) => {
    expect(() => usable(examples)).toThrowError(
      expect.objectContaining({ code: 'data-unusable', exitCode: 2, message }),
    );
  });

  it('is a class that has only training images where the folders decide', () => {
    const sides = [example('a', '1', 'train'), example('a', '2', 'test'), example('b', '3', 'train')];
    expect(() => usable(sides, true)).toThrowError(
      /an image of each class in both train and test in \/p; too few: b/,
    );
    expect(() => usable([...sides, example('b', '4', 'test')], true)).not.toThrow();
    expect(() => usable([...many('a', 2), ...many('b', 2)])).not.toThrow();
  });
});

it('equal examples on both sides, or in two classes, are told', () => {
  expect(duplicateNotes([...many('a', 3), ...many('a', 3)], 'image')).toEqual([]);
  expect(
    duplicateNotes(
      [
        example('a', '1', 'train'),
        example('a', '1', 'test'),
        example('b', '2'),
        example('c', '2'),
        example('c', '2'),
      ],
      'image',
    ),
  ).toEqual([
    '1 image is both in train and in test, so the test is easier than it should be, such as a/1.png and a/1.png',
    '2 images are in more than one class, such as b/2.png and c/2.png',
  ]);
});
