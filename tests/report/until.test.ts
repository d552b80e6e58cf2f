import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSeed, uniforms } from '../../src/random.js';
import { lookAt as lookAtResting, type UntilInput } from '../../src/report/index.js';
import { roomLeft } from '../../src/report/until.js';
import { parseSweep, planTrials, trialCeiling } from '../../src/spec/index.js';
import type { DecisionRow, NewDecision, TrialFigures } from '../../src/storage/storage.js';

interface Made {
  readonly until: string;
  readonly replicates?: number;
  readonly budget?: string;
  /** Of scores, uniform on both sides. */
  readonly spread?: number;
  readonly decisions?: readonly DecisionRow[];
  /** Trials that failed. */
  readonly failed?: (trial: {
    readonly replicate: number;
    readonly size: number;
    readonly arm: string;
  }) => boolean;
  /** What the curves rise to. */
  readonly top?: number;
}

/** A sweep of two arms whose scores rise to `top`. */
function made({
  until,
  replicates = 5,
  budget = '{}',
  spread = 0.02,
  decisions = [],
  failed,
  top = 0.8,
}: Made): UntilInput {
  const spec = parseSweep(
    `name: a
trainable: noop
replicates: ${replicates}
space: { samplesPerClass: [10, 30, 100, 300, 1000], x: [1, 2] }
budget: ${budget}
until: ${until}
report: { target: 0.75 }
`,
    'f',
  );
  const trials = planTrials(spec);
  const figures = trials.map(({ number, arm, samplesPerClass, replicate }): TrialFigures => {
    const n = samplesPerClass!;
    const isFailed = failed?.({ replicate, size: n, arm: arm.label }) ?? false;
    const [luck] = uniforms(1, deriveSeed(7, replicate, 'noop', n + (arm.label === 'x=2' ? 1 : 0)));
    const score = top - 0.9 * (n + 5) ** -0.5 + 2 * spread * (luck! - 0.5);
    return {
      trial: number,
      armHash: arm.hash,
      samplesPerClass,
      replicate,
      status: isFailed ? 'failed' : 'succeeded',
      objective: isFailed ? null : score,
      testAccuracy: isFailed ? null : score,
    };
  });
  const arms = [...new Map(trials.map(({ arm }) => [arm.hash, arm])).values()].map((arm) => ({
    armHash: arm.hash,
    armLabel: arm.label,
    params: arm.params,
  }));
  return {
    sweep: {
      id: 'a',
      name: 'a',
      status: 'running',
      spec,
      source: '',
      concurrency: 2,
      server: null,
      createdAt: new Date(0),
      startedAt: new Date(0),
      finishedAt: null,
    },
    arms,
    figures,
    decisions,
    seconds: { spent: 3600, replicate: 360 },
    madeAt: new Date(0),
  };
}

const lookAt = (input: UntilInput): Promise<NewDecision | null> =>
  lookAtResting(input, () => Promise.resolve());
const row = (decision: NewDecision): DecisionRow => ({ ...decision, at: new Date(0) });

