import { beforeAll, describe, expect, it } from 'vitest';
import type { Environment, Outcome } from '../../src/storage/index.js';
import { takeLease } from '../support/lease.js';
import { elbow, endTrial, failure, seed, storage, success, useServers } from './servers.js';

useServers();

const environment: Environment = {
  elbowVersion: '0.1.0',
  gitCommit: null,
  node: 'v20.20.2',
  tensorflow: '2.21.0',
  device: 'cpu',
  dataDigest: 'a'.repeat(64),
  threads: 1,
  cpuFeatures: '',
};

/** Right on these bits of 16 images. */
const right = (...bytes: readonly [number, number]): Outcome => ({
  ...success,
  answers: { ...success.answers!, correct: Buffer.from(bytes).toString('base64') },
});

/** Ends a trial that tells what it ran in. */
async function endIn(sweepId: string, number: number, dataDigest: string, outcome: Outcome): Promise<void> {
  const { attemptId } = (await storage.queuedTrials(sweepId, number - 1, 1))[0]!;
  const { lease } = await takeLease(storage, attemptId, { id: 'lab:1', host: 'lab' });
  await storage.setEnvironment(attemptId, lease, { ...environment, dataDigest });
  await storage.finishAttempt(attemptId, lease, outcome);
}

describe('two trials', () => {
  beforeAll(async () => {
    const { id } = await seed('pair');
    await endIn(id, 0, 'a'.repeat(64), right(0b11111111, 0b00000111));
    await endIn(id, 1, 'a'.repeat(64), right(0b00000011, 0b00001011));
    await endIn(id, 2, 'b'.repeat(64), right(0b00000011, 0b00001011));
    await endIn(id, 3, 'a'.repeat(64), failure);
  });

  it('are compared by which test images each got right', async () => {
    const { code, stdout } = await elbow('trial', 'pair', '0', '--against', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pair 0 against 1, on the same 16 test images$/m);
    expect(stdout).toMatch(/^both right +4 +25\.00 %$/m);
    expect(stdout).toMatch(/^0 alone +7 +43\.75 %$/m);
    expect(stdout).toMatch(/^1 alone +1 +6\.25 %$/m);
    expect(stdout).toMatch(/^neither +4 +25\.00 %$/m);
    // 2 (1 + 8) / 2⁸.
    expect(stdout).toMatch(/0 minus that of 1: \+0\.3750 \(.*, 95 %\), p 0\.070 by McNemar's exact test/);
  });

  it('are one JSON document', async () => {
    const { stdout } = await elbow('trial', 'pair', '1', '--against', '0', '--json');
    expect(JSON.parse(stdout)).toEqual({
      sweep: 'pair',
      trial: 1,
      against: 0,
      confidence: 0.95,
      images: 16,
      both: 4,
      onlyFirst: 1,
      onlySecond: 7,
      neither: 4,
      difference: -0.375,
      interval: { lo: expect.any(Number) as number, hi: expect.any(Number) as number },
      p: expect.closeTo(18 / 256, 12) as number,
    });
  });

  it('are refused where they saw different data, or nobody knows which', async () => {
    const different = await elbow('trial', 'pair', '0', '--against', '2', '--json');
    expect(different.code).toBe(2);
    expect(JSON.parse(different.stdout)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining('saw different data') as string },
    });
    const sweep = await seed('unknown');
    for (const number of [0, 1]) await endTrial(sweep, number, success);
    const unknown = await elbow('trial', 'unknown', '0', '--against', '1');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/not known which data trial 0 was tested on/);
    const queued = await elbow('trial', 'unknown', '3', '--against', '0');
    expect(queued.stderr).toMatch(/trial 3 has no answers to test images: it is queued/);
  });

  it('are refused where one has no answers, or is not there, or is the same', async () => {
    const failed = await elbow('trial', 'pair', '0', '--against', '3');
    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(/trial 3 has no answers to test images: it is failed/);
    expect((await elbow('trial', 'pair', '0', '--against', '4')).stderr).toMatch(/numbered 0 to 3/);
    expect((await elbow('trial', 'pair', '0', '--against', 'x')).stderr).toMatch(/the number of a trial/);
    expect((await elbow('trial', 'pair', '0', '--against', '0')).stderr).toMatch(/another trial than 0/);
  });
});
