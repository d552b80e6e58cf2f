/** The storage contract: sweeps, their trials, and workers. */
import { describe, expect, it } from 'vitest';
import type { Desk } from './desk.js';
import { outcome, plan, sweepSpec } from '../support/rows.js';

export function sweepsContract(desk: Desk): void {
  describe('sweeps', () => {
    it('are created once by name, also when many try at the same moment', async () => {
      const tries = await Promise.all(
        Array.from({ length: 20 }, () => desk.storage.createSweep(sweepSpec('one'), 'source')),
      );
      expect(tries.filter((one) => one.created)).toHaveLength(1);
      expect(new Set(tries.map((one) => one.sweep.id)).size).toBe(1);
      expect(await desk.storage.findSweep('one')).toMatchObject({
        status: 'planning',
        source: 'source',
        spec: sweepSpec('one'),
      });
      expect(await desk.storage.findSweep('two')).toBeNull();
    });

    it('move only from a state that allows it, and keep their times', async () => {
      const { sweep } = await desk.storage.createSweep(sweepSpec('one'), '');
      expect(await desk.storage.moveSweep(sweep.id, ['running'], 'finished')).toBe(false);
      expect(await desk.storage.moveSweep(sweep.id, ['planning'], 'running')).toBe(true);
      const running = await desk.storage.getSweep(sweep.id);
      expect(running.startedAt).toBeInstanceOf(Date);
      expect(running.finishedAt).toBeNull();
      expect(await desk.storage.moveSweep(sweep.id, ['running'], 'finished')).toBe(true);
      expect((await desk.storage.getSweep(sweep.id)).finishedAt).toBeInstanceOf(Date);
      expect(await desk.storage.moveSweep(sweep.id, ['finished'], 'running')).toBe(true);
      const again = await desk.storage.getSweep(sweep.id);
      expect(again.finishedAt).toBeNull();
      expect(again.startedAt).toEqual(running.startedAt);
    });

    it('are listed newest first with their counts, and deleted whole', async () => {
      const { id } = await desk.planned(3);
      await desk.storage.createSweep(sweepSpec('two'), '');
      expect(
        (await desk.storage.listSweeps()).map((row) => [row.name, row.trials, row.counts.queued]),
      ).toEqual([
        ['two', 0, 0],
        ['one', 3, 3],
      ]);
      expect((await desk.storage.deleteSweep(id))?.attempts).toHaveLength(3);
      expect(await desk.storage.deleteSweep(id)).toBeNull();
      expect(await desk.storage.trialResults(id)).toEqual([]);
      await expect(desk.storage.getSweep(id)).rejects.toMatchObject({ code: 'sweep-unknown' });
    });
  });

  it('leave the weights that no other sweep refers to', async () => {
    const trained = async (name: string, weights: readonly string[]): Promise<string> => {
      const { id, queued } = await desk.planned(weights.length, name);
      for (const { attemptId, number } of queued) {
        const { lease } = await desk.lease(attemptId);
        await desk.storage.finishAttempt(attemptId, lease, outcome({ weights: weights[number]! }));
      }
      return id;
    };
    const one = await trained('one', ['ab', 'cd', 'ab']);
    const two = await trained('two', ['cd', 'ef']);
    expect((await desk.storage.deleteSweep(one))?.weights).toEqual(['ab']);
    expect((await desk.storage.deleteSweep(two))?.weights.toSorted()).toEqual(['cd', 'ef']);
  });

  it('know which database they are in', async () => {
    const id = await desk.storage.databaseId();
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    await desk.planned(1);
    expect(await desk.storage.databaseId()).toBe(id);
  });

  describe('planning', () => {
    it('adds trials once, also when it is repeated, in parts and at the same moment', async () => {
      const { sweep } = await desk.storage.createSweep(sweepSpec('one'), '');
      await desk.storage.addTrials(sweep.id, plan(5));
      await Promise.all([1, 2, 3].map(() => desk.storage.addTrials(sweep.id, plan(40))));
      expect(await desk.storage.countTrials(sweep.id)).toMatchObject({ queued: 40 });
      const queued = await desk.storage.queuedTrials(sweep.id, 9, 5);
      expect(queued.map((trial) => trial.number)).toEqual([10, 11, 12, 13, 14]);
      expect(queued[0]).toMatchObject({
        attempt: 1,
        armLabel: 'lenet',
        samplesPerClass: 10,
        replicate: 10,
      });
    });

    it('knows a trial without a size by its identity, too', async () => {
      const { sweep } = await desk.storage.createSweep(sweepSpec('one'), '');
      const [trial] = plan(1, null);
      await desk.storage.addTrials(sweep.id, [trial!]);
      await desk.storage.addTrials(sweep.id, [{ ...trial!, number: 1 }]);
      expect(await desk.storage.countTrials(sweep.id)).toMatchObject({ queued: 1 });
    });

    it('opens a further attempt only for trials that have ended, once when many ask', async () => {
      const { id, queued } = await desk.planned(2);
      expect(await desk.storage.openAttempts(id, [0, 1])).toEqual([]);
      const task = await desk.lease(queued[0]!.attemptId);
      expect(await desk.storage.openAttempts(id, [0])).toEqual([]);
      await desk.storage.finishAttempt(
        task.attemptId,
        task.lease,
        outcome({ status: 'failed', failure: { code: 'bug', message: 'x' } }),
      );
      const opened = await Promise.all(
        Array.from({ length: 8 }, () => desk.storage.openAttempts(id, [0, 1])),
      );
      expect(opened.flat()).toEqual([0]);
      const attempts = await desk.storage.attempts(id, 0);
      expect(attempts.map((row) => [row.attempt, row.status])).toEqual([
        [1, 'failed'],
        [2, 'queued'],
      ]);
      expect(attempts[0]!.outcome).toMatchObject({ failure: { code: 'bug', message: 'x' } });
      const all = await desk.storage.attempts(id);
      expect(all.map((row) => [row.trial, row.attempt])).toEqual([
        [0, 1],
        [0, 2],
        [1, 1],
      ]);
    });
  });

  it('knows its workers, and how many attempts each of them runs', async () => {
    const { queued } = await desk.planned(2);
    const row = {
      id: 'host:1',
      host: 'host',
      pid: 1,
      pool: 'default',
      slots: 2,
      version: '0.1.0',
      device: 'cpu',
    };
    await desk.storage.seeWorker(row);
    const devices = [{ index: 0, uuid: 'GPU-1b', name: 'NVIDIA "A2"', memoryMb: 15_000.5 }];
    expect((await desk.storage.workers(60_000))[0]!.devices).toEqual([]);
    await desk.storage.seeWorker({ ...row, devices });
    await desk.lease(queued[0]!.attemptId);
    const [seen] = await desk.storage.workers(60_000);
    expect(seen).toMatchObject({ ...row, devices, busy: 1, runs: [{ sweep: 'one', trial: 0 }] });
    expect(seen!.silentSeconds).toBeGreaterThanOrEqual(0);
    expect(seen!.lastSeenAt).toBeInstanceOf(Date);
    expect(await desk.storage.workers(-60_000)).toEqual([]);
    await desk.storage.removeWorker('host:1');
    expect(await desk.storage.workers(60_000)).toEqual([]);
  });
}
