import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../src/curves/mcnemar.js';
import golden from './golden/mcnemar.json' with { type: 'json' };

/** Bits as a training stores them: the first image is the lowest bit of the first byte. */
function bitsOf(answers: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(answers.length / 8));
  for (const [i, isRight] of answers.entries()) if (isRight) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

type Case = (typeof golden)[number];

const answersOf = ({ both, onlyFirst, onlySecond, neither }: Case): [Uint8Array, Uint8Array, number] => {
  const kinds = [
    ...Array<[boolean, boolean]>(both).fill([true, true]),
    ...Array<[boolean, boolean]>(onlyFirst).fill([true, false]),
    ...Array<[boolean, boolean]>(onlySecond).fill([false, true]),
    ...Array<[boolean, boolean]>(neither).fill([false, false]),
  ];
  return [bitsOf(kinds.map(([a]) => a)), bitsOf(kinds.map(([, b]) => b)), kinds.length];
};

describe('two models on the same images', () => {
  it.each(golden.map((one, i) => [i, one] as const))('are judged as statsmodels does: case %i', (_, one) => {
    const compared = compareAnswers(...answersOf(one));
    const { both, onlyFirst, onlySecond, neither } = one;
    expect(compared).toMatchObject({ both, onlyFirst, onlySecond, neither });
    expect(compared.difference).toBeCloseTo((onlyFirst - onlySecond) / compared.images, 12);
    expect(compared.p / one.p).toBeCloseTo(1, 9);
    expect(compared.interval.lo).toBeCloseTo(one.lo, 12);
    expect(compared.interval.hi).toBeCloseTo(one.hi, 12);
  });

  it('mirror each other', () => {
    const [first, second, images] = answersOf(golden[0]!);
    const [there, back] = [compareAnswers(first, second, images), compareAnswers(second, first, images)];
    expect(back).toMatchObject({ onlyFirst: there.onlySecond, onlySecond: there.onlyFirst, p: there.p });
    expect(back.difference).toBe(-there.difference);
    expect(back.interval.lo).toBeCloseTo(-there.interval.hi, 12);
  });

  it('that are the same have nothing between them', () => {
    const [first, , images] = answersOf(golden[0]!);
    expect(compareAnswers(first, first, images)).toMatchObject({ onlyFirst: 0, difference: 0, p: 1 });
  });

  it('are told apart for certain by 10,000 images that one alone got right', () => {
    const all = new Uint8Array(1250).fill(255);
    expect(compareAnswers(all, new Uint8Array(1250), 10_000)).toMatchObject({ difference: 1, p: 0 });
  });

  it('do not look at bits behind the last image, and refuse too few', () => {
    expect(compareAnswers(Uint8Array.of(0b111), Uint8Array.of(0b001), 1)).toMatchObject({
      both: 1,
      onlyFirst: 0,
    });
    expect(() => compareAnswers(Uint8Array.of(1), Uint8Array.of(1), 9)).toThrow('expected 2 bytes');
    expect(() => compareAnswers(Uint8Array.of(), Uint8Array.of(), 0)).toThrow('expected');
  });
});
