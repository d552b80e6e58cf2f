/** The storage contract: what is said of a whole sweep is what its trials say one by one. */
import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../src/storage/index.js';
import { epoch, outcome, plan, sweepSpec } from '../support/rows.js';
import type { Desk } from './desk.js';

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Eight trials: some ended, one of them for the second time, one failed, one running. */
async function mixed(desk: Desk): Promise<{ id: string; results: readonly TrialResult[] }> {
  const { id, queued } = await desk.planned(8);
  const end = async (place: number, change: Parameters<typeof outcome>[0]): Promise<void> => {
    const open = (await desk.storage.queuedTrials(id, place - 1, 1))[0]!;
    const { attemptId, lease } = await desk.lease(open.attemptId);
    await desk.storage.recordEpochs(attemptId, lease, [epoch(1), epoch(2)]);
    await desk.storage.finishAttempt(attemptId, lease, outcome(change));
  };
  for (const place of [0, 1, 2, 3]) await end(place, { testAccuracy: 0.1 * place, objective: place });
  await desk.storage.openAttempts(id, [1]);
  await end(1, { testAccuracy: 0.9, objective: 7 });
  await end(5, { status: 'failed', failure: { code: 'trainer-crashed', message: 'ended by SIGKILL' } });
  const { attemptId, lease } = await desk.lease(queued[6]!.attemptId);
  await desk.storage.recordEpochs(attemptId, lease, [epoch(1)]);
  return { id, results: await desk.storage.trialResults(id) };
}

