import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { armsOf, defaultOf, parseSweep, printSpec, specsEqual } from '../../src/spec/index.js';
import { AUGMENTATIONS } from '../../src/spec/known.js';

const spec = (line: string) => parseSweep(`name: a\nspace:\n  ${line}\n`, 'f');

function errorOf(line: string): string {
  try {
    spec(line);
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return `${error.where?.line}:${error.where?.column} ${error.message} (${error.hint ?? ''})`;
  }
  return 'none';
}

describe('augmentation in a sweep file', () => {
  it('is off by default, and then in no arm’s hash', () => {
    for (const key of AUGMENTATIONS) expect(defaultOf(key)).toBe(key === 'flip' ? false : 0);
    expect(armsOf(spec('flip: false'))[0]!.hash).toBe('324028a58f5f');
    expect(armsOf(spec('flip: true'))[0]!.hash).not.toBe('324028a58f5f');
  });

  it('may be axes like any other setting', () => {
    const { space } = parseSweep(
      'name: a\nspace: { flip: [true, false], rotate: [0, 15.5, 180], mixup: [0, 0.2], crop: 31 }',
      'f',
    );
    expect(space).toMatchObject({ flip: [true, false], rotate: [0, 15.5, 180], mixup: [0, 0.2], crop: [31] });
  });

  it.each([
    ['flip: 1', /^3:9 `space.flip\[0\]`: expected true or false, got 1/],
    ['crop: 1.5', /^3:9 `space.crop\[0\]`: expected a whole number of at least 0, got 1.5/],
    [
      'crop: [4, 32]',
      /^3:13 `space.crop\[1\]`: expected a whole number below 32, the side .* cifar10, got 32 \(It counts/,
    ],
    ['cutout: 40', /^3:11 `space.cutout\[0\]`: expected a whole number below 32/],
    ['translate: 1', /^3:14 `space.translate\[0\]`: expected a number of at least 0 and below 1, got 1/],
    ['rotate: 181', /^3:11 `space.rotate\[0\]`: expected a number from 0 to 180, got 181/],
    ['rotate: -1', /expected a number from 0 to 180, got -1/],
    ['zoom: 1', /below 1, got 1/],
    ['brightness: 1.2', /below 1, got 1.2/],
    ['contrast: -0.1', /at least 0 and below 1, got -0.1/],
    ['saturation: lots', /at least 0 and below 1, got "lots"/],
    ['mixup: -1', /`space.mixup\[0\]`: expected a number of at least 0, got -1/],
    ['cutmix: true', /`space.cutmix\[0\]`: expected a number of at least 0, got true/],
    ['mixip: 1', /unknown key `space.mixip` \(Did you mean `mixup`/],
  ])('that is wrong is told with its place and what is right: %s', (line, expected) => {
    expect(errorOf(line)).toMatch(expected);
  });
});

describe('unfamiliar pictures in a sweep file', () => {
  const top = (lines: string) => parseSweep(`name: a\n${lines}`, 'f');

  it('are not asked for by default, and a spec is then as one that knows nothing of them', () => {
    expect(top('')).not.toHaveProperty('unfamiliar');
    expect(top('unfamiliar: false')).toEqual(top(''));
    expect(top('unfamiliar: true').unfamiliar).toBe(true);
    expect(specsEqual(top('unfamiliar: true'), top(''))).toBe(false);
  });

  it('are in no arm’s hash, and survive printing', () => {
    expect(armsOf(top('unfamiliar: true'))[0]!.hash).toBe(armsOf(top(''))[0]!.hash);
    expect(parseSweep(printSpec(top('unfamiliar: true')), 'g')).toEqual(top('unfamiliar: true'));
    expect(printSpec(top(''))).not.toMatch(/unfamiliar/);
  });

  it('may be set from outside, and need pictures', () => {
    expect(parseSweep('name: a', 'f', { set: ['unfamiliar=true'] }).unfamiliar).toBe(true);
    expect(() => top('unfamiliar: yes')).toThrow(/`unfamiliar`: expected true or false, got "yes"/);
    expect(() => top('trainable: noop\nunfamiliar: true')).toThrow(
      /`unfamiliar`: expected false, because noop sees no pictures, got true/,
    );
    expect(top('trainable: noop\nunfamiliar: false')).toEqual(top('trainable: noop'));
  });
});
