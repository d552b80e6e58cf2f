import { expect, it } from 'vitest';
import type { ElbowError } from '../../src/errors.js';
import { hasOperations } from '../../src/native-operations.js';
import { isGpu } from '../../src/training/index.js';
import { jobOf, poolOf, start, usePools } from './pools.js';

usePools();

/**
 * In MB: what the trial below begins with and does not end within, and what it does not begin with. elbow's own operations
 * take half of the memory that TensorFlow's take.
 */
const [SCARCE_MB, TOO_LITTLE_MB] = hasOperations() ? [1_060, 850] : [1_750, 1_000];
const limitText = (mb: number): string => mb.toLocaleString('en-US');

/** Steps of all 4,000 training images; three, because memory is looked at from time to time. */
const LARGE_BATCH = { samplesPerClass: 500, batchSize: 4_000, epochs: 3 };

// On a GPU its memory is the limit, and tests/trainer/plan.test.ts tells of it.
it.skipIf(isGpu())(
  'is ended in the middle of a trial with what was expected and a smaller batch',
  async () => {
    // Less than is certain not to fit, and more than fits.
    const trial = start(poolOf({ memoryLimitMb: SCARCE_MB }), jobOf(LARGE_BATCH));
    await expect(trial.outcome).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(
        new RegExp(
          `^the trial used 1,\\d{3} MB of memory and may use ${limitText(SCARCE_MB)} MB; ` +
            'expected was about (1,)?\\d{3} MB at a batch of 4,000',
        ),
      ),
      hint: expect.stringMatching(/^The largest `batchSize` expected to fit is \d+\. `--trainer-memory`/),
    });
    expect(trial.logs).toContain(
      `elbow: that may be more than the ${limitText(SCARCE_MB)} MB of \`--trainer-memory\``,
    );
  },
);

it.skipIf(isGpu())(
  'does not begin a trial that cannot fit, and trains it at the batch that it names',
  async () => {
    const pool = poolOf({ memoryLimitMb: TOO_LITTLE_MB });
    const refused = start(pool, jobOf(LARGE_BATCH));
    const failure = await refused.outcome.catch((error: unknown) => error as ElbowError);
    expect(failure).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(
        new RegExp(
          '^the trial would take about (1,)?\\d{3} MB at a batch of 4,000 .* ' +
            `may use ${limitText(TOO_LITTLE_MB)} MB \\(\`--trainer-memory\`\\)$`,
        ),
      ),
    });
    expect(refused.steps).toBe(0);
    const batchSize = Number(
      /expected to fit is ([\d,]+)\./.exec((failure as ElbowError).hint!)![1]!.replaceAll(',', ''),
    );
    expect(batchSize).toBeGreaterThan(200);
    const trial = start(pool, jobOf({ ...LARGE_BATCH, batchSize }));
    expect((await trial.outcome).status).toBe('succeeded');
  },
);
