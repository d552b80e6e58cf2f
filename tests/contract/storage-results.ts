/** The storage contract: what a trial leaves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Desk } from './desk.js';
import { epoch, outcome } from '../support/rows.js';

export function resultsContract(desk: Desk): void {
  describe('results', () => {
    it('may be written twice and stand once', async () => {
      const { id, queued } = await desk.planned(1);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      await desk.storage.recordEpochs(attemptId, number, [epoch(1)]);
      await desk.storage.recordEpochs(attemptId, number, [epoch(1, { valAccuracy: 1 }), epoch(2)]);
      await desk.storage.finishAttempt(attemptId, number, outcome());
      await desk.storage.finishAttempt(attemptId, number, outcome({ testAccuracy: 1 }));
      expect((await desk.storage.epochs(id, 0)).map((row) => row.valAccuracy)).toEqual([0.05, 0.1]);
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({
        testAccuracy: 0.375,
        bestEpoch: 1,
        epochs: 2,
      });
      expect(await desk.storage.trialResult(id, 1)).toBeNull();
    });

    it('read back to the last bit; NaN and infinities become null', async () => {
      const { id, queued } = await desk.planned(1);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      const values = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        numRuns: 300,
        seed: 7,
      });
      const rows = values.map((value, i) => epoch(i + 1, { trainLoss: value, valLoss: -value }));
      rows.push(epoch(values.length + 1, { trainLoss: NaN, valLoss: Infinity }));
      await desk.storage.recordEpochs(attemptId, number, rows);
      const read = await desk.storage.epochs(id, 0);
      // The driver writes -0 as 0: no metric tells them apart.
      expect(read.slice(0, -1).every((row, i) => Object.is(row.trainLoss, values[i]! + 0))).toBe(true);
      expect(read.at(-1)).toMatchObject({ trainLoss: null, valLoss: null });
    });

    it('keep log lines in order, and give those after a place', async () => {
      const { id, queued } = await desk.planned(1);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      const line = (index: number, text: string) =>
        ({ lease: number, index, at: new Date(1000 * index), stream: 'stderr', text }) as const;
      await desk.storage.recordLogs(attemptId, number, [line(0, 'one'), line(1, 'two\0')]);
      await desk.storage.recordLogs(attemptId, number, [line(1, 'again'), line(2, 'three')]);
      expect((await desk.storage.logs(id, 0)).map((row) => row.text)).toEqual(['one', 'two�', 'three']);
      expect(await desk.storage.logs(id, 0, { after: { lease: number, index: 1 } })).toEqual([
        line(2, 'three'),
      ]);
      expect(await desk.storage.logs(id, 0, { attempt: 2 })).toEqual([]);
    });

    it('keep the answers to the test images and the digest of the weights', async () => {
      const { id, queued } = await desk.planned(2);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      const answers = {
        classes: ['cat', 'dog'],
        confusion: [
          [3, 1],
          [0, 200],
        ],
        // Long enough for more than one line of Base64.
        correct: Buffer.from(Uint8Array.from({ length: 90 }, (_, i) => (37 * i) % 256)).toString('base64'),
      };
      expect(await desk.storage.answers(id, 0)).toBeNull();
      await desk.storage.finishAttempt(attemptId, number, outcome({ answers, weights: 'ab12' }));
      expect(await desk.storage.answers(id, 0)).toEqual(answers);
      expect(await desk.storage.answers(id, 1)).toBeNull();
      const { armHash } = (await desk.storage.trialResult(id, 0))!;
      const [own, ...others] = await desk.storage.testCorrect(id, [armHash]);
      expect(others).toEqual([]);
      expect({ ...own, correct: Buffer.from(own!.correct).toString('base64') }).toEqual({
        trial: 0,
        correct: answers.correct,
      });
      expect(await desk.storage.testCorrect(id, ['of no arm'])).toEqual([]);
      expect(await desk.storage.confusions(id, armHash)).toEqual([
        { trial: 0, classes: answers.classes, counts: answers.confusion },
      ]);
      expect((await desk.storage.trialResult(id, 0))!.weights).toBe('ab12');
      expect((await desk.storage.attempts(id, 0))[0]!.outcome!.weights).toBe('ab12');
      expect(await desk.storage.openAttempts(id, [0])).toEqual([0]);
      expect(await desk.storage.answers(id, 0)).toBeNull();
      expect(await desk.storage.testCorrect(id, [armHash])).toEqual([]);
    });

    it('keep what was found about the training, in its order', async () => {
      const { id, queued } = await desk.planned(2);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      expect((await desk.storage.trialResult(id, 0))!.findings).toEqual([]);
      const layer = { gradientFirst: 0.25, gradientLast: null, weightFirst: 3, weightLast: null };
      const findings = [
        {
          code: 'vanishing-gradients',
          evidence: 'Gradients hardly reach 2 of 16 layers.',
          remedies: ['initialiser: he-normal – why', 'batchNorm: true – why'],
          layers: [{ layer: '0.conv', ...layer, units: 20, dead: 3 }],
        },
        { code: 'epoch-limit', evidence: 'All 50 epochs were used up.', remedies: [] },
      ];
      await desk.storage.finishAttempt(
        attemptId,
        number,
        outcome({ findings, diagnosis: findings[0]!.code }),
      );
      expect(await desk.storage.trialResult(id, 0)).toMatchObject({
        findings,
        diagnosis: 'vanishing-gradients',
      });
      expect((await desk.storage.attempts(id, 0))[0]!.outcome!.findings).toEqual(findings);
      await desk.storage.openAttempts(id, [0]);
      expect((await desk.storage.trialResult(id, 0))!.findings).toEqual([]);
    });

    it('carry the environment of the attempt', async () => {
      const { id, queued } = await desk.planned(1);
      const { attemptId, lease: number } = await desk.lease(queued[0]!.attemptId);
      const environment = {
        elbowVersion: '0.1.0',
        gitCommit: null,
        node: 'v20.20.2',
        tensorflow: '2.21.0',
        device: 'cpu',
        dataDigest: 'ab',
        threads: 2,
        cpuFeatures: 'avx avx2',
      };
      await desk.storage.setEnvironment(attemptId, number, environment);
      expect((await desk.storage.attempts(id, 0))[0]!.environment).toEqual(environment);
    });
  });
}
