import { describe, expect, it } from 'vitest';
import { curveText, summaryMarkdown } from '../../src/report/index.js';
import { fixture, manyArms, noop, quickstart, threeArms, troubled } from './fixture.js';

const all = {
  quickstart: { text: quickstart },
  threeArms: { text: threeArms },
  manyArms: { text: manyArms },
  noop: { text: noop },
  troubled,
};

describe('the curve in a terminal', () => {
  it('has a line a size with mean, half width and a bar', () => {
    const lines = curveText(fixture({ text: quickstart }), { width: 100 }).split('\n');
    expect(lines[0]).toBe('test accuracy by samples per class');
    for (const [i, n] of ['10', '20', '50', '100', '200', '500', '1,000'].entries()) {
      expect(lines[i + 1]).toMatch(new RegExp(`^ +${n}  0\\.\\d{3}  ± 0\\.\\d{3}  █+[▏▎▍▌▋▊▉]?$`));
    }
    expect(lines.slice(9).join(' ')).toContain('With 1,000 samples per class, lenet reaches');
  });

  it.each(Object.entries(all))('of %s fits its width, without trailing spaces', (_, options) => {
    for (const width of [60, 100]) {
      const names = options === all.manyArms ? 120 : width;
      for (const line of curveText(fixture(options), { width }).split('\n')) {
        expect(line).toBe(line.trimEnd());
        expect([...line].length).toBeLessThanOrEqual(Math.max(width, names));
      }
    }
  });

  it('has colours only when asked', () => {
    const model = fixture({ text: quickstart });
    expect(curveText(model, { width: 80 })).not.toContain('\u001b[');
    expect(curveText(model, { width: 80, color: true })).toContain('\u001b[');
  });

  it('is only words when nothing succeeded', () => {
    const model = fixture({
      text: quickstart,
      change: () => ({ status: 'failed', testAccuracy: null, objective: null }),
    });
    expect(curveText(model, { width: 100 })).toMatch(/^None of the 21 trials succeeded/);
  });
});

describe('the summary in Markdown', () => {
  it('is a table of means by size and arm', () => {
    const text = summaryMarkdown(fixture({ text: threeArms }));
    expect(text).toContain('| samples per class | optimizer=adam batchNorm=true |');
    expect(text.split('\n').filter((line) => /^\| \d/.test(line))).toHaveLength(5);
  });
  it('shows ten of very many arms and says so', () => {
    expect(summaryMarkdown(fixture({ text: manyArms }))).toContain('The best 10 of 48 arms.');
  });
  it('cannot be broken into by names', () => {
    const text = summaryMarkdown(fixture({ text: 'name: a\ntrainable: noop\nspace: { x: ["<b>|*", "y"] }' }));
    expect(text).toContain('\\<b\\>\\|\\*');
  });
});