export function overviewContract(desk: Desk): void {
  describe('overviews', () => {
    it('count and add up the latest attempts, by size and status and by arm and size', async () => {
      const { id, results } = await mixed(desk);
      const [progress, groups, counts] = [
        await desk.storage.progress(id),
        await desk.storage.groups(id),
        await desk.storage.countTrials(id),
      ];
      expect(counts).toMatchObject({ succeeded: 4, failed: 1, running: 1, queued: 2 });
      for (const { status, samplesPerClass, trials, seconds } of progress) {
        const own = results.filter((one) => one.status === status && one.samplesPerClass === samplesPerClass);
        expect(trials).toBe(own.length);
        expect(seconds).toBeCloseTo(
          own.reduce((sum, one) => sum + (one.seconds ?? 0), 0),
          9,
        );
      }
      expect(progress.reduce((sum, { trials }) => sum + trials, 0)).toBe(8);
      for (const group of groups) {
        const own = results.filter(
          (one) => one.armHash === group.armHash && one.samplesPerClass === group.samplesPerClass,
        );
        const good = own.filter(({ status }) => status === 'succeeded');
        expect(group).toMatchObject({
          armLabel: own[0]!.armLabel,
          trials: own.length,
          succeeded: good.length,
          failed: own.filter(({ status }) => status === 'failed').length,
        });
        const scores = good.map(({ testAccuracy }) => testAccuracy!);
        if (scores.length === 0) expect(group.testAccuracy).toBeNull();
        else {
          expect(group.testAccuracy).toMatchObject({
            count: scores.length,
            min: Math.min(...scores),
            max: Math.max(...scores),
          });
          expect(group.testAccuracy!.mean).toBeCloseTo(mean(scores), 12);
        }
      }
      const listed = (await desk.storage.listSweeps())[0]!;
      expect(listed.counts).toEqual(counts);
    });

    it('give figures of the arms that are named alone', async () => {
      const { id, results } = await mixed(desk);
      const all = await desk.storage.trialFigures(id);
      for (const armHash of new Set(results.map((one) => one.armHash)))
        expect(await desk.storage.trialFigures(id, [armHash])).toEqual(
          all.filter((one) => one.armHash === armHash),
        );
    });

    it('give figures, arms and numbers as the results have them', async () => {
      const { id, results } = await mixed(desk);
      expect(await desk.storage.trialFigures(id)).toEqual(
        results.map(({ trial, armHash, samplesPerClass, replicate, status, objective, testAccuracy }) => ({
          trial,
          armHash,
          samplesPerClass,
          replicate,
          status,
          objective,
          testAccuracy,
        })),
      );
      const arms = await desk.storage.arms(id);
      expect(arms.map(({ armHash }) => armHash)).toEqual([...new Set(results.map(({ armHash }) => armHash))]);
      expect(arms[0]).toEqual({
        armHash: results[0]!.armHash,
        armLabel: results[0]!.armLabel,
        params: results[0]!.params,
      });
      expect(await desk.storage.trialNumbers(id, ['queued', 'running'])).toEqual([4, 6, 7]);
      expect(await desk.storage.trialsNamed(id, [3, 1, 99])).toEqual([results[1], results[3]]);
      expect(await desk.storage.runningTrials(id, 5)).toEqual([results[6]]);
      expect(await desk.storage.failedTrials(id)).toEqual([
        { code: 'trainer-crashed', trials: [5], example: 'ended by SIGKILL' },
      ]);
      expect(await desk.storage.epochTotal(id)).toBe(results.reduce((sum, { epochs }) => sum + epochs, 0));
    });

    it('tell attempts that ended in any number of parts, each once, also those of one moment', async () => {
      const { id } = await mixed(desk);
      const start = new Date(0);
      const all = await desk.storage.endedTrials(id, { finishedAt: start, trial: -1 }, 100);
      expect(all.map(({ trial, attempt }) => `${trial}/${attempt}`).sort()).toEqual([
        '0/1',
        '1/1',
        '1/2',
        '2/1',
        '3/1',
        '5/1',
      ]);
      const parts = [];
      for (let after = { finishedAt: start, trial: -1 }; ;) {
        const part = await desk.storage.endedTrials(id, after, 2);
        parts.push(...part);
        if (part.length < 2) break;
        after = part[1]!;
      }
      expect(parts).toEqual(all);
      expect(await desk.storage.endedTrials(id, all.at(-1)!, 2)).toEqual([]);
    });

    it('name nothing of other sweeps, nor of one that is not planned', async () => {
      await mixed(desk);
      const { sweep } = await desk.storage.createSweep(sweepSpec('other'), '');
      const { id } = sweep;
      expect(await desk.storage.progress(id)).toEqual([]);
      expect(await desk.storage.groups(id)).toEqual([]);
      expect(await desk.storage.trialFigures(id)).toEqual([]);
      expect(await desk.storage.trialFigures(id, ['of no arm'])).toEqual([]);
      expect(await desk.storage.environments(id)).toEqual([]);
      expect(await desk.storage.endedTrials(id, { finishedAt: new Date(0), trial: -1 }, 9)).toEqual([]);
      expect(await desk.storage.epochTotal(id)).toBe(0);
    });

    it('count trials by where their latest attempt ran', async () => {
      const { id, queued } = await desk.planned(3);
      const environment = {
        elbowVersion: '0.1.0',
        gitCommit: null,
        node: 'v20.20.2',
        tensorflow: null,
        device: null,
        dataDigest: null,
        threads: null,
        cpuFeatures: null,
      };
      const other = { ...environment, trainingVersion: 'fedcba987654' };
      for (const [i, { attemptId }] of queued.entries()) {
        const { lease } = await desk.lease(attemptId);
        await desk.storage.setEnvironment(attemptId, lease, i < 2 ? environment : other);
      }
      expect(await desk.storage.environments(id)).toEqual([
        { trials: 2, host: 'host', environment },
        { trials: 1, host: 'host', environment: other },
      ]);
    });

    it('close the open trials of a sweep of any size, each once', async () => {
      const { sweep } = await desk.storage.createSweep(sweepSpec('long'), '');
      await desk.storage.addTrials(sweep.id, plan(5_001));
      const close = (first: number, last: number | null): Promise<number> =>
        desk.storage.closeTrials(sweep.id, { first, last }, 'cancelled', {
          code: 'trial-cancelled',
          message: 'the trial was cancelled',
        });
      expect(await close(3, 5)).toBe(3);
      expect(await close(0, null)).toBe(4_998);
      expect(await close(0, null)).toBe(0);
      expect(await desk.storage.countTrials(sweep.id)).toMatchObject({ cancelled: 5_001, queued: 0 });
    });

    it('read a sweep of any size in pages, each trial once', async () => {
      const { sweep } = await desk.storage.createSweep(sweepSpec('large'), '');
      await desk.storage.addTrials(sweep.id, plan(4_500));
      const pages: number[] = [];
      const trials: number[] = [];
      for await (const page of desk.storage.trialPages(sweep.id)) {
        pages.push(page.length);
        trials.push(...page.map(({ trial }) => trial));
      }
      expect(Math.max(...pages)).toBeLessThanOrEqual(2_000);
      expect(trials).toEqual(Array.from({ length: 4_500 }, (_, i) => i));
    });
  });
}
