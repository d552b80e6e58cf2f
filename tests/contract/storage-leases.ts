/** The storage contract: who may write to an attempt. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Desk, worker } from './desk.js';
import { epoch, outcome, params, sweepSpec } from '../support/rows.js';

export function leasesContract(desk: Desk): void {
  describe('a lease', () => {
    it('carries all that a worker needs', async () => {
      const { queued, id } = await desk.planned(1);
      expect(await desk.lease(queued[0]!.attemptId)).toEqual({
        attemptId: queued[0]!.attemptId,
        attempt: 1,
        sweepId: id,
        sweepName: 'one',
        trial: 0,
        armHash: 'abcdef012345',
        armLabel: 'lenet',
        params,
        samplesPerClass: 10,
        replicate: 0,
        spec: sweepSpec('one'),
        lease: 1,
        earlierAttemptIds: [],
        checkpoint: null,
        failures: [],
      });
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({
        status: 'running',
        worker: 'host:1',
        epochs: 0,
      });
    });

    it('shuts out the one before it: a late writer changes nothing', async () => {
      const { id, queued } = await desk.planned(1);
      const { attemptId } = queued[0]!;
      const first = await desk.lease(attemptId);
      await desk.storage.recordEpochs(attemptId, first.lease, [epoch(1), epoch(2)]);
      const second = await desk.lease(attemptId);
      expect(second.lease).toBeGreaterThan(first.lease);
      expect(await desk.storage.epochs(id)).toHaveLength(2);
      await desk.storage.resumeAfter(attemptId, second.lease, 0);
      expect(await desk.storage.epochs(id)).toEqual([]);
      await desk.storage.recordEpochs(attemptId, second.lease, [epoch(1, { valAccuracy: 0.5 })]);
      const late = { code: 'lease-lost' };
      await expect(desk.storage.recordEpochs(attemptId, first.lease, [epoch(2)])).rejects.toMatchObject(late);
      await expect(desk.storage.resumeAfter(attemptId, first.lease, 0)).rejects.toMatchObject(late);
      await expect(desk.storage.setCheckpoint(attemptId, first.lease, '/late')).rejects.toMatchObject(late);
      await expect(desk.storage.finishAttempt(attemptId, first.lease, outcome())).rejects.toMatchObject(late);
      await expect(
        desk.storage.recordLogs(attemptId, first.lease, [
          { lease: first.lease, index: 0, at: new Date(), stream: 'stdout', text: 'late' },
        ]),
      ).rejects.toMatchObject(late);
      expect(await desk.storage.epochs(id)).toEqual([{ trial: 0, ...epoch(1, { valAccuracy: 0.5 }) }]);
      await desk.storage.finishAttempt(attemptId, second.lease, outcome());
      // Half a second of each of the two epochs that the first lease had trained.
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({ status: 'succeeded', seconds: 13.5 });
    });

    it('goes on after a checkpoint: later epochs are dropped, and every second counts once', async () => {
      const { id, queued } = await desk.planned(1);
      const { attemptId } = queued[0]!;
      const first = await desk.lease(attemptId);
      await desk.storage.recordEpochs(attemptId, first.lease, [epoch(1), epoch(2), epoch(3)]);
      await desk.storage.setCheckpoint(attemptId, first.lease, '/checkpoints/2');
      const second = await desk.lease(attemptId);
      expect(second.checkpoint).toEqual({ path: '/checkpoints/2', host: worker.host });
      await desk.storage.resumeAfter(attemptId, second.lease, 2);
      // Epochs before the checkpoint are told again, because some may not have been stored.
      const again = [epoch(1, { valAccuracy: 1 }), epoch(2, { valAccuracy: 1 })];
      await desk.storage.recordEpochs(attemptId, second.lease, again);
      await desk.storage.recordEpochs(attemptId, second.lease, [epoch(3), epoch(4)]);
      expect((await desk.storage.epochs(id)).map(({ epoch: n, valAccuracy }) => [n, valAccuracy])).toEqual(
        [1, 2, 3, 4].map((n) => [n, epoch(n).valAccuracy]),
      );
      // What this lease has stored stays, however late the call is.
      await desk.storage.resumeAfter(attemptId, second.lease, 2);
      expect(await desk.storage.epochs(id)).toHaveLength(4);
      const third = await desk.lease(attemptId);
      await desk.storage.resumeAfter(attemptId, third.lease, 4);
      await desk.storage.finishAttempt(attemptId, third.lease, outcome({ seconds: 1 }));
      // Half a second for each of three and of two epochs, and the last lease's own.
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({ seconds: 3.5 });
    });

    it('of a further attempt names those before', async () => {
      const { id, queued } = await desk.planned(1);
      const first = await desk.lease(queued[0]!.attemptId);
      await desk.storage.closeAttempt(first.attemptId, 'failed', { code: 'workflow-lost', message: 'x' });
      await desk.storage.openAttempts(id, [0]);
      const [again] = await desk.storage.queuedTrials(id, -1, 1);
      expect(await desk.lease(again!.attemptId)).toMatchObject({
        attempt: 2,
        earlierAttemptIds: [first.attemptId],
      });
    });

    it('is not given for an attempt that has ended', async () => {
      const { queued, id } = await desk.planned(1);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      await desk.storage.finishAttempt(attemptId, number, outcome());
      expect(await desk.storage.takeLease(attemptId, worker)).toBe('ended');
      expect(
        await desk.storage.closeAttempt(attemptId, 'failed', { code: 'worker-lost', message: 'x' }),
      ).toBe(false);
      expect((await desk.storage.trialResult(id, 0))!.status).toBe('succeeded');
    });

    it('ends when somebody closes the attempt, once', async () => {
      const { queued, id } = await desk.planned(1);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      const failure = { code: 'worker-lost', message: 'the worker is gone' };
      const closed = await Promise.all(
        [1, 2, 3].map(() => desk.storage.closeAttempt(attemptId, 'failed', failure)),
      );
      expect(closed.filter(Boolean)).toHaveLength(1);
      await expect(desk.storage.finishAttempt(attemptId, number, outcome())).rejects.toMatchObject({
        code: 'lease-lost',
      });
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({
        status: 'failed',
        failureCode: 'worker-lost',
        failureMessage: 'the worker is gone',
      });
    });

    it('is closed with the others of a range, unless it has ended', async () => {
      const { queued, id } = await desk.planned(4);
      const running = await desk.lease(queued[1]!.attemptId);
      const ended = await desk.lease(queued[2]!.attemptId);
      await desk.storage.finishAttempt(ended.attemptId, ended.lease, outcome());
      const failure = { code: 'trial-cancelled', message: 'the trial was cancelled' };
      const close = (): Promise<number> =>
        desk.storage.closeTrials(id, { first: 1, last: 2 }, 'cancelled', failure);
      expect(await close()).toBe(1);
      expect(await close()).toBe(0);
      const statuses = (await desk.storage.trialResults(id)).map((result) => result.status);
      expect(statuses).toEqual(['queued', 'cancelled', 'succeeded', 'queued']);
      await expect(
        desk.storage.finishAttempt(running.attemptId, running.lease, outcome()),
      ).rejects.toMatchObject({ code: 'lease-lost' });
      expect(await desk.storage.closeTrials(id, { first: 1, last: null }, 'failed', failure)).toBe(1);
      expect(await desk.storage.countTrials(id)).toMatchObject({
        queued: 1,
        cancelled: 1,
        failed: 1,
        succeeded: 1,
      });
    });

    it('is listed among those to be run until it ends', async () => {
      const { queued, id } = await desk.planned(3);
      const { attemptId, lease: number } = await desk.lease(queued[1]!.attemptId);
      const left = async (): Promise<number[]> =>
        (await desk.storage.queuedTrials(id, -1, 10)).map((trial) => trial.number);
      expect(await left()).toEqual([0, 1, 2]);
      await desk.storage.finishAttempt(attemptId, number, outcome());
      expect(await left()).toEqual([0, 2]);
    });

    it('is one of a kind, however many ask at the same moment', async () => {
      const { queued } = await desk.planned(1);
      const tasks = await Promise.all(Array.from({ length: 30 }, () => desk.lease(queued[0]!.attemptId)));
      expect(tasks.map((task) => task.lease).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 30 }, (_, i) => i + 1),
      );
    });

    it('lets exactly the newest of two write, in every order of their steps', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('a', 'b'), { minLength: 4, maxLength: 12 }),
          fc.uuid(),
          async (steps, id) => {
            const { queued, id: sweepId } = await desk.planned(1, `s-${id}`);
            const { attemptId } = queued[0]!;
            const leases = new Map<string, number>();
            let newest = '';
            let written: number[] = [];
            let next = 1;
            for (const who of steps) {
              if (!leases.has(who)) {
                leases.set(who, (await desk.lease(attemptId)).lease);
                await desk.storage.resumeAfter(attemptId, leases.get(who)!, 0);
                newest = who;
                written = [];
                continue;
              }
              const write = desk.storage.recordEpochs(attemptId, leases.get(who)!, [epoch(next)]);
              if (who === newest) {
                await write;
                written.push(next);
              } else await expect(write).rejects.toMatchObject({ code: 'lease-lost' });
              next++;
            }
            expect((await desk.storage.epochs(sweepId)).map((row) => row.epoch)).toEqual(written);
          },
        ),
        { numRuns: 25 },
      );
    });
  });
}
