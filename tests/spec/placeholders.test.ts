import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillPlaceholders, placeholderFault, placeholdersIn } from '../../src/spec/placeholders.js';

describe('placeholders', () => {
  it('leave every text as it is once its braces are doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', ' ', '$', '"', '\n', 'é') }), (text) => {
        const doubled = text.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(placeholderFault(doubled)).toBeNull();
        expect(placeholdersIn(doubled)).toEqual([]);
        expect(fillPlaceholders(doubled, {})).toBe(text);
      }),
    );
  });

  it('are filled once, wherever they stand: what is filled in is not looked at again', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, value, after) => {
        const escape = (text: string): string => text.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(fillPlaceholders(`${escape(before)}{a}${escape(after)}`, { a: value })).toBe(
          `${before}${value}${after}`,
        );
      }),
    );
  });

  it('take any name without braces, more than once, and give each once', () => {
    expect(placeholdersIn('{a}-{b c}-{a}{{d}}{é}')).toEqual(['a', 'b c', 'é']);
    expect(fillPlaceholders('{{{a}}}', { a: 1 })).toBe('{1}');
  });

  it.each([
    [0.1, '0.1'],
    [1e-7, '1e-7'],
    [1e21, '1e+21'],
    [-0, '0'],
    [100000, '100000'],
    [true, 'true'],
    [null, 'null'],
    ['', ''],
  ])('write %s as %s', (value, text) => {
    expect(fillPlaceholders('{a}', { a: value })).toBe(text);
  });

  it.each(['{', '}', 'a{', '}a', '{}', '{a', 'a}', '{a{b}', '{{a}', '{a}}'])(
    'of %s are out of order',
    (text) => {
      expect(placeholderFault(text)).not.toBeNull();
      expect(placeholdersIn(text)).toEqual([]);
    },
  );

  it('are not filled with what every object has', () => {
    expect(() => fillPlaceholders('{toString}', {})).toThrowError(/has no value/);
  });
});
