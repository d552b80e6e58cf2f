import { describe, expect, it } from 'vitest';
import { extendSweep, planTrials } from '../../src/spec/index.js';
import type { SweepSpec } from '../../src/spec/types.js';
import type { SweepRow } from '../../src/storage/index.js';
import type { TrainJob } from '../../src/trainer/index.js';
import { outcome } from '../support/rows.js';
import { until } from '../support/wait.js';
import { endless, statuses, useStage } from './stage.js';

const stage = useStage();

const WIDTH = 'width(score@20) < 0.1';
const asked: Partial<SweepSpec> = { replicates: 5, until: [WIDTH] };

/** The first five replicates are far apart, and those that follow are not. */
const scattered = ({ replicate, samplesPerClass }: TrainJob) => {
  const away = replicate < 5 ? 0.1 * (replicate % 2 === 0 ? 1 : -1) : 0.001 * replicate;
  const score = 0.4 + (samplesPerClass ?? 0) / 200 + away;
  return Promise.resolve(outcome({ testAccuracy: score, objective: score }));
};

const decisionsOf = async ({ id }: SweepRow) =>
  (await stage.engine.storage.decisions(id)).map(({ look, replicates, decision, added }) => ({
    look,
    replicates,
    decision,
    added,
  }));

describe('a sweep with until', () => {
  it.each([1, 3])(
    'adds replicates until the interval is narrow enough (%i trials a workflow)',
    async (trialsPerWorkflow) => {
      stage.run = scattered;
      const { sweep, handle } = await stage.engine.start({ ...asked, trialsPerWorkflow });
      const end = await handle.result();
      const decisions = await decisionsOf(sweep);
      expect(decisions[0]).toEqual({ look: 1, replicates: 5, decision: 'extended', added: 5 });
      const last = decisions.at(-1)!;
      expect(last).toMatchObject({ decision: 'met', added: 0 });
      const { spec } = await stage.engine.storage.getSweep(sweep.id);
      expect(spec.replicates).toBe(last.replicates);
      expect(end).toMatchObject({
        status: 'finished',
        succeeded: 2 * last.replicates,
        failed: 0,
        cancelled: 0,
      });
      const results = await stage.engine.storage.trialResults(sweep.id);
      expect(results.map(({ trial, attempt, status }) => [trial, attempt, status])).toEqual(
        Array.from({ length: 2 * last.replicates }, (_, i) => [i, 1, 'succeeded']),
      );
      // The workflow that is started again finds nothing to do, and says nothing twice.
      const again = await stage.engine.startAgain(sweep);
      expect(await again.result()).toMatchObject({ status: 'finished', succeeded: 2 * last.replicates });
      expect(await decisionsOf(sweep)).toEqual(decisions);
    },
  );

  it('may be asked while it runs', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    stage.run = async (job) => {
      await released;
      return scattered(job);
    };
    const { sweep, handle } = await stage.engine.start({ replicates: 5 });
    await until('trials to run', async () => (await stage.engine.storage.countTrials(sweep.id)).running > 0);
    const { spec } = await stage.engine.storage.getSweep(sweep.id);
    const extended = extendSweep(spec, { until: [WIDTH] }, planTrials(spec));
    expect(await stage.engine.storage.extendSweep(sweep.id, { ...extended, before: 10 })).toBe(true);
    release();
    await handle.result();
    expect((await decisionsOf(sweep)).at(-1)).toMatchObject({ decision: 'met' });
  });

  it('looks at nothing when it is cancelled', async () => {
    stage.run = endless;
    const { sweep, handle } = await stage.engine.start(asked);
    await until('trials to run', async () => (await stage.engine.storage.countTrials(sweep.id)).running > 0);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(new Set(await statuses(stage, sweep.id))).toEqual(new Set(['cancelled']));
    expect(await decisionsOf(sweep)).toEqual([]);
  });
});