describe('a look at a sweep', () => {
  it('finds that every condition holds', async () => {
    const look = (await lookAt(made({ until: '[width(score@1000) < 0.5, ratio(target) < 50]' })))!;
    expect(look).toMatchObject({
      look: 1,
      replicates: 5,
      decision: 'met',
      added: 0,
      reason: 'width(score@1000) < 0.5 and ratio(target) < 50: so it is for 2 arms with 5 replicates.',
    });
    expect(look.figures).toHaveLength(4);
    expect(look.figures.every(({ isMet, value }) => isMet && value !== null)).toBe(true);
  });

  it('adds as many replicates as the width calls for, two at least and at most as many again', async () => {
    const width = async (below: number): Promise<NewDecision> =>
      (await lookAt(made({ until: `width(score@1000) < ${below}` })))!;
    const [{ value }] = (await width(0.0001)).figures as unknown as [{ value: number }];
    expect(await width(value * 0.999)).toMatchObject({ decision: 'extended', added: 2 });
    // A fifth narrower takes (5/4)² as many: eight.
    expect(await width(value * 0.8)).toMatchObject({ decision: 'extended', added: 3 });
    expect(await width(value / 10)).toMatchObject({ decision: 'extended', added: 5 });
    expect((await width(value / 10)).reason).toMatch(
      /^width\(score@1000\) < [\d.e-]+ does not hold for x=[12], the furthest off of 2 of 2 arms, with 5 replicates: it is 0\.\d+\. 5 replicates of every arm and size are added\.$/,
    );
  });

  it('never takes an interval without an end for narrow, and says so', async () => {
    // The target lies above all that the curves may reach.
    const look = (await lookAt(made({ until: 'ratio(target) < 1000', top: 0.6, spread: 0.001 })))!;
    expect(look).toMatchObject({ decision: 'extended', added: 5 });
    expect(look.reason).toContain('the interval has no end');
    expect(look.figures.every(({ value, isMet }) => value === null && !isMet)).toBe(true);
  });

  it('takes nothing that is fitted to scores that rise and fall for narrow', async () => {
    const input = made({ until: '[width(score@2000) < 0.9, width(score@1000) < 0.9]' });
    const falling = input.figures.map((one) => {
      const away = one.samplesPerClass === 300 ? 0.4 : 0;
      return { ...one, objective: one.objective! - away, testAccuracy: one.testAccuracy! - away };
    });
    const look = (await lookAt({ ...input, figures: falling }))!;
    expect(look.figures.map(({ condition, value, isMet }) => [condition, value === null, isMet])).toEqual([
      ...Array<unknown>(2).fill(['width(score@2000) < 0.9', true, false]),
      ...Array<unknown>(2).fill(['width(score@1000) < 0.9', false, true]),
    ]);
  });

  it('stops after four additions, with a look of its own for each', async () => {
    const decisions: DecisionRow[] = [];
    const seen: [number, string][] = [];
    let replicates = 5;
    for (let looks = 0; looks < 10; looks++) {
      const look = await lookAt(made({ until: 'width(score@1000) < 0.0001', replicates, decisions }));
      if (look === null) break;
      seen.push([look.replicates, look.decision]);
      decisions.push(row(look));
      replicates += look.added;
    }
    expect(seen).toEqual([
      [5, 'extended'],
      [10, 'extended'],
      [20, 'extended'],
      [40, 'extended'],
      [80, 'looks-used'],
    ]);
    expect(decisions.map(({ look }) => look)).toEqual([1, 2, 3, 4, 5]);
    // Another condition is another question.
    const other = await lookAt(made({ until: 'width(score@1000) < 0.0002', replicates, decisions }));
    expect(other).toMatchObject({ look: 6, decision: 'extended' });
  });

  it('adds what the budget has room for, and stops where that is less than two', async () => {
    const until = 'width(score@1000) < 0.0001';
    const trials = (most: number) => lookAt(made({ until, budget: `{ maxTrials: ${most} }` }));
    expect(await trials(100)).toMatchObject({ decision: 'extended', added: 5 });
    expect(await trials(89)).toMatchObject({ decision: 'extended', added: 3 });
    expect(await trials(69)).toMatchObject({ decision: 'budget-used', added: 0 });
    expect((await trials(69))!.reason).toContain(
      '`budget.maxTrials: 69` leaves no room for 2 replicates more',
    );
    // An hour was used, and a replicate takes a tenth of one.
    const hours = (most: number) => lookAt(made({ until, budget: `{ maxTrials: 500, maxHours: ${most} }` }));
    expect(await hours(1.35)).toMatchObject({ decision: 'extended', added: 3 });
    expect((await hours(1.15))!.reason).toContain('`budget.maxHours: 1.15` leaves no room');
  });

  it('leaves the trials that a sweep may have at most', () => {
    const seconds = { spent: 0, replicate: 0 };
    const room = (replicates: number, trialsPerWorkflow: number) => {
      const { spec } = made({ until: 'width(score@1000) < 0.1' }).sweep;
      return roomLeft({ ...spec, replicates, trialsPerWorkflow }, seconds);
    };
    const most = trialCeiling({ trialsPerWorkflow: 1 });
    // Ten trials a replicate.
    expect(room(most / 10 - 3, 1)).toEqual({
      most: 3,
      limit: expect.stringMatching(/^That no sweep with `trialsPerWorkflow: 1` has more than [\d,]+ trials$/),
    });
    expect(room(most / 10, 1).most).toBe(0);
    expect(room(most / 10, 20).most).toBeGreaterThan(0);
  });

  it('waits for scores that failed, and looks again when they are there', async () => {
    const input = (isFailed: boolean, decisions: readonly DecisionRow[] = []) =>
      made({
        until: 'width(score@1000) < 0.5',
        decisions,
        failed: ({ replicate, size, arm }) => isFailed && replicate === 3 && size === 100 && arm === 'x=2',
      });
    const look = (await lookAt(input(true)))!;
    expect(look).toMatchObject({ decision: 'too-few-scores', added: 0, figures: [] });
    expect(look.reason).toMatch(
      /^x=2 with 100 samples per class has 4 scores: a look takes 5\. `elbow rerun a`/,
    );
    expect(await lookAt(input(true, [row(look)]))).toBeNull();
    expect(await lookAt(input(false, [row(look)]))).toMatchObject({ look: 2, decision: 'met' });
  });

  it('says the same once only, and equal data gives equal looks', async () => {
    const input = made({ until: 'ratio(elbow) < 50' });
    const look = (await lookAt(input))!;
    expect(await lookAt(input)).toEqual(look);
    expect(await lookAt({ ...input, decisions: [row(look)] })).toBeNull();
  });

  it('does not heed who leads: renaming arms or a shift of all scores of one changes no width', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -0.05, max: 0.05, noNaN: true }), async (shift) => {
        const input = made({ until: 'width(score@1000) < 0.0001' });
        const [first] = input.arms;
        const shifted = input.figures.map((one) =>
          one.armHash === first!.armHash
            ? { ...one, objective: one.objective! + shift, testAccuracy: one.testAccuracy! + shift }
            : one,
        );
        const a = (await lookAt(input))!;
        const b = (await lookAt({ ...input, figures: shifted }))!;
        expect(b.added).toBe(a.added);
        const widths = ({ figures }: NewDecision) => figures.map(({ value }) => value!).sort((x, y) => x - y);
        widths(a).forEach((width, i) => expect(widths(b)[i]).toBeCloseTo(width, 10));
      }),
      { numRuns: 4 },
    );
  });

  it('is not made where nothing was asked', async () => {
    const input = made({ until: 'ratio(elbow) < 50' });
    const spec = { ...input.sweep.spec };
    delete (spec as { until?: unknown }).until;
    expect(await lookAt({ ...input, sweep: { ...input.sweep, spec } })).toBeNull();
  });
});
