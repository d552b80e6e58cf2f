import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extendSweep, parseSweep, planTrials, type Extension } from '../../src/spec/index.js';
import type { SweepSpec } from '../../src/spec/types.js';

const spec = (text: string): SweepSpec => parseSweep(`name: a\n${text}`, 'f');
const extend = (old: SweepSpec, extension: Extension) => extendSweep(old, extension, planTrials(old));
const grid = 'space: { samplesPerClass: [10, 20], optimizer: [adam, sgd] }\nreplicates: 2\n';

/** As jsonb has it: keys by length, then by the alphabet. */
function byLength(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(byLength);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
      .map(([key, inner]) => [key, byLength(inner)]),
  );
}

describe('extending a sweep', () => {
  it('adds values to axes, and numbers what is new behind what there is', () => {
    const old = spec(grid);
    const { spec: more, trials, added } = extend(old, { set: ['samplesPerClass=[50]', 'optimizer=rmsprop'] });
    expect(more.space).toMatchObject({
      samplesPerClass: [10, 20, 50],
      optimizer: ['adam', 'sgd', 'rmsprop'],
    });
    expect(trials).toHaveLength(3 * 3 * 2);
    expect(added).toBe(18 - 8);
    const known = trials.slice(0, 8);
    expect(
      known.map(({ number, arm, samplesPerClass, replicate }) => [
        number,
        arm.hash,
        samplesPerClass,
        replicate,
      ]),
    ).toEqual(
      planTrials(old).map(({ number, arm, samplesPerClass, replicate }) => [
        number,
        arm.hash,
        samplesPerClass,
        replicate,
      ]),
    );
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: 18 }, (_, i) => i));
  });

  it('tells arms apart that needed no name while they were alone', () => {
    const old = spec('space: { samplesPerClass: 10 }');
    expect(planTrials(old)[0]!.arm.label).toBe('lenet');
    const { trials } = extend(old, { set: ['batchNorm=false'] });
    expect(trials.map(({ arm }) => arm.label)).toEqual(['batchNorm=true', 'batchNorm=false']);
    expect(trials[0]!.arm.hash).toBe(planTrials(old)[0]!.arm.hash);
  });

  it('adds entries of arms, also to a sweep that had none', () => {
    const arms = (text: string) => extend(spec(grid), { set: [`arms=${text}`] });
    const { spec: more, added } = arms('[{ name: wide, width: 2 }]');
    expect(more.arms).toHaveLength(2);
    expect(added).toBe(8);
    const again = extendSweep(more, { set: ['arms=[{ name: wide, width: 2 }]'] }, planTrials(more));
    expect(again.added).toBe(0);
  });

  it('knows its entries again, in whatever order Postgres gives their keys', async () => {
    const { listPresets } = await import('../../src/spec/index.js');
    const presets = (await listPresets()).filter(({ spec: { arms } }) => arms !== undefined);
    expect(presets.length).toBeGreaterThan(0);
    for (const { spec: preset } of presets) {
      const stored = byLength(preset) as SweepSpec;
      const { added, spec: more } = extend(stored, { replicates: preset.replicates + 1 });
      expect(added, preset.name).toBe(planTrials(preset).length / preset.replicates);
      expect(more.arms).toHaveLength(preset.arms!.length);
    }
  });

  it('replaces what is said of the report, and adds replicates', () => {
    const { spec: more, added } = extend(spec(grid), { set: ['report.target=0.7'], replicates: '3' });
    expect(more).toMatchObject({ replicates: 3, report: { target: 0.7 } });
    expect(added).toBe(4);
    expect(extend(spec(grid), { set: ['report.target=0.7'] })).toMatchObject({ added: 0, isChanged: true });
    expect(extend(spec(grid), { set: ['report.delta=0.01'] })).toMatchObject({ added: 0, isChanged: false });
  });

  it.each([
    [{ set: ['seed=7'] }, /seed of the sweep a cannot be changed/],
    [{ set: ['dataset=mnist'] }, /dataset of the sweep a cannot be changed/],
    [{ set: ['threads=2'] }, /threads of the sweep a cannot be changed/],
    [{ set: ['name=b'] }, /name of the sweep a cannot be changed/],
    [{ replicates: '1' }, /has 2 replicates already, and can only get more, not 1/],
    [{ set: ['optimizer=[adamm]'] }, /--set optimizer=\[adamm\]/],
  ])('refuses %o', (extension, message) => {
    let thrown: unknown;
    try {
      extend(spec(grid), extension);
    } catch (error) {
      thrown = error;
    }
    const { message: text, where } = thrown as { message: string; where?: { file?: string } };
    expect(`${where?.file ?? ''} ${text}`).toMatch(message);
  });

  it('keeps every trial and adds each new one once, in any order of extensions', () => {
    const step = fc.oneof(
      fc
        .subarray([5, 10, 20, 50, 100], { minLength: 1 })
        .map((sizes) => ({ set: [`samplesPerClass=[${sizes.join()}]`] })),
      fc
        .subarray(['adam', 'sgd', 'nadam'], { minLength: 1 })
        .map((all) => ({ set: [`optimizer=[${all.join()}]`] })),
      fc.boolean().map((value) => ({ set: [`batchNorm=${value}`] })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        let now = spec(grid);
        let trials: ReturnType<typeof extendSweep>['trials'] = planTrials(now);
        for (const extension of steps) {
          const extended = extendSweep(now, extension, trials);
          const key = (one: (typeof trials)[number]) =>
            `${one.number} ${one.arm.hash} ${one.samplesPerClass} ${one.replicate}`;
          expect(extended.trials.slice(0, trials.length).map(key)).toEqual(trials.map(key));
          expect(extended.trials).toHaveLength(planTrials(extended.spec).length);
          expect(new Set(extended.trials.map(({ number }) => number)).size).toBe(extended.trials.length);
          ({ spec: now, trials } = extended);
        }
      }),
      { numRuns: 60 },
    );
  });
});
