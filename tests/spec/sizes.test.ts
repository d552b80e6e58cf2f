import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesIn, sizeText } from '../../src/spec/sizes.js';

describe('an amount of memory', () => {
  it('is read in decimal and binary units', () => {
    expect(bytesIn('500MB')).toBe(5e8);
    expect(bytesIn('1.5 GiB')).toBe(1.5 * 2 ** 30);
    expect(bytesIn('2TB')).toBe(2e12);
    for (const text of ['', '0GB', '4', '4g', '-1GB', '1e3MB', '4 Gib', '99999999999TB'])
      expect(bytesIn(text), text).toBeNull();
  });

  it('is written so that it is read as the same again', () => {
    expect(sizeText(4 * 2 ** 30)).toBe('4GiB');
    expect(sizeText(5e8)).toBe('500MB');
    fc.assert(
      fc.property(fc.integer({ min: 1e6, max: 2 ** 50 }), (bytes) => {
        expect(bytesIn(sizeText(bytes))).toBe(bytes);
      }),
    );
  });
});
