import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { pidsOf, postmasterOf } from '../support/stack-processes.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let stack: TestHome;

beforeAll(() => {
  stack = createHome({ data: true });
});

afterAll(async () => {
  await stack.remove();
}, MINUTES);

describe('a power cut, after which Temporal finds its state of moments ago', () => {
  it(
    'has trials given out again that had ended, and none of them run twice',
    async () => {
      const spec = 'trainable: { noop: { seconds: 0.2 } }\nspace: { samplesPerClass: 1 }\nreplicates: 60\n';
      writeFileSync(join(stack.scratch, 'short.yaml'), spec);
      const started = await stack.elbow('run', 'short.yaml', '--name', 'powerless', '--detach');
      expect(started.code, started.stderr).toBe(0);
      const succeeded = async (): Promise<number> => {
        const [row] = await queryRows(
          stack,
          "select count(*) from trial_results where sweep = 'powerless' and status = 'succeeded'",
        );
        return Number(row!['count']);
      };
      await until('some trials', async () => (await succeeded()) >= 5);
      const [temporal] = pidsOf(stack, 'start-dev');
      const files = ['temporal.db', 'temporal.db-wal'].map((name) => join(stack.home, 'stack', name));
      const copyOf = (file: string): string => join(stack.scratch, file.split('/').at(-1)!);
      process.kill(temporal!, 'SIGSTOP');
      for (const file of files) if (existsSync(file)) cpSync(file, copyOf(file));
      process.kill(temporal!, 'SIGCONT');
      const before = await succeeded();
      await until('more trials', async () => (await succeeded()) >= before + 8);
      // What runs is gone with the power: a worker that lived on would know more of the workflows than Temporal does.
      for (const part of ['start-dev', 'workers/main.js']) process.kill(pidsOf(stack, part)[0]!, 'SIGKILL');
      process.kill(postmasterOf(stack), 'SIGKILL');
      await until('Temporal to end', () => pidsOf(stack, 'start-dev').length === 0);
      rmSync(join(stack.home, 'stack', 'temporal.db-shm'), { force: true });
      for (const file of files) {
        rmSync(file, { force: true });
        if (existsSync(copyOf(file))) cpSync(copyOf(file), file);
      }
      const up = await stack.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      const watched = await stack.elbow('watch', 'powerless');
      expect(watched.code, watched.stderr).toBe(0);
      // Those that were running at the cut are begun again; those that had ended are not.
      const [row] = await queryRows(
        stack,
        "select count(*), sum((status = 'succeeded')::int) as succeeded, sum((lease > 1)::int) as again from attempts where sweep = 'powerless'",
      );
      expect(row).toMatchObject({ count: 60, succeeded: 60 });
      expect(row!['again']).toBeLessThanOrEqual(availableParallelism());
    },
    3 * MINUTES,
  );
});
