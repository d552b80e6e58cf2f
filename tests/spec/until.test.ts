import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import {
  conditionOf,
  conditionText,
  extendSweep,
  isSweepOf,
  parseSweep,
  planTrials,
  printSpec,
} from '../../src/spec/index.js';
import type { SweepSpec } from '../../src/spec/types.js';

const grid = 'replicates: 5\nspace: { samplesPerClass: [10, 100, 1000], batchNorm: [true, false] }\n';
const spec = (text: string): SweepSpec => parseSweep(`name: a\n${grid}${text}`, 'f');

/** `LINE:COLUMN message | hint` of what is wrong with a file. */
function problems(text: string, options: Parameters<typeof parseSweep>[2] = {}): string[] {
  try {
    parseSweep(text, 'f', options);
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return [error, ...error.others].map(
      ({ where, message, hint }) => `${where?.line}:${where?.column} ${message} | ${hint}`,
    );
  }
  return [];
}

describe('conditions of until', () => {
  it.each([
    ['ratio(target) < 2', { measure: 'ratio', of: 'target', n: null, below: 2 }],
    [' ratio( elbow )<1.5 ', { measure: 'ratio', of: 'elbow', n: null, below: 1.5 }],
    ['width(score@5000) < .02', { measure: 'width', of: 'score', n: 5000, below: 0.02 }],
    ['width(score @ 5000) < 0.02', { measure: 'width', of: 'score', n: 5000, below: 0.02 }],
    ['width(elbow) < 500', { measure: 'width', of: 'elbow', n: null, below: 500 }],
  ])('%s is understood', (text, condition) => {
    expect(conditionOf(text)).toEqual(condition);
    expect(conditionOf(conditionText(conditionOf(text)!))).toEqual(condition);
  });

  it.each([
    'ratio(target) < 1',
    'ratio(score@5000) < 2',
    'width(score) < 0.02',
    'width(score@0) < 0.02',
    'width(elbow) < 0',
    'width(elbow) < -3',
    'width(elbow) > 3',
    'p(best) < 0.05',
    'ratio(target) < 2; rm -rf /',
    '',
  ])('%j is none', (text) => {
    expect(conditionOf(text)).toBeNull();
    expect(problems(`name: a\n${grid}until: ${JSON.stringify(text)}`)[0]).toMatch(
      /^4:8 `until\[0\]`: expected a condition such as `ratio\(target\) < 2`/,
    );
  });

  it('may be one or a list, and are written alike', () => {
    const one = spec('until: width(elbow)<500');
    expect(one.until).toEqual(['width(elbow) < 500']);
    expect(spec('until: [width( elbow ) < 500.0]').until).toEqual(one.until);
    expect(parseSweep(printSpec(one), 'f')).toEqual(one);
  });

  it('come from the command line, and are told where they stand there', () => {
    const text = `name: a\n${grid}`;
    const asked = parseSweep(text, 'f', { until: ['width(elbow) < 500', 'width(score@100) < 0.1'] });
    expect(asked.until).toEqual(['width(elbow) < 500', 'width(score@100) < 0.1']);
    expect(problems(text, { until: ['width(elbow) < 500', 'width(x) < 1'] })[0]).toMatch(
      /`until\[1\]`: expected a condition .* got "width\(x\) < 1"/,
    );
  });

  it.each([
    [
      'until: ratio(target) < 2',
      /^4:8 `until\[0\]`: "ratio\(target\) < 2": the sweep has no target \| .*report\.target=0\.75/,
    ],
    ['until: width(score@5) < 2', /^4:8 .*expected a size from 10 to 4,000/],
    ['until: width(score@4001) < 2', /^4:8 .*expected a size from 10 to 4,000/],
    ['budget: { maxHours: 2 }', /^4:21 `budget\.maxHours`: limits what `until` adds, and the sweep has none/],
    ['until: width(elbow) < 9\nbudget: { maxHours: 0 }', /^5:21 .*expected a number above 0/],
  ])('%j is refused with its place', (text, expected) => {
    expect(problems(`name: a\n${grid}${text}`)[0]).toMatch(expected);
  });

  it('take five replicates, two sizes for a curve, and not too many arms', () => {
    const few = grid.replace('5', '4');
    expect(problems(`name: a\n${few}until: width(elbow) < 9`)).toEqual([
      expect.stringMatching(
        /^2:13 `replicates`: expected at least 5 replicates beside `until`, got 4 \| Add `--replicates 5`/,
      ),
    ]);
    const oneSize = 'name: a\nreplicates: 5\nspace: { samplesPerClass: 100 }\n';
    expect(problems(`${oneSize}until: width(elbow) < 9`)[0]).toMatch(
      /a curve takes at least two sizes, and the sweep has one/,
    );
    expect(problems(`${oneSize}until: width(score@100) < 0.1`)).toEqual([]);
    const values = Array.from({ length: 101 }, (_, i) => i);
    const many = `name: a\nreplicates: 5\ntrainable: noop\nspace: { samplesPerClass: [1, 2], x: [${values.join()}] }\n`;
    expect(problems(`${many}until: width(elbow) < 9`)[0]).toMatch(
      /expected at most 100 arms beside `until`, got 101/,
    );
  });

  it('can be asked of a sweep that is there', () => {
    const old = spec('');
    const {
      spec: more,
      added,
      isChanged,
    } = extendSweep(old, { until: ['width(elbow) < 9'] }, planTrials(old));
    expect(more.until).toEqual(['width(elbow) < 9']);
    expect([added, isChanged]).toEqual([0, true]);
  });

  it('make a sweep that has grown no other sweep', () => {
    const asked = spec('until: width(elbow) < 9');
    const grown = { ...asked, replicates: 9 };
    expect(isSweepOf(grown, asked)).toBe(true);
    expect(isSweepOf(asked, grown)).toBe(false);
    expect(isSweepOf({ ...grown, seed: 1 }, asked)).toBe(false);
    expect(isSweepOf({ ...spec(''), replicates: 9 }, spec(''))).toBe(false);
  });
});

