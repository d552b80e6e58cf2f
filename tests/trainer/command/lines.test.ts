import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter, type Line } from '../../../src/trainer/command/lines.js';

function linesOf(chunks: readonly Uint8Array[], limit?: number): Line[] {
  const splitter = createLineSplitter(limit);
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  const rest = splitter.end();
  return rest === null ? lines : [...lines, rest];
}

const textsOf = (text: string, limit?: number): string[] =>
  linesOf([Buffer.from(text)], limit).map((line) => line.text);

/** Cuts bytes at random places. */
const cutBytes = fc
  .tuple(
    fc.array(
      fc.constantFrom(...Array.from('ab\n\r\n\r{é😀\0', (c) => Buffer.from(c)), Buffer.from([0xff, 0xc3])),
    ),
    fc.array(fc.nat(200)),
  )
  .map(([parts, cuts]) => {
    const bytes = Buffer.concat(parts);
    const places = [...new Set([0, ...cuts.filter((at) => at < bytes.length), bytes.length])].sort(
      (a, b) => a - b,
    );
    return { bytes, chunks: places.slice(1).map((to, i) => bytes.subarray(places[i], to)) };
  });

describe('lines', () => {
  it('are the same wherever the output is cut', () => {
    fc.assert(
      fc.property(cutBytes, fc.constantFrom(1, 2, 3, 5, 65_536), ({ bytes, chunks }, limit) => {
        expect(linesOf(chunks, limit)).toEqual(linesOf([bytes], limit));
      }),
    );
  });

  it('are those of the text where it has no returns', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }).map((s) => s.replace(/[\n\r]/g, ''))), (lines) => {
        expect(textsOf(lines.map((line) => `${line}\n`).join(''))).toEqual(
          lines.map((line) => Buffer.from(line).toString()),
        );
      }),
    );
  });

  it('need no end, and there is none after the last one', () => {
    expect(textsOf('a\nb')).toEqual(['a', 'b']);
    expect(textsOf('a\nb\n')).toEqual(['a', 'b']);
    expect(textsOf('\n\n')).toEqual(['', '']);
    expect(textsOf('')).toEqual([]);
  });

  it('end with \\r\\n, too, and are begun anew by \\r, as on a terminal', () => {
    expect(textsOf('a\r\nb\r\n')).toEqual(['a', 'b']);
    expect(textsOf('10 %\r50 %\r100 %\ndone\n')).toEqual(['100 %', 'done']);
    expect(textsOf('10 %\r100 %\r')).toEqual(['100 %']);
    expect(textsOf('a\r\r\n')).toEqual(['a']);
  });

  it('hold U+FFFD in place of what is not UTF-8, also at a cut within a character', () => {
    expect(linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a])])).toEqual([{ text: 'a�b', dropped: 0 }]);
    const [first, ...rest] = Buffer.from('é\n');
    expect(linesOf([Buffer.from([first!]), Buffer.from(rest)])).toEqual([{ text: 'é', dropped: 0 }]);
  });

  it('keep their beginning where they are longer than the limit, and count what is dropped', () => {
    expect(linesOf([Buffer.from('abcdef\ngh\n')], 4)).toEqual([
      { text: 'abcd', dropped: 2 },
      { text: 'gh', dropped: 0 },
    ]);
    expect(
      linesOf(
        ['ab', 'cd', 'e', 'fg'].map((part) => Buffer.from(part)),
        4,
      ),
    ).toEqual([{ text: 'abcd', dropped: 3 }]);
    // Of what a \r has begun anew, nothing counts.
    expect(linesOf([Buffer.from('abcdef\rgh\n')], 4)).toEqual([{ text: 'gh', dropped: 0 }]);
  });
});
