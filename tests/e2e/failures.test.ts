import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let stack: TestHome;

beforeAll(async () => {
  // Enough for the small batch; the large one needs several times as much.
  stack = createHome({ data: true, env: { ELBOW_TRAINER_MEMORY_MB: '1300' } });
  expect((await stack.elbow('up')).code).toBe(0);
}, 3 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

/** Mounts a file system of a few pages, which are soon used up; false where that is not allowed. */
function mountTiny(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]).status === 0;
}

describe('trials that fail', () => {
  it(
    'for want of memory do not fail their sweep, and only they are run again',
    async () => {
      writeFileSync(
        join(stack.scratch, 'memory.yaml'),
        'name: memory\nspace: { samplesPerClass: 1000, batchSize: [100, 8000], epochs: 1 }\n',
      );
      const run = await stack.elbow('run', 'memory.yaml', '--json');
      expect(run.code, run.stderr).toBe(3);
      expect(JSON.parse(run.stdout)).toMatchObject({
        status: 'finished',
        counts: { succeeded: 1, failed: 1 },
      });
      const [failed] = await queryRows(
        stack,
        "select trial, failure_code, failure_message from trial_results where sweep = 'memory' and status = 'failed'",
      );
      expect(failed).toMatchObject({ failure_code: 'out-of-memory' });
      expect(failed!['failure_message']).toMatch(/1,?300 MB/);
      const before = await queryRows(
        stack,
        "select * from trial_results where sweep = 'memory' and status = 'succeeded'",
      );

      // A machine with more memory: the same stack, its worker started without the limit.
      await stack.elbow('down');
      delete stack.env['ELBOW_TRAINER_MEMORY_MB'];
      expect((await stack.elbow('up')).code).toBe(0);
      const rerun = await stack.elbow('rerun', 'memory');
      expect(rerun.code, rerun.stderr).toBe(0);
      const attempts = await queryRows(
        stack,
        "select trial, attempt, status, failure_code from attempts where sweep = 'memory' order by trial, attempt",
      );
      expect(attempts.filter((row) => row['trial'] === failed!['trial'])).toEqual([
        { trial: failed!['trial'], attempt: 1, status: 'failed', failure_code: 'out-of-memory' },
        { trial: failed!['trial'], attempt: 2, status: 'succeeded', failure_code: null },
      ]);
      expect(attempts).toHaveLength(3);
      const untouched = before[0]!['trial'] as number;
      expect(
        await queryRows(stack, `select * from trial_results where sweep = 'memory' and trial = ${untouched}`),
      ).toEqual(before);
      const nothing = await stack.elbow('rerun', 'memory');
      expect(nothing.code).toBe(0);
    },
    6 * MINUTES,
  );

  it(
    'because the data set is damaged say so, and run again as a second attempt once it is mended',
    async () => {
      writeFileSync(
        join(stack.scratch, 'data.yaml'),
        'name: data\nspace: { samplesPerClass: [5, 10], epochs: 1 }\n',
      );
      const file = join(stack.home, 'data', 'cifar10', 'data_batch_3.bin');
      const whole = readFileSync(file);
      const damaged = Buffer.from(whole);
      damaged[1_000_000]! ^= 1;
      // A fresh worker, so that no warm trainer holds the images in memory.
      await stack.elbow('down');
      expect((await stack.elbow('up')).code).toBe(0);
      writeFileSync(file, damaged);
      const run = await stack.elbow('run', 'data.yaml', '--json');
      writeFileSync(file, whole);
      expect(run.code, run.stderr).toBe(3);
      expect(JSON.parse(run.stdout)).toMatchObject({ status: 'finished', counts: { failed: 2 } });
      const rerun = await stack.elbow('rerun', 'data');
      expect(rerun.code, rerun.stderr).toBe(0);
      expect(
        await queryRows(
          stack,
          "select trial, attempt, status, failure_code from attempts where sweep = 'data' order by 1, 2",
        ),
      ).toEqual(
        [0, 1].flatMap((trial) => [
          { trial, attempt: 1, status: 'failed', failure_code: 'data-damaged' },
          { trial, attempt: 2, status: 'succeeded', failure_code: null },
        ]),
      );
    },
    4 * MINUTES,
  );

  it(
    'because the disk is full are tried again by themselves, and succeed once there is room',
    async ({ skip }) => {
      const rows = Array.from(
        { length: 1000 },
        (_, i) => `${i % 2 ? 'odd' : 'even'},${i % 2},${i},1,2,3,4,5,6`,
      );
      writeFileSync(join(stack.scratch, 'rows.csv'), ['way,a,b,c,d,e,f,g,h', ...rows].join('\n'));
      writeFileSync(
        join(stack.scratch, 'full.yaml'),
        'name: full\ndataset: { csv: rows.csv, label: way }\nspace: { model: mlp, samplesPerClass: 20, epochs: 1 }\n',
      );
      const first = await stack.elbow('run', 'full.yaml');
      expect(first.code, first.stderr).toBe(0);
      // A fresh worker, without the rows in memory, has to decode the file again.
      await stack.elbow('down');
      expect((await stack.elbow('up')).code).toBe(0);
      const data = join(stack.home, 'data');
      if (!mountTiny(data)) skip('file systems can only be mounted by root');
      try {
        const rerun = stack.start('rerun', 'full', '--trial', '0');
        const failures = (): Promise<Record<string, unknown>[]> =>
          queryRows(stack, "select attempt, code, message from failures where sweep = 'full'");
        await until('the disk to be full', async () => (await failures()).length > 0, 2 * MINUTES);
        expect(await failures()).toMatchObject([
          {
            attempt: 2,
            code: 'disk-full',
            message: expect.stringMatching(/no space left.*`elbow gc` removes/s),
          },
        ]);
        execFileSync('umount', [data]);
        const ended = await rerun.ended;
        expect(ended.code, ended.stderr).toBe(0);
        expect(
          await queryRows(
            stack,
            "select attempt, status, lease from attempts where sweep = 'full' order by 1",
          ),
        ).toEqual([
          { attempt: 1, status: 'succeeded', lease: 1 },
          { attempt: 2, status: 'succeeded', lease: 2 },
        ]);
        const trial = await stack.elbow('trial', 'full', '0');
        expect(trial.stdout).toMatch(
          /attempt +failed at +machine +code +failure\n +2 .* disk-full +no space left/,
        );
      } finally {
        spawnSync('umount', [data]);
      }
    },
    5 * MINUTES,
  );
});
