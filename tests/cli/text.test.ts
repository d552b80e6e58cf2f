import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agoText,
  countText,
  countedText,
  cutText,
  durationText,
  figureText,
  tableLines,
} from '../../src/cli/text.js';
import { at } from './results.js';

describe('durations', () => {
  it.each([
    [null, '–'],
    [0, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 m 0 s'],
    [80, '1 m 20 s'],
    [3599.6, '1 h 0 m'],
    [7300, '2 h 1 m'],
    [200_000, '2 d 7 h'],
  ])('%s seconds are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('never show 60 of a unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
        expect(durationText(seconds)).not.toMatch(/\b60 [ms]/);
      }),
    );
  });
});

describe('figures', () => {
  it.each([
    [null, '–'],
    [0, '0'],
    [0.42314, '0.423'],
    [0.00042, '4.2e-4'],
    [-1.5, '-1.500'],
    [2911.7, '2,912'],
    [310.24, '310.2'],
    [1_000_000, '1,000,000'],
  ])('%s is %s', (value, text) => {
    expect(figureText(value)).toBe(text);
  });

  it('count in the singular and the plural', () => {
    expect([1, 0, 21_000].map((n) => countedText(n, 'trial'))).toEqual([
      '1 trial',
      '0 trials',
      '21,000 trials',
    ]);
    expect(countText(5000)).toBe('5,000');
  });

  it('tell how long ago, and never in the future', () => {
    expect(agoText(at(0), at(30))).toBe('just now');
    expect(agoText(at(10), at(0))).toBe('just now');
    expect(agoText(at(0), at(200))).toBe('3 m ago');
    expect(agoText(at(0), at(7300))).toBe('2 h ago');
    expect(agoText(at(0), at(400_000))).toBe('4 d ago');
  });
});

describe('tables', () => {
  const columns = [{ title: 'arm' }, { title: 'ended', right: true }, { title: 'note' }];

  it('align their columns, figures at the right, and end no line in spaces', () => {
    expect(
      tableLines(columns, [
        ['optimizer=adam', '3', ''],
        ['sgd', '12', 'failed'],
      ]),
    ).toEqual([
      'arm             ended  note', //
      'optimizer=adam      3',
      'sgd                12  failed',
    ]);
  });

  it('are painted after they are aligned', () => {
    const lines = tableLines(columns, [['a', '1', 'x']], { cell: (text) => `<${text}>` });
    expect(lines[1]).toBe('<a>        <1>  <x>');
  });

  it('count marks that combine as no column', () => {
    const [, first, second] = tableLines(
      [{ title: 'name' }, { title: 'n' }],
      [
        ['o\u0308l-', '1'],
        ['oil-', '2'],
      ],
    );
    expect(first!.normalize('NFC').indexOf('1')).toBe(second!.indexOf('2'));
  });

  it('hold more rows than a call takes arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [`${i}`]);
    expect(tableLines([{ title: 'n' }], rows)).toHaveLength(200_001);
  });

  it('cut what is too long, by letters and not by halves of them', () => {
    expect(cutText('abcdef', 4)).toBe('abc…');
    expect(cutText('abcd', 4)).toBe('abcd');
    expect(cutText('🚗🚙🚌🚎', 3)).toBe('🚗🚙…');
  });
});
