import { expect, it } from 'vitest';
import type { ElbowError } from '../../src/errors.js';
import { jobOf, poolOf, start, usePools } from './pools.js';

usePools();

/** One step of all 4,000 training images. */
const LARGE_BATCH = { samplesPerClass: 500, batchSize: 4_000, epochs: 1 };

it('is ended in the middle of a trial with what was expected and a smaller batch', async () => {
  // About 2,000 MB in all: less than is certain not to fit into this, and more than fits.
  const trial = start(poolOf({ memoryLimitMb: 1_750 }), jobOf(LARGE_BATCH));
  await expect(trial.outcome).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(
      /^the trial used 1,\d{3} MB of memory and may use 1,750 MB; expected was about 1,\d{3} MB at a batch of 4,000/,
    ),
    hint: expect.stringMatching(/^The largest `batchSize` expected to fit is \d+\. `--trainer-memory`/),
  });
  expect(trial.logs).toContain('elbow: that may be more than the 1,750 MB of `--trainer-memory`');
});

it('does not begin a trial that cannot fit, and trains it at the batch that it names', async () => {
  const pool = poolOf({ memoryLimitMb: 1_000 });
  const refused = start(pool, jobOf(LARGE_BATCH));
  const failure = await refused.outcome.catch((error: unknown) => error as ElbowError);
  expect(failure).toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(
      /^the trial would take about 1,\d{3} MB at a batch of 4,000 .* may use 1,000 MB \(`--trainer-memory`\)$/,
    ),
  });
  expect(refused.steps).toBe(0);
  const batchSize = Number(/expected to fit is (\d+)\./.exec((failure as ElbowError).hint!)![1]);
  expect(batchSize).toBeGreaterThan(200);
  const trial = start(pool, jobOf({ ...LARGE_BATCH, batchSize }));
  expect((await trial.outcome).status).toBe('succeeded');
});
