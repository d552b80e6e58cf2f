/** The storage contract: executions that failed, which machine comes next, and workers that are put aside. */
import { describe, expect, it } from 'vitest';
import type { AttemptTask, FailureStanding, NewFailure } from '../../src/storage/index.js';
import { takeLease } from '../support/lease.js';
import { epoch, outcome } from '../support/rows.js';
import type { Desk } from './desk.js';

const failure: NewFailure = {
  code: 'trainer-crashed',
  message: 'it ended',
  avoidSeconds: 300,
};

const workerOf = (host: string): { id: string; host: string } => ({ id: `${host}:1`, host });

export function failuresContract(desk: Desk): void {
  const see = (host: string, pool = 'default'): Promise<boolean> =>
    desk.storage.seeWorker({
      ...workerOf(host),
      pid: 1,
      pool,
      slots: 2,
      version: '0.1.0',
      device: 'cpu',
    });
  const lease = (attemptId: string, host: string): Promise<AttemptTask> =>
    takeLease(desk.storage, attemptId, workerOf(host));
  /** Runs an attempt on a machine until it fails there. */
  async function fail(
    attemptId: string,
    host: string,
    changes: Partial<NewFailure> = {},
  ): Promise<FailureStanding> {
    const task = await lease(attemptId, host);
    const standing = await desk.storage.recordFailure(attemptId, task.lease, { ...failure, ...changes });
    await desk.storage.releaseLease(attemptId, task.lease);
    return standing;
  }
  /** Has a trial of a sweep of its own succeed on a machine. */
  async function succeedOn(host: string, name: string): Promise<void> {
    const { queued } = await desk.planned(1, name);
    const task = await lease(queued[0]!.attemptId, host);
    await desk.storage.finishAttempt(task.attemptId, task.lease, outcome());
  }
  const asideOf = async (host: string) =>
    (await desk.storage.workers(60_000)).find((one) => one.host === host)?.aside ?? null;

  describe('a failure', () => {
    it('is kept once for a lease, with the epochs the attempt had, and handed to the next execution', async () => {
      const { queued, id } = await desk.planned(1);
      const { attemptId } = queued[0]!;
      const first = await lease(attemptId, 'a');
      await desk.storage.recordEpochs(attemptId, first.lease, [epoch(1), epoch(2)]);
      const kept = { code: 'trainer-crashed', message: 'it ended', host: 'a', epochs: 2 };
      for (const message of ['it ended', 'told again']) {
        const { failures } = await desk.storage.recordFailure(attemptId, first.lease, {
          ...failure,
          message,
        });
        expect(failures).toEqual([kept]);
      }
      await desk.storage.releaseLease(attemptId, first.lease);
      expect((await lease(attemptId, 'b')).failures).toEqual([kept]);
      expect(await desk.storage.failures(id, 0)).toEqual([
        { ...kept, attempt: 1, lease: 1, at: expect.any(Date) },
      ]);
      await expect(desk.storage.recordFailure(attemptId, first.lease, failure)).rejects.toMatchObject({
        code: 'lease-lost',
      });
    });

    it('is not stored again where the same worker asks again: it could not reach a server', async () => {
      const { queued } = await desk.planned(1);
      await lease(queued[0]!.attemptId, 'a');
      expect((await lease(queued[0]!.attemptId, 'a')).failures).toEqual([]);
    });

    it('is that its worker was lost, where the attempt was running when the next one began', async () => {
      const { queued } = await desk.planned(2);
      const [lost, released] = queued.map(({ attemptId }) => attemptId);
      await lease(lost!, 'a');
      expect((await lease(lost!, 'b')).failures).toEqual([
        { code: 'worker-lost', message: expect.stringContaining('a:1'), host: 'a', epochs: 0 },
      ]);
      // One that was given back in order was not lost.
      const { lease: number } = await lease(released!, 'a');
      await desk.storage.releaseLease(released!, number);
      expect((await lease(released!, 'b')).failures).toEqual([]);
    });
  });

  describe('the next execution', () => {
    it('is left to a machine that has not failed the attempt, while there is one', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(1);
      const { attemptId } = queued[0]!;
      expect((await fail(attemptId, 'a')).otherMachines).toBe(1);
      expect(await desk.storage.takeLease(attemptId, workerOf('a'))).toBe('elsewhere');
      expect((await fail(attemptId, 'b')).otherMachines).toBe(0);
      // Both have failed it: either may try again.
      expect(await lease(attemptId, 'a')).toMatchObject({ attemptId });
    });

    it('is always left to others where the machine lacks something, also to those that may come back', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(2);
      const [first, second] = queued.map(({ attemptId }) => attemptId);
      await desk.storage.recordFailure(first!, (await lease(first!, 'a')).lease, {
        ...failure,
        avoidSeconds: Infinity,
      });
      await desk.storage.holdAttempt(first!);
      expect(await desk.storage.takeLease(first!, workerOf('a'))).toBe('elsewhere');
      await desk.storage.setAside('b:1', 'for good');
      expect(await desk.storage.takeLease(first!, workerOf('a'))).toMatchObject({ attempt: 1 });
      expect((await fail(second!, 'a', { avoidSeconds: Infinity })).otherMachines).toBe(0);
    });

    it('is anybody’s where the machine had no part in it, the time is over, or others are of another pool', async () => {
      for (const host of ['a', 'b']) await see(host);
      await see('c', 'gpu');
      const { queued } = await desk.planned(3);
      const [blameless, over, alone] = queued.map(({ attemptId }) => attemptId);
      await fail(blameless!, 'a', { avoidSeconds: null });
      expect(await desk.storage.takeLease(blameless!, workerOf('a'))).toMatchObject({ attempt: 1 });
      await fail(over!, 'a', { avoidSeconds: 1e-9 });
      expect(await desk.storage.takeLease(over!, workerOf('a'))).toMatchObject({ attempt: 1 });
      expect((await fail(alone!, 'c')).otherMachines).toBe(0);
      expect(await desk.storage.takeLease(alone!, workerOf('c'))).toMatchObject({ attempt: 1 });
    });
  });

  describe('a worker', () => {
    it('is put aside after three different trials in a row, and not after the same one three times', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(4);
      const ids = queued.map(({ attemptId }) => attemptId);
      const failOnA = async (id: string): Promise<boolean> => (await fail(id, 'a')).isAside;
      expect(await failOnA(ids[0]!)).toBe(false);
      await succeedOn('b', 'better');
      await fail(ids[1]!, 'a', { avoidSeconds: null });
      expect(await failOnA(ids[2]!)).toBe(false);
      expect(await asideOf('a')).toBeNull();
      expect(await failOnA(ids[3]!)).toBe(true);
      expect(await asideOf('a')).toEqual({
        seconds: expect.closeTo(900, -2),
        reason: '3 different trials failed on it in a row, the last one with trainer-crashed',
      });
      expect(await see('a')).toBe(true);
      const { queued: others } = await desk.planned(1, 'another');
      expect(await desk.storage.takeLease(others[0]!.attemptId, workerOf('a'))).toBe('elsewhere');
      expect(await lease(others[0]!.attemptId, 'b')).toMatchObject({ attempt: 1 });
    });

    it('is not, where a trial succeeded in between', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(4);
      await fail(queued[0]!.attemptId, 'a');
      await fail(queued[1]!.attemptId, 'a');
      await succeedOn('b', 'better');
      const good = await lease(queued[2]!.attemptId, 'a');
      await desk.storage.finishAttempt(good.attemptId, good.lease, outcome());
      expect((await fail(queued[3]!.attemptId, 'a')).isAside).toBe(false);
    });

    it('is not for trials that fail on other machines, too', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(5);
      for (const { attemptId } of queued) {
        expect((await fail(attemptId, 'a')).isAside).toBe(false);
        expect((await fail(attemptId, 'b')).isAside).toBe(false);
      }
    });

    it('is not where no other of its pool does better: then it may well be the trials', async () => {
      for (const host of ['a', 'b']) await see(host);
      await succeedOn('b', 'before');
      const { queued } = await desk.planned(5);
      for (const { attemptId } of queued) expect((await fail(attemptId, 'a')).isAside).toBe(false);
    });

    it('is not for trials that got on on it after they had failed', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(4);
      const { attemptId } = queued[0]!;
      await fail(attemptId, 'a', { avoidSeconds: 1e-9 });
      const again = await lease(attemptId, 'a');
      await desk.storage.recordEpochs(attemptId, again.lease, [epoch(1)]);
      await fail(queued[1]!.attemptId, 'a');
      await succeedOn('b', 'better');
      expect((await fail(queued[2]!.attemptId, 'a')).isAside).toBe(false);
      expect((await fail(queued[3]!.attemptId, 'a')).isAside).toBe(true);
    });

    it('is not where half of its pool is aside already', async () => {
      for (const host of ['a', 'b', 'c']) await see(host);
      const { queued } = await desk.planned(6);
      const failOn = async (host: string, some: typeof queued): Promise<boolean[]> => {
        const asides: boolean[] = [];
        for (const { attemptId } of some) asides.push((await fail(attemptId, host)).isAside);
        return asides;
      };
      await failOn('a', queued.slice(0, 2));
      await succeedOn('c', 'better');
      expect(await failOn('a', queued.slice(2, 3))).toEqual([true]);
      await failOn('b', queued.slice(3, 5));
      await succeedOn('c', 'better still');
      expect(await failOn('b', queued.slice(5))).toEqual([false]);
    });

    it('is let go on when its trials have failed elsewhere, too', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(3);
      await fail(queued[0]!.attemptId, 'a');
      await succeedOn('b', 'better');
      for (const { attemptId } of queued.slice(1)) await fail(attemptId, 'a');
      expect(await see('a')).toBe(true);
      await fail(queued[0]!.attemptId, 'b');
      expect(await see('a')).toBe(false);
    });

    it('is not when it is the last one of its pool, and takes trials again when it has become that', async () => {
      for (const host of ['a', 'b']) await see(host);
      const { queued } = await desk.planned(6);
      await fail(queued[0]!.attemptId, 'a');
      await succeedOn('b', 'better');
      for (const { attemptId } of queued.slice(1, 3)) await fail(attemptId, 'a');
      expect(await asideOf('a')).not.toBeNull();
      for (const { attemptId } of queued.slice(3)) {
        expect((await fail(attemptId, 'b')).isAside).toBe(false);
      }
      await desk.storage.removeWorker('b:1');
      expect(await see('a')).toBe(false);
      expect(await asideOf('a')).toBeNull();
    });

    it('is put aside and released by hand, also the last one', async () => {
      await see('a');
      expect(await desk.storage.setAside('a:1', 'put aside by hand')).toBe(true);
      expect(await see('a')).toBe(true);
      expect(await asideOf('a')).toEqual({ seconds: null, reason: 'put aside by hand' });
      expect(await desk.storage.setAside('a:1', null)).toBe(true);
      expect(await see('a')).toBe(false);
      expect(await desk.storage.setAside('nobody:1', null)).toBe(false);
    });
  });
}
