import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { env, storage, useServers, workflowStatus } from './servers.js';
import { run, type Ran } from './support.js';

useServers();

const elbow = (...args: string[]): Promise<Ran> =>
  run(args, { env: { ...env, ELBOW_LOCAL_WORKER: 'no' }, cwd: env['ELBOW_HOME']! });

it('`run --concurrency` is set before the workflow is there, and a wrong one starts nothing', async () => {
  writeFileSync(
    join(env['ELBOW_HOME']!, 'few.yaml'),
    'name: few\ntrainable: noop\nspace: { n: [1, 2, 3] }\n',
  );
  for (const wrong of ['0', 'two', '-1', '1.5']) {
    const { code, stderr } = await elbow('run', 'few.yaml', '--concurrency', wrong, '--detach');
    expect(code).toBe(2);
    expect(stderr).toMatch(/from 1 on, got/);
  }
  expect(await storage.findSweep('few')).toBeNull();
  const started = await elbow('run', 'few.yaml', '--concurrency', '2', '--detach');
  expect(started.code, started.stderr).toBe(0);
  expect((await storage.findSweep('few'))!.concurrency).toBe(2);
  expect(await workflowStatus('few')).toBe('RUNNING');
});

it('a sweep of `noop` names no data set in its plan', async () => {
  writeFileSync(
    join(env['ELBOW_HOME']!, 'nothing.yaml'),
    'name: nothing\ntrainable: { noop: { seconds: 2 } }\n',
  );
  const { stdout } = await elbow('run', 'nothing.yaml', '--dry-run');
  expect(stdout).toMatch(/^trainable +noop of 2 s$/m);
  expect(stdout).not.toContain('cifar10');
});
