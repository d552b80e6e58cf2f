/** The storage contract: which attempts may run while their sweep is paused, limited, lost, or added to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Desk, worker } from './desk.js';
import { epoch, outcome, plan, sweepSpec } from '../support/rows.js';
import type { NewDecision } from '../../src/storage/index.js';

const FAILURE = { code: 'trial-cancelled', message: 'the trial was cancelled' };

export function pausingContract(desk: Desk): void {
  const start = async (count: number, name?: string) => {
    const planned = await desk.planned(count, name);
    await desk.storage.moveSweep(planned.id, ['planning'], 'running');
    return planned;
  };
  const pause = async (id: string) => {
    await desk.storage.moveSweep(id, ['running'], 'pausing');
    return desk.storage.settlePause(id);
  };

  describe('a sweep that is pausing', () => {
    it('gives no lease, and is paused once nothing of it runs', async () => {
      const { id, queued } = await start(3);
      const first = await desk.lease(queued[0]!.attemptId);
      const second = await desk.lease(queued[1]!.attemptId);
      expect(await pause(id)).toEqual({ status: 'pausing', running: 2 });
      expect(await desk.storage.takeLease(queued[2]!.attemptId, worker)).toBe('held');
      await desk.storage.finishAttempt(first.attemptId, first.lease, outcome());
      expect(await desk.storage.settlePause(id)).toEqual({ status: 'pausing', running: 1 });
      await desk.storage.releaseLease(second.attemptId, second.lease);
      expect(await desk.storage.settlePause(id)).toEqual({ status: 'paused', running: 0 });
      expect(await desk.storage.countTrials(id)).toMatchObject({ queued: 2, succeeded: 1, running: 0 });
      expect(await desk.storage.takeLease(first.attemptId, worker)).toBe('ended');
      await desk.storage.moveSweep(id, ['paused'], 'running');
      expect(await desk.storage.settlePause(id)).toEqual({ status: 'running', running: 0 });
      expect((await desk.lease(second.attemptId)).lease).toBe(2);
    });

    it('holds an attempt whose worker is lost, and shuts that worker out', async () => {
      const { id, queued } = await start(1);
      const { attemptId, lease } = await desk.lease(queued[0]!.attemptId);
      await desk.storage.recordEpochs(attemptId, lease, [epoch(1)]);
      await pause(id);
      expect(await desk.storage.takeLease(attemptId, worker)).toBe('held');
      expect(await desk.storage.settlePause(id)).toEqual({ status: 'paused', running: 0 });
      const late = { code: 'lease-lost' };
      await expect(desk.storage.recordEpochs(attemptId, lease, [epoch(2)])).rejects.toMatchObject(late);
      await expect(desk.storage.releaseLease(attemptId, lease)).rejects.toMatchObject(late);
      await desk.storage.moveSweep(id, ['paused'], 'running');
      const next = await desk.lease(attemptId);
      await desk.storage.finishAttempt(attemptId, next.lease, outcome({ seconds: 1 }));
      // The half second of the first lease's epoch counts once.
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({ status: 'succeeded', seconds: 1.5 });
    });

    it('has nothing begin behind the back of who pauses it, in any order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 8 }), fc.uuid(), async (place, name) => {
          const { id, queued } = await start(8, `p-${name}`);
          const asked: Promise<unknown>[] = queued.map(({ attemptId }) =>
            desk.storage.takeLease(attemptId, worker),
          );
          // Between the questions of the workers.
          const told = Promise.all(asked.slice(0, place)).then(() => pause(id));
          const answers = await Promise.all(asked);
          const { running, status } = await told;
          const leased = answers.filter((answer) => answer !== 'held').length;
          expect(running).toBeLessThanOrEqual(leased);
          expect((await desk.storage.countTrials(id)).running).toBe(leased);
          expect(status).toBe(running === 0 ? 'paused' : 'pausing');
          // Who was answered before the pause runs, and nobody after it.
          expect(leased).toBe(running);
        }),
        { numRuns: 15 },
      );
    });
  });

  describe('a limited sweep', () => {
    it('gives so many leases at once, however many ask', async () => {
      const { id, queued } = await start(12);
      await desk.storage.setConcurrency(id, 3);
      const ask = () => Promise.all(queued.map(({ attemptId }) => desk.storage.takeLease(attemptId, worker)));
      const first = (await ask()).filter((answer) => typeof answer !== 'string');
      expect(first).toHaveLength(3);
      // Whose worker is lost keeps its place, and one that has ended gives its place away.
      await desk.storage.finishAttempt(first[0]!.attemptId, first[0]!.lease, outcome());
      const second = (await ask()).filter((answer) => typeof answer !== 'string');
      expect(second).toHaveLength(3);
      expect(second.map(({ attemptId }) => attemptId)).toEqual(
        expect.arrayContaining(first.slice(1).map(({ attemptId }) => attemptId)),
      );
      await desk.storage.setConcurrency(id, 1);
      expect((await desk.storage.getSweep(id)).concurrency).toBe(1);
      // One has ended, one goes on.
      expect((await ask()).filter((answer) => answer === 'held')).toHaveLength(10);
    });
  });

  describe('claims', () => {
    const numbers = (trials: readonly { number: number }[]): number[] => trials.map(({ number }) => number);

    it('give each trial to one shard of a run, again and again', async () => {
      const { id } = await start(10);
      const claim = (run: string, shard: string, first: number, last: number | null) =>
        desk.storage.claimTrials(id, { first, last }, { run, shard }, 100).then(numbers);
      expect(await claim('r1', 'a', 0, 3)).toEqual([0, 1, 2, 3]);
      expect(await claim('r1', 'b', 2, 5)).toEqual([4, 5]);
      expect(await claim('r1', 'a', 0, 3)).toEqual([0, 1, 2, 3]);
      expect(numbers(await desk.storage.queuedTrials(id, -1, 10, 'r1'))).toEqual([6, 7, 8, 9]);
      expect(numbers(await desk.storage.queuedTrials(id, -1, 10))).toHaveLength(10);
      // Another run of the workflow takes all that has not ended.
      const [first] = await desk.storage.queuedTrials(id, -1, 1);
      const task = await desk.lease(first!.attemptId);
      await desk.storage.finishAttempt(task.attemptId, task.lease, outcome());
      expect(await claim('r2', 'a', 0, null)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      // A further attempt of a trial belongs to nobody yet.
      await desk.storage.openAttempts(id, [0]);
      expect(numbers(await desk.storage.queuedTrials(id, -1, 10, 'r2'))).toEqual([0]);
    });

    it('give no trial to two that ask at the same moment', async () => {
      const { id } = await start(60);
      const shards = Array.from({ length: 6 }, (_, shard) => `s${shard}`);
      const given = await Promise.all(
        shards.map((shard) => desk.storage.claimTrials(id, { first: 0, last: 59 }, { run: 'r', shard }, 15)),
      );
      const taken = given.flat().map(({ number }) => number);
      expect(new Set(taken).size).toBe(taken.length);
      for (const one of given) expect(one.length).toBeLessThanOrEqual(15);
    });

    it('are no more than the shard can take, and the same when asked for again', async () => {
      const { id, queued } = await start(9);
      const one = queued[1]!;
      const task = await desk.lease(one.attemptId);
      await desk.storage.finishAttempt(task.attemptId, task.lease, outcome());
      const claim = () =>
        desk.storage.claimTrials(id, { first: 0, last: null }, { run: 'r', shard: 'a' }, 3).then(numbers);
      expect(await claim()).toEqual([0, 2, 3]);
      // Another attempt before those that it has does not push one out.
      await desk.storage.openAttempts(id, [1]);
      expect(await claim()).toEqual([0, 2, 3]);
    });

    it('close what is a shard’s or nobody’s, and leave what is another one’s', async () => {
      const { id } = await start(6);
      await desk.storage.claimTrials(id, { first: 0, last: 1 }, { run: 'r', shard: 'a' }, 9);
      await desk.storage.claimTrials(id, { first: 2, last: 3 }, { run: 'r', shard: 'b' }, 9);
      const range = { first: 0, last: 4 };
      expect(await desk.storage.closeTrials(id, range, 'failed', FAILURE, { run: 'r', shard: 'a' })).toBe(3);
      expect(numbers(await desk.storage.queuedTrials(id, -1, 10))).toEqual([2, 3, 5]);
    });
  });

  describe('an extension', () => {
    it('adds trials behind those there are, once, whoever else does the same', async () => {
      const { id, queued } = await start(3);
      const task = await desk.lease(queued[0]!.attemptId);
      await desk.storage.finishAttempt(task.attemptId, task.lease, outcome());
      const trials = plan(7).map((trial) => ({ ...trial, arm: { ...trial.arm, label: 'model=lenet' } }));
      const extend = () =>
        desk.storage.extendSweep(id, {
          spec: sweepSpec('one', { replicates: 7 }),
          source: 'more',
          trials,
          added: 4,
          before: 3,
        });
      const answers = await Promise.all([extend(), extend(), extend()]);
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await desk.storage.getSweep(id)).toMatchObject({ source: 'more', spec: { replicates: 7 } });
      const results = await desk.storage.trialResults(id);
      expect(results.map(({ trial, status, armLabel }) => [trial, status, armLabel])).toEqual(
        [0, 1, 2, 3, 4, 5, 6].map((n) => [n, n === 0 ? 'succeeded' : 'queued', 'model=lenet']),
      );
      await desk.storage.moveSweep(id, ['running'], 'cancelling');
      expect(
        await desk.storage.extendSweep(id, {
          spec: sweepSpec('one'),
          source: '',
          trials: plan(8),
          added: 1,
          before: 7,
        }),
      ).toBe(false);
      expect(await desk.storage.trialResults(id)).toHaveLength(7);
    });
  });

  describe('a sweep that is looked at', () => {
    const decision = (look: number, changes: Partial<NewDecision> = {}): NewDecision => ({
      look,
      replicates: 3,
      until: ['width(elbow) < 9'],
      decision: 'met',
      added: 0,
      reason: 'so it is',
      figures: [{ arm: 'lenet', condition: 'width(elbow) < 9', value: 0.1 + 0.2, isMet: true }],
      ...changes,
    });

    it('keeps each look once, and what it adds with it', async () => {
      const { id } = await start(3);
      const extension = {
        spec: sweepSpec('one', { replicates: 5 }),
        source: 'more',
        trials: plan(5),
        added: 2,
        before: 3,
      };
      const extended = decision(1, { decision: 'extended', added: 2 });
      const answers = await Promise.all([1, 2, 3].map(() => desk.storage.decide(id, extended, extension)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await desk.storage.trialResults(id)).toHaveLength(5);
      // Neither is stored where the extension does not apply any more.
      expect(await desk.storage.decide(id, { ...extended, look: 2 }, extension)).toBe(false);
      expect(await desk.storage.decide(id, decision(2), null)).toBe(true);
      const rows = await desk.storage.decisions(id);
      expect(rows).toEqual([extended, decision(2)].map((one) => ({ ...one, at: expect.any(Date) })));
    });

    it('takes no look once it has ended or is being cancelled, and loses them with itself', async () => {
      const { id } = await start(1);
      expect(await desk.storage.decide(id, decision(1), null)).toBe(true);
      for (const status of ['cancelling', 'cancelled'] as const) {
        await desk.storage.moveSweep(id, ['running', 'cancelling'], status);
        expect(await desk.storage.decide(id, decision(2), null)).toBe(false);
      }
      await desk.storage.deleteSweep(id);
      expect(await desk.storage.decisions(id)).toEqual([]);
    });
  });

  describe('a sweep whose workflow is gone', () => {
    it('ends with its open attempts, unless somebody has just been at it', async () => {
      const { id, queued } = await start(3);
      const { attemptId, lease } = await desk.lease(queued[0]!.attemptId);
      const end = (unchangedForMs: number, from: 'running' | 'paused' = 'running') =>
        desk.storage.endLostSweep(id, {
          from,
          to: 'failed',
          failure: { code: 'workflow-lost', message: 'gone' },
          unchangedForMs,
        });
      expect(await end(60_000)).toBe(false);
      expect(await end(0, 'paused')).toBe(false);
      expect(await desk.storage.countTrials(id)).toMatchObject({ queued: 2, running: 1 });
      expect(await end(0)).toBe(true);
      expect(await end(0)).toBe(false);
      expect(await desk.storage.getSweep(id)).toMatchObject({
        status: 'failed',
        finishedAt: expect.any(Date),
      });
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({
        status: 'failed',
        failureCode: 'workflow-lost',
      });
      await expect(desk.storage.finishAttempt(attemptId, lease, outcome())).rejects.toMatchObject({
        code: 'lease-lost',
      });
      expect(await desk.storage.openAttempts(id, [0, 1, 2])).toEqual([0, 1, 2]);
    });
  });

  describe('holding from outside', () => {
    it('queues what runs, shuts out who runs it, and leaves what has ended', async () => {
      const { id, queued } = await start(4);
      const [one, two, three] = await Promise.all(
        queued.slice(0, 3).map(({ attemptId }) => desk.lease(attemptId)),
      );
      await desk.storage.finishAttempt(three!.attemptId, three!.lease, outcome());
      expect(await desk.storage.holdAttempt(one!.attemptId)).toBe(true);
      expect(await desk.storage.holdAttempt(one!.attemptId)).toBe(true);
      expect(await desk.storage.holdAttempt(three!.attemptId)).toBe(false);
      await desk.storage.holdTrials(id);
      expect(await desk.storage.countTrials(id)).toMatchObject({ queued: 3, running: 0, succeeded: 1 });
      for (const task of [one!, two!]) {
        await expect(desk.storage.finishAttempt(task.attemptId, task.lease, outcome())).rejects.toMatchObject(
          { code: 'lease-lost' },
        );
      }
      await desk.storage.closeTrials(id, { first: 0, last: null }, 'cancelled', FAILURE);
      expect(await desk.storage.holdAttempt(one!.attemptId)).toBe(false);
    });
  });
}
