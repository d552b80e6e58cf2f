/** The storage contract: workers of several versions, and the one that trains a sweep. */
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/storage/index.js';
import { takeLease } from '../support/lease.js';
import { outcome } from '../support/rows.js';
import type { Desk } from './desk.js';

const environment: Environment = {
  elbowVersion: '0.1.0',
  gitCommit: null,
  node: 'v24.0.0',
  tensorflow: '2.21.0',
  device: 'cpu',
  dataDigest: null,
  threads: 1,
  cpuFeatures: 'avx avx2',
};
const workflows = { id: '0.1.0-a', elbow: '0.1.0', builtAt: 1000 };

export function versionsContract(desk: Desk): void {
  const workerOf = (host: string, trainingVersion: string) => ({ id: `${host}:1`, host, trainingVersion });
  const see = async (host: string, training: string, pool = 'default'): Promise<void> => {
    await desk.storage.seeVersions(`${host}:1`, { training, workflows, takesWorkflows: false });
    await desk.storage.seeWorker({
      id: `${host}:1`,
      host,
      pid: 1,
      pool,
      slots: 2,
      version: '0.1.0',
      device: 'cpu',
    });
  };
  /** Trains an attempt to its end. */
  const train = async (attemptId: string, host: string, version: string): Promise<void> => {
    const { lease } = await takeLease(desk.storage, attemptId, workerOf(host, version));
    await desk.storage.setEnvironment(attemptId, lease, { ...environment, trainingVersion: version });
    await desk.storage.finishAttempt(attemptId, lease, outcome());
  };
  const ask = (attemptId: string, host: string, version: string) =>
    desk.storage.takeLease(attemptId, workerOf(host, version));

  describe('a sweep and the version that trains it', () => {
    it('is left to workers of the version of its first trial, while one of them takes trials', async () => {
      const { id, queued } = await desk.planned(3);
      await see('old', 'A');
      await see('new', 'B');
      await train(queued[0]!.attemptId, 'old', 'A');
      expect(await ask(queued[1]!.attemptId, 'new', 'B')).toBe('elsewhere');
      expect(await ask(queued[1]!.attemptId, 'old', 'A')).toMatchObject({ trial: 1 });
      // Another sweep begins with whoever comes.
      const other = await desk.planned(2, 'two');
      expect(await ask(other.queued[0]!.attemptId, 'new', 'B')).toMatchObject({ trial: 0 });
      expect(await ask(other.queued[1]!.attemptId, 'old', 'A')).toBe('elsewhere');
      expect(await desk.storage.trainedBy(id)).toEqual([]);
    });

    it.each([
      ['has ended', () => desk.storage.removeWorker('old:1')],
      ['is put aside', () => desk.storage.setAside('old:1', 'by hand')],
      ['serves another pool', () => see('old', 'A', 'gpu')],
    ])('goes on with another where the last of that version %s, and says so', async (_what, leave) => {
      const { id, queued } = await desk.planned(3);
      await see('old', 'A');
      await see('new', 'B');
      await train(queued[0]!.attemptId, 'old', 'A');
      await leave();
      await train(queued[1]!.attemptId, 'new', 'B');
      expect(await desk.storage.trainedBy(id)).toEqual([
        { version: 'A', isPresent: false, trials: [0] },
        { version: 'B', isPresent: true, trials: [1] },
      ]);
      // From now on it is of the new version: one that comes back leaves it alone.
      await see('old', 'A');
      await desk.storage.setAside('old:1', null);
      expect(await ask(queued[2]!.attemptId, 'old', 'A')).toBe('elsewhere');
    });

    it('is of one version again once the others are trained again', async () => {
      const { id, queued } = await desk.planned(2);
      await train(queued[0]!.attemptId, 'old', 'A');
      await train(queued[1]!.attemptId, 'new', 'B');
      expect(await desk.storage.trainedBy(id)).toHaveLength(2);
      await desk.storage.openAttempts(id, [0]);
      const [again] = await desk.storage.queuedTrials(id, -1, 10);
      await train(again!.attemptId, 'new', 'B');
      expect(await desk.storage.trainedBy(id)).toEqual([{ version: 'B', isPresent: true, trials: [0, 1] }]);
    });

    it('does not leave a trial to machines that have failed it lately, which would leave it to nobody', async () => {
      const { id, queued } = await desk.planned(2);
      const { attemptId } = queued[1]!;
      await see('old', 'A');
      await see('new', 'B');
      await train(queued[0]!.attemptId, 'old', 'A');
      const { lease } = await takeLease(desk.storage, attemptId, workerOf('old', 'A'));
      const failure = { code: 'device-out-of-memory', message: 'full', avoidSeconds: Infinity };
      await desk.storage.recordFailure(attemptId, lease, failure);
      await desk.storage.releaseLease(attemptId, lease);
      expect(await ask(attemptId, 'old', 'A')).toBe('elsewhere');
      await train(attemptId, 'new', 'B');
      // The sweep is still the old version's, whose worker lives.
      expect(await desk.storage.trainedBy(id)).toEqual([
        { version: 'B', isPresent: false, trials: [1] },
        { version: 'A', isPresent: true, trials: [0] },
      ]);
    });

    it('says so where an elbow before versions has trained some, or a build was made under a worker', async () => {
      const { id, queued } = await desk.planned(3);
      const first = await takeLease(desk.storage, queued[0]!.attemptId, { id: 'older:1', host: 'older' });
      await desk.storage.setEnvironment(first.attemptId, first.lease, environment);
      await desk.storage.finishAttempt(first.attemptId, first.lease, outcome());
      await train(queued[1]!.attemptId, 'new', 'B');
      expect(await desk.storage.trainedBy(id)).toEqual([
        { version: null, isPresent: false, trials: [0] },
        { version: 'B', isPresent: true, trials: [1] },
      ]);
      const other = await desk.planned(1, 'two');
      const { attemptId } = other.queued[0]!;
      const { lease } = await takeLease(desk.storage, attemptId, workerOf('new', 'B'));
      await desk.storage.setEnvironment(attemptId, lease, { ...environment, trainingVersion: 'C' });
      expect(await desk.storage.trainedBy(other.id)).toEqual([
        { version: 'C', isPresent: false, trials: [0] },
      ]);
    });
  });

  describe('workers that take workflows', () => {
    const tell = (host: string, id: string, takesWorkflows = true) =>
      desk.storage.seeVersions(`${host}:1`, {
        training: null,
        workflows: { id, elbow: '0.1.0', builtAt: 1764348123456 },
        takesWorkflows,
      });

    it('are known by version, each once, until they say that they take none or end', async () => {
      const of = (id: string) => ({ id, elbow: '0.1.0', builtAt: 1764348123456 });
      expect(await tell('a', 'A')).toEqual([of('A')]);
      await tell('b', 'A');
      expect(new Set((await tell('c', 'B')).map(({ id }) => id))).toEqual(new Set(['A', 'B']));
      expect(await tell('c', 'B', false)).toEqual([of('A')]);
      await desk.storage.forgetVersions('a:1');
      expect(await desk.storage.forgetVersions('b:1')).toEqual([]);
    });
  });
}
