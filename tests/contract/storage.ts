/** What every implementation of the storage contract must do. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedTrial, SweepSpec } from '../../src/spec/types.js';
import type { EpochMetrics, Outcome, Storage } from '../../src/storage/index.js';

export const spec = (name: string): SweepSpec => ({
  name,
  dataset: 'cifar10',
  seed: 42,
  replicates: 1,
  threads: 1,
  trainable: { kind: 'builtin' },
  space: { model: ['lenet'], samplesPerClass: [10, 20] },
  search: 'grid',
  objective: { metric: 'val_accuracy', direction: 'maximize' },
  budget: { maxTrials: null },
  pool: 'default',
  trialsPerWorkflow: 1,
  report: { target: null, delta: 0.01 },
});

const params = { model: 'lenet', optimizer: 'adam', batchNorm: true, loss: 'cross-entropy' };

/** Trials 0…count−1 of one arm, all of size 10 (null for a negative size). */
export const plan = (count: number, samplesPerClass: number | null = 10): PlannedTrial[] =>
  Array.from({ length: count }, (_, number) => ({
    number,
    arm: { hash: 'abcdef012345', params, label: 'lenet' },
    samplesPerClass,
    replicate: number,
  }));

export const outcome = (changes: Partial<Outcome> = {}): Outcome => ({
  status: 'succeeded',
  epochs: 2,
  bestEpoch: 1,
  trainLoss: 0.5,
  valLoss: 1.25,
  testLoss: 1.5,
  trainAccuracy: 0.9,
  valAccuracy: 0.4,
  testAccuracy: 0.375,
  objective: 0.4,
  metrics: {},
  seconds: 12.5,
  imagesPerSecond: 1000,
  diagnosis: null,
  failure: null,
  ...changes,
});

export const epoch = (number: number, changes: Partial<EpochMetrics> = {}): EpochMetrics => ({
  epoch: number,
  trainLoss: 1 / number,
  trainAccuracy: 0.1 * number,
  valLoss: 2 / number,
  valAccuracy: 0.05 * number,
  learningRate: 0.001,
  seconds: 0.5,
  ...changes,
});

const worker = { id: 'host:1', host: 'host' };

