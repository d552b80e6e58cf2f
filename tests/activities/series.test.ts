import { MockActivityEnvironment } from '@temporalio/testing';
import { CancelledFailure } from '@temporalio/activity';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { finalFailure, nextTry } from '../../activities/failures.js';
import { trainSeries } from '../../activities/series.js';
import { ElbowError } from '../../src/errors.js';
import type { TrialEnd, TrialRef } from '../../workflows/messages.js';

const refs: readonly TrialRef[] = [0, 1, 2, 3].map((number) => ({
  number,
  attemptId: `${number}`,
  attempt: 1,
  arm: 'a',
  samplesPerClass: null,
  replicate: number,
}));
const end = (number: number, changes: Partial<TrialEnd> = {}): TrialEnd => ({
  number,
  status: 'succeeded',
  testAccuracy: null,
  valAccuracy: null,
  objective: 0.5,
  epochs: 0,
  failureCode: null,
  failure: null,
  ...changes,
});

/** An activity's surroundings, without what the SDK logs of those that fail. */
const quiet = (): MockActivityEnvironment =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

type Train = (trial: TrialRef) => Promise<TrialEnd | null>;
/** Runs the series, with one trial that goes another way. @returns its ends, and which trials were begun */
async function runSeries(
  special: number,
  train: Train,
  environment = quiet(),
): Promise<{ ends: readonly TrialEnd[]; begun: readonly number[] }> {
  const begun: number[] = [];
  type Work = () => Promise<readonly TrialEnd[]>;
  const ends = await environment.run<[], readonly TrialEnd[], Work>(() =>
    trainSeries(refs, (trial) => {
      begun.push(trial.number);
      return trial.number === special ? train(trial) : Promise.resolve(end(trial.number));
    }),
  );
  return { ends, begun };
}
const throwing =
  (error: Error): Train =>
  () =>
    Promise.reject(error);

afterEach(() => vi.restoreAllMocks());

describe('a series of short trials', () => {
  it('is run to its end, each trial once', async () => {
    const { ends, begun } = await runSeries(-1, throwing(new Error('not called')));
    expect(ends).toEqual([0, 1, 2, 3].map((number) => end(number)));
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('is heard of by the server, although each ends before its own first heartbeat', async () => {
    const environment = quiet();
    const beats: unknown[] = [];
    environment.on('heartbeat', (details) => beats.push(details));
    await runSeries(-1, throwing(new Error('not called')), environment);
    expect(beats).toEqual([1, 2, 3].map((trial) => ({ trial })));
  });

  it('is left to a further activity once five seconds have passed', async () => {
    let now = 5_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const slow: Train = ({ number }) => {
      now += 5_001;
      return Promise.resolve(end(number));
    };
    expect((await runSeries(0, slow)).begun).toEqual([0]);
    expect((await runSeries(2, slow)).ends).toEqual([end(0), end(1), end(2)]);
  });

  it('goes on behind a trial that has failed for good', async () => {
    const failed = end(1, { status: 'failed', failureCode: 'command-failed', failure: 'it said no' });
    const failure = finalFailure({ code: 'command-failed', message: 'it said no' }, failed);
    expect((await runSeries(1, throwing(failure))).ends).toEqual([end(0), failed, end(2), end(3)]);
  });

  it('stops before a trial that may not run now', async () => {
    const held: Train = () => Promise.resolve(null);
    expect((await runSeries(2, held)).ends).toEqual([end(0), end(1)]);
    expect((await runSeries(0, held)).ends).toEqual([]);
  });

  it('fails as a whole with a trial that is to be tried again, whatever has ended before', async () => {
    const failure = nextTry(new ElbowError('trainer-crashed', 'it crashed'), 1);
    await expect(runSeries(2, throwing(failure))).rejects.toBe(failure);
  });

  it('tells what has ended before a failure that is not stored, which the next activity tells', async () => {
    const failure = finalFailure({ code: 'bug', message: 'a defect' });
    expect(await runSeries(2, throwing(failure))).toEqual({ ends: [end(0), end(1)], begun: [0, 1, 2] });
    await expect(runSeries(0, throwing(failure))).rejects.toBe(failure);
  });

  it('begins nothing more when it is cancelled, and passes on that a trial was', async () => {
    const environment = quiet();
    const last: Train = ({ number }) => {
      environment.cancel();
      return Promise.resolve(end(number));
    };
    expect((await runSeries(1, last, environment)).ends).toEqual([end(0), end(1)]);
    const cancelled = new CancelledFailure('the trial was told to stop');
    await expect(runSeries(1, throwing(cancelled))).rejects.toBe(cancelled);
  });
});
