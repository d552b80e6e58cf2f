import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { compiled } from '../../../src/paths.js';
import { until } from '../../support/wait.js';
import { isRunning, makeFolder, node, removeFolders, runCommand } from './support.js';

afterEach(removeFolders);

/** Ignores SIGTERM, has a child that does, and writes both pids. */
const STUBBORN = `
  const { spawn } = require('node:child_process');
  const fs = require('node:fs');
  process.on('SIGTERM', () => undefined);
  const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => 0); setInterval(() => 0, 1000)'], { stdio: 'inherit' });
  fs.writeFileSync(process.argv[1] + '/pids', process.pid + ' ' + child.pid);
  setInterval(() => console.log('on'), 50);`;

const pidsIn = (place: string) => (): number[] | false => {
  const file = join(place, 'files', 'pids');
  if (!existsSync(file)) return false;
  const pids = readFileSync(file, 'utf8').split(' ').map(Number);
  return pids.length === 2 && pids;
};

const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const command = node(STUBBORN, '{folder}');

describe('a program that ignores SIGTERM', () => {
  it('does not outlive a worker that is killed with its whole process group', async () => {
    const place = makeFolder();
    const job = {
      trainable: { kind: 'command', command, cwd: place },
      params: {},
      objective: 'score',
      place,
      lease: 1,
      about: {
        sweep: 'a',
        arm: 'b',
        trial: 0,
        attempt: 1,
        replicate: 0,
        seed: 1,
        samplesPerClass: null,
        threads: 1,
      },
    };
    const source = `
      const { createPrograms } = await import(${JSON.stringify(pathToFileURL(compiled('src/trainer/index.js')).href)});
      const none = () => undefined;
      const hooks = { signal: new AbortController().signal, onBegin: none, onEpoch: none, onStep: none, onLog: none,
        onEnvironment: none, flush: async () => undefined };
      await createPrograms({ env: process.env, graceMs: 200 }).run(${JSON.stringify(job)}, hooks);`;
    const worker = spawn(process.execPath, ['--input-type=module', '-e', source], {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const pids = await until('the program and its child', pidsIn(place));
    const guard = parentOf(pids[0]!);
    expect(guard).not.toBe(worker.pid);
    process.kill(-worker.pid!, 'SIGKILL');
    await until('all of them to end', () => [...pids, guard].every((pid) => !isRunning(pid)));
  });

  it('does not outlive its guard, and has failed then', async () => {
    const place = makeFolder();
    const run = runCommand(command, { job: { place } });
    const pids = await until('the program and its child', pidsIn(place));
    await until('a line of it', () => run.lines.includes('stdout: on'));
    process.kill(parentOf(pids[0]!), 'SIGKILL');
    await expect(run.ended).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringMatching(/that watches the program ended with SIGKILL.*last lines:\non/s),
    });
    await until('both to end', () => pids.every((pid) => !isRunning(pid)));
    expect(readdirSync(place)).toEqual(['files']);
  });
});