describe('confirming an arm', () => {
  const old = spec('');
  const [, arm] = [...new Set(planTrials(old).map((trial) => trial.arm.hash))];
  const confirm = { arm: arm!, samplesPerClass: 1000, first: 5, replicates: 3 };

  it('adds replicates of it alone, behind all others', () => {
    const { spec: more, trials, added, source } = extendSweep(old, { confirm }, planTrials(old));
    expect(added).toBe(3);
    expect(
      trials.slice(-3).map((one) => [one.number, one.arm.hash, one.samplesPerClass, one.replicate]),
    ).toEqual([5, 6, 7].map((replicate, i) => [30 + i, arm, 1000, replicate]));
    expect(parseSweep(source, 'f')).toEqual(more);
    expect(planTrials(more)).toHaveLength(33);
  });

  it('adds nothing twice, whatever the sweep is extended by before and after', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 5, max: 14 }),
        (first, replicates, grown) => {
          const confirmed = extendSweep(old, { confirm: { ...confirm, first, replicates } }, planTrials(old));
          const all = extendSweep(confirmed.spec, { replicates: grown }, confirmed.trials);
          const names = all.trials.map((one) => `${one.arm.hash}/${one.samplesPerClass}/${one.replicate}`);
          expect(new Set(names).size).toBe(names.length);
          expect(new Set(all.trials.map(({ number }) => number)).size).toBe(names.length);
          expect(names.length).toBe(6 * grown + Math.max(0, first + replicates - Math.max(first, grown)));
          // What was there keeps its number.
          expect(all.trials.slice(0, confirmed.trials.length)).toEqual(confirmed.trials);
        },
      ),
    );
  });

  it('refuses an arm that the sweep does not have', () => {
    expect(problems(printSpec({ ...old, confirm: [{ ...confirm, arm: 'abcdef012345' }] }))[0]).toMatch(
      /`confirm\[0\]\.arm`: the sweep has no arm "abcdef012345"/,
    );
  });
});