/** @param open gives a storage with nothing in it, and closes what belongs to it */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} keeps the storage contract`, () => {
    let storage: Storage;

    beforeEach(async () => {
      storage = await open();
    });
    afterEach(async () => {
      await storage.close();
    });

    /** A sweep with trials; gives its id and the queued attempts. */
    const planned = async (count: number, sweepName = 'one') => {
      const { sweep } = await storage.createSweep(spec(sweepName), 'name: one\n');
      await storage.addTrials(sweep.id, plan(count));
      return { id: sweep.id, queued: await storage.queuedTrials(sweep.id, -1, 1000) };
    };
    const lease = async (attemptId: string) => {
      const task = await storage.takeLease(attemptId, worker);
      if (!task) throw new Error('expected a lease');
      return task;
    };

    describe('sweeps', () => {
      it('are created once by name, also when many try at the same moment', async () => {
        const tries = await Promise.all(
          Array.from({ length: 20 }, () => storage.createSweep(spec('one'), 'source')),
        );
        expect(tries.filter((one) => one.created)).toHaveLength(1);
        expect(new Set(tries.map((one) => one.sweep.id)).size).toBe(1);
        expect(await storage.findSweep('one')).toMatchObject({
          status: 'planning',
          source: 'source',
          spec: spec('one'),
        });
        expect(await storage.findSweep('two')).toBeNull();
      });

      it('move only from a state that allows it, and keep their times', async () => {
        const { sweep } = await storage.createSweep(spec('one'), '');
        expect(await storage.moveSweep(sweep.id, ['running'], 'finished')).toBe(false);
        expect(await storage.moveSweep(sweep.id, ['planning'], 'running')).toBe(true);
        const running = await storage.getSweep(sweep.id);
        expect(running.startedAt).toBeInstanceOf(Date);
        expect(running.finishedAt).toBeNull();
        expect(await storage.moveSweep(sweep.id, ['running'], 'finished')).toBe(true);
        expect((await storage.getSweep(sweep.id)).finishedAt).toBeInstanceOf(Date);
        expect(await storage.moveSweep(sweep.id, ['finished'], 'running')).toBe(true);
        const again = await storage.getSweep(sweep.id);
        expect(again.finishedAt).toBeNull();
        expect(again.startedAt).toEqual(running.startedAt);
      });

      it('are listed newest first with their counts, and deleted whole', async () => {
        const { id } = await planned(3);
        await storage.createSweep(spec('two'), '');
        expect((await storage.listSweeps()).map((row) => [row.name, row.trials, row.counts.queued])).toEqual([
          ['two', 0, 0],
          ['one', 3, 3],
        ]);
        expect(await storage.deleteSweep(id)).toBe(true);
        expect(await storage.deleteSweep(id)).toBe(false);
        expect(await storage.trialResults(id)).toEqual([]);
        await expect(storage.getSweep(id)).rejects.toMatchObject({ code: 'sweep-unknown' });
      });
    });

    describe('planning', () => {
      it('adds trials once, also when it is repeated, in parts and at the same moment', async () => {
        const { sweep } = await storage.createSweep(spec('one'), '');
        await storage.addTrials(sweep.id, plan(5));
        await Promise.all([1, 2, 3].map(() => storage.addTrials(sweep.id, plan(40))));
        expect(await storage.countTrials(sweep.id)).toMatchObject({ queued: 40 });
        const queued = await storage.queuedTrials(sweep.id, 9, 5);
        expect(queued.map((trial) => trial.number)).toEqual([10, 11, 12, 13, 14]);
        expect(queued[0]).toMatchObject({
          attempt: 1,
          armLabel: 'lenet',
          samplesPerClass: 10,
          replicate: 10,
        });
      });

      it('knows a trial without a size by its identity, too', async () => {
        const { sweep } = await storage.createSweep(spec('one'), '');
        const [trial] = plan(1, null);
        await storage.addTrials(sweep.id, [trial!]);
        await storage.addTrials(sweep.id, [{ ...trial!, number: 1 }]);
        expect(await storage.countTrials(sweep.id)).toMatchObject({ queued: 1 });
      });

      it('opens a further attempt only for trials that have ended, once when many ask', async () => {
        const { id, queued } = await planned(2);
        expect(await storage.openAttempts(id, [0, 1])).toEqual([]);
        const task = await lease(queued[0]!.attemptId);
        expect(await storage.openAttempts(id, [0])).toEqual([]);
        await storage.finishAttempt(
          task.attemptId,
          task.lease,
          outcome({ status: 'failed', failure: { code: 'bug', message: 'x' } }),
        );
        const opened = await Promise.all(Array.from({ length: 8 }, () => storage.openAttempts(id, [0, 1])));
        expect(opened.flat()).toEqual([0]);
        const attempts = await storage.attempts(id, 0);
        expect(attempts.map((row) => [row.attempt, row.status])).toEqual([
          [1, 'failed'],
          [2, 'queued'],
        ]);
        expect(attempts[0]!.outcome).toMatchObject({ failure: { code: 'bug', message: 'x' } });
      });
    });

    describe('a lease', () => {
      it('carries all that a worker needs', async () => {
        const { queued, id } = await planned(1);
        expect(await lease(queued[0]!.attemptId)).toEqual({
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
          spec: spec('one'),
          lease: 1,
        });
        expect(await storage.trialResult(id, 0)).toMatchObject({
          status: 'running',
          worker: 'host:1',
          epochs: 0,
        });
      });

      it('shuts out the one before it: a late writer changes nothing', async () => {
        const { id, queued } = await planned(1);
        const { attemptId } = queued[0]!;
        const first = await lease(attemptId);
        await storage.recordEpochs(attemptId, first.lease, [epoch(1), epoch(2)]);
        const second = await lease(attemptId);
        expect(second.lease).toBeGreaterThan(first.lease);
        expect(await storage.epochs(id)).toEqual([]);
        await storage.recordEpochs(attemptId, second.lease, [epoch(1, { valAccuracy: 0.5 })]);
        const late = { code: 'lease-lost' };
        await expect(storage.recordEpochs(attemptId, first.lease, [epoch(2)])).rejects.toMatchObject(late);
        await expect(storage.finishAttempt(attemptId, first.lease, outcome())).rejects.toMatchObject(late);
        await expect(
          storage.recordLogs(attemptId, first.lease, [
            { lease: first.lease, index: 0, at: new Date(), stream: 'stdout', text: 'late' },
          ]),
        ).rejects.toMatchObject(late);
        expect(await storage.epochs(id)).toEqual([{ trial: 0, ...epoch(1, { valAccuracy: 0.5 }) }]);
        await storage.finishAttempt(attemptId, second.lease, outcome());
        // Half a second of each of the two epochs that the first lease had trained.
        expect(await storage.trialResult(id, 0)).toMatchObject({ status: 'succeeded', seconds: 13.5 });
      });

      it('is not given for an attempt that has ended', async () => {
        const { queued, id } = await planned(1);
        const { attemptId, lease: number } = await lease(queued[0]!.attemptId);
        await storage.finishAttempt(attemptId, number, outcome());
        expect(await storage.takeLease(attemptId, worker)).toBeNull();
        expect(await storage.closeAttempt(attemptId, 'failed', { code: 'worker-lost', message: 'x' })).toBe(
          false,
        );
        expect((await storage.trialResult(id, 0))!.status).toBe('succeeded');
      });

      it('ends when somebody closes the attempt, once', async () => {
        const { queued, id } = await planned(1);
        const { attemptId, lease: number } = await lease(queued[0]!.attemptId);
        const failure = { code: 'worker-lost', message: 'the worker is gone' };
        const closed = await Promise.all(
          [1, 2, 3].map(() => storage.closeAttempt(attemptId, 'failed', failure)),
        );
        expect(closed.filter(Boolean)).toHaveLength(1);
        await expect(storage.finishAttempt(attemptId, number, outcome())).rejects.toMatchObject({
          code: 'lease-lost',
        });
        expect(await storage.trialResult(id, 0)).toMatchObject({
          status: 'failed',
          failureCode: 'worker-lost',
          failureMessage: 'the worker is gone',
        });
      });

      it('is closed with the others of a range, unless it has ended', async () => {
        const { queued, id } = await planned(4);
        const running = await lease(queued[1]!.attemptId);
        const ended = await lease(queued[2]!.attemptId);
        await storage.finishAttempt(ended.attemptId, ended.lease, outcome());
        const failure = { code: 'trial-cancelled', message: 'the trial was cancelled' };
        const close = (): Promise<number> =>
          storage.closeTrials(id, { first: 1, last: 2 }, 'cancelled', failure);
        expect(await close()).toBe(1);
        expect(await close()).toBe(0);
        const statuses = (await storage.trialResults(id)).map((result) => result.status);
        expect(statuses).toEqual(['queued', 'cancelled', 'succeeded', 'queued']);
        await expect(
          storage.finishAttempt(running.attemptId, running.lease, outcome()),
        ).rejects.toMatchObject({ code: 'lease-lost' });
        expect(await storage.closeTrials(id, { first: 1, last: null }, 'failed', failure)).toBe(1);
        expect(await storage.countTrials(id)).toMatchObject({
          queued: 1,
          cancelled: 1,
          failed: 1,
          succeeded: 1,
        });
      });

      it('is listed among those to be run until it ends', async () => {
        const { queued, id } = await planned(3);
        const { attemptId, lease: number } = await lease(queued[1]!.attemptId);
        const left = async (): Promise<number[]> =>
          (await storage.queuedTrials(id, -1, 10)).map((trial) => trial.number);
        expect(await left()).toEqual([0, 1, 2]);
        await storage.finishAttempt(attemptId, number, outcome());
        expect(await left()).toEqual([0, 2]);
      });

      it('is one of a kind, however many ask at the same moment', async () => {
        const { queued } = await planned(1);
        const tasks = await Promise.all(Array.from({ length: 30 }, () => lease(queued[0]!.attemptId)));
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
              const { queued, id: sweepId } = await planned(1, `s-${id}`);
              const { attemptId } = queued[0]!;
              const leases = new Map<string, number>();
              let newest = '';
              let written: number[] = [];
              let next = 1;
              for (const who of steps) {
                if (!leases.has(who)) {
                  leases.set(who, (await lease(attemptId)).lease);
                  newest = who;
                  written = [];
                  continue;
                }
                const write = storage.recordEpochs(attemptId, leases.get(who)!, [epoch(next)]);
                if (who === newest) {
                  await write;
                  written.push(next);
                } else await expect(write).rejects.toMatchObject({ code: 'lease-lost' });
                next++;
              }
              expect((await storage.epochs(sweepId)).map((row) => row.epoch)).toEqual(written);
            },
          ),
          { numRuns: 25 },
        );
      });
    });

    describe('results', () => {
      it('may be written twice and stand once', async () => {
        const { id, queued } = await planned(1);
        const { attemptId, lease: number } = await lease(queued[0]!.attemptId);
        await storage.recordEpochs(attemptId, number, [epoch(1)]);
        await storage.recordEpochs(attemptId, number, [epoch(1, { valAccuracy: 1 }), epoch(2)]);
        await storage.finishAttempt(attemptId, number, outcome());
        await storage.finishAttempt(attemptId, number, outcome({ testAccuracy: 1 }));
        expect((await storage.epochs(id, 0)).map((row) => row.valAccuracy)).toEqual([0.05, 0.1]);
        expect(await storage.trialResult(id, 0)).toMatchObject({
          testAccuracy: 0.375,
          bestEpoch: 1,
          epochs: 2,
        });
        expect(await storage.trialResult(id, 1)).toBeNull();
      });

      it('read back to the last bit; NaN and infinities become null', async () => {
        const { id, queued } = await planned(1);
        const { attemptId, lease: number } = await lease(queued[0]!.attemptId);
        const values = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          numRuns: 300,
          seed: 7,
        });
        const rows = values.map((value, i) => epoch(i + 1, { trainLoss: value, valLoss: -value }));
        rows.push(epoch(values.length + 1, { trainLoss: NaN, valLoss: Infinity }));
        await storage.recordEpochs(attemptId, number, rows);
        const read = await storage.epochs(id, 0);
        // The driver writes -0 as 0: no metric tells them apart.
        expect(read.slice(0, -1).every((row, i) => Object.is(row.trainLoss, values[i]! + 0))).toBe(true);
        expect(read.at(-1)).toMatchObject({ trainLoss: null, valLoss: null });
      });

      it('keep log lines in order, and give those after a place', async () => {
        const { id, queued } = await planned(1);
        const { attemptId, lease: number } = await lease(queued[0]!.attemptId);
        const line = (index: number, text: string) =>
          ({ lease: number, index, at: new Date(1000 * index), stream: 'stderr', text }) as const;
        await storage.recordLogs(attemptId, number, [line(0, 'one'), line(1, 'two\0')]);
        await storage.recordLogs(attemptId, number, [line(1, 'again'), line(2, 'three')]);
        expect((await storage.logs(id, 0)).map((row) => row.text)).toEqual(['one', 'two�', 'three']);
        expect(await storage.logs(id, 0, { after: { lease: number, index: 1 } })).toEqual([line(2, 'three')]);
        expect(await storage.logs(id, 0, { attempt: 2 })).toEqual([]);
      });

      it('carry the environment of the attempt', async () => {
        const { id, queued } = await planned(1);
        const { attemptId, lease: number } = await lease(queued[0]!.attemptId);
        const environment = {
          elbowVersion: '0.1.0',
          gitCommit: null,
          node: 'v20.20.2',
          tensorflow: '2.21.0',
          device: 'cpu',
          dataDigest: 'ab',
        };
        await storage.setEnvironment(attemptId, number, environment);
        expect((await storage.attempts(id, 0))[0]!.environment).toEqual(environment);
      });
    });

    it('knows its workers, and how many attempts each of them runs', async () => {
      const { queued } = await planned(2);
      const row = {
        id: 'host:1',
        host: 'host',
        pid: 1,
        pool: 'default',
        slots: 2,
        version: '0.1.0',
        device: 'cpu',
      };
      await storage.seeWorker(row);
      await storage.seeWorker(row);
      await lease(queued[0]!.attemptId);
      expect(await storage.workers(60_000)).toMatchObject([{ ...row, busy: 1 }]);
      expect(await storage.workers(-60_000)).toEqual([]);
      await storage.removeWorker('host:1');
      expect(await storage.workers(60_000)).toEqual([]);
    });
  });
}
