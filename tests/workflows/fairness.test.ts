import { describe, expect, it } from 'vitest';
import type { SweepSpec } from '../../src/spec/types.js';
import { workflowIds } from '../../workflows/messages.js';
import { endless, useStage } from './stage.js';
import { outcome } from '../support/rows.js';
import { until } from '../support/wait.js';

const stage = useStage();
/** As the stage has them. */
const SLOTS = 10;

/**
 * Starts a sweep of 60 trials, which takes all slots, and then one of 6; lets everything run, and tells after how many
 * trainings the last of the second sweep began.
 */
async function lastOfTheSmallOne(small: Partial<SweepSpec>): Promise<number> {
  const begun: number[] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  stage.run = async (job, hooks) => {
    begun.push(job.sweepSeed);
    await Promise.race([endless(job, hooks), released]);
    return outcome();
  };
  const large = await stage.engine.start({ seed: 1, replicates: 30 });
  const { storage, temporal } = stage.engine;
  await until(
    'the slots to be taken',
    async () => (await storage.countTrials(large.sweep.id)).running === SLOTS,
  );
  const isAsked = async (workflowId: string): Promise<boolean> => {
    const described = await temporal.client.workflow
      .getHandle(workflowId)
      .describe()
      .catch(() => null);
    return (described?.raw.pendingActivities ?? []).length === 1;
  };
  const allAsk = ({ sweep }: typeof large, trials: number): Promise<boolean> =>
    Promise.all(
      Array.from({ length: trials }, (_, number) => isAsked(workflowIds.trial(sweep.name, number))),
    ).then((all) => all.every(Boolean));
  await until('all of the large one to ask for a slot', () => allAsk(large, 60));
  const second = await stage.engine.start({ seed: 2, ...small });
  await until('all of the small one to ask for a slot', () => allAsk(second, 6));
  release();
  expect(await second.handle.result()).toMatchObject({ status: 'finished', succeeded: 6 });
  expect(await large.handle.result()).toMatchObject({ status: 'finished', succeeded: 60 });
  return begun.lastIndexOf(2) + 1;
}

describe('sweeps on the same slots', () => {
  it('take turns: a small one does not wait for a huge one', async () => {
    // Those that ran when it came, and then one of each in turns, a few ahead in the server’s buffers.
    expect(await lastOfTheSmallOne({})).toBeLessThan(SLOTS + 30);
  });

  it('go by priority', async () => {
    expect(await lastOfTheSmallOne({ priority: 1 })).toBeLessThan(SLOTS + 20);
    expect(await lastOfTheSmallOne({ priority: 5 })).toBeGreaterThan(60);
  });
});
