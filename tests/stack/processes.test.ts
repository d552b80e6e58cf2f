import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import {
  identify,
  isRunning,
  readPidFile,
  startDetached,
  stopProcess,
  writePidFile,
} from '../../src/stack/processes.js';
import { until } from '../support/wait.js';
import { freshFolder, thrownBy } from './support.js';

const start = (folder: string, script: string): ReturnType<typeof startDetached> =>
  startDetached('/bin/sh', { args: ['-c', script], env: process.env, cwd: folder, log: join(folder, 'log') });

const said = (folder: string): string => readFileSync(join(folder, 'log'), 'utf8');

describe('a process', () => {
  it('is known by pid, start time and boot', () => {
    const self = identify(process.pid)!;
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startTicks: self.startTicks + 1 })).toBe(false);
    expect(isRunning({ ...self, bootId: 'another' })).toBe(false);
  });

  it('that has ended but was not collected does not run', async () => {
    const child = spawn('/bin/true');
    await once(child, 'exit');
    expect(identify(child.pid!)).toBeNull();
  });

  it('with another start time under the same pid is not stopped', async () => {
    const child = spawn('/bin/sleep', ['1000']);
    try {
      const id = identify(child.pid!)!;
      expect(await stopProcess({ ...id, startTicks: id.startTicks - 1 }, 100)).toBe(false);
      expect(isRunning(id)).toBe(true);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});

describe('startDetached', () => {
  it('gives the process a session of its own and a log that only its owner reads', async () => {
    const folder = freshFolder();
    const id = await start(folder, 'echo to stdout; echo to stderr >&2; exec sleep 1000');
    try {
      await until('both lines', () => said(folder) === 'to stdout\nto stderr\n');
      expect(statSync(join(folder, 'log')).mode & 0o777).toBe(0o600);
      const session = readFileSync(`/proc/${id.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[3];
      expect(Number(session)).toBe(id.pid);
    } finally {
      await stopProcess(id, 1000);
    }
  });

  it('says which program it cannot run', async () => {
    const folder = freshFolder();
    const options = { args: [], env: process.env, cwd: folder, log: join(folder, 'log') };
    const error = await thrownBy(startDetached('/no/such/program', options));
    expect(error).toMatchObject({ code: 'stack-start' });
    expect(error.message).toContain('/no/such/program');
  });
});

describe('stopProcess', () => {
  it('lets a process end by itself', async () => {
    const folder = freshFolder();
    const id = await start(folder, 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    await until('it to be ready', () => said(folder).includes('ready'));
    expect(await stopProcess(id, 10_000)).toBe(true);
    expect(said(folder)).toContain('bye');
    expect(isRunning(id)).toBe(false);
  });

  it('kills one that does not end, with its children', async () => {
    const folder = freshFolder();
    const id = await start(folder, 'trap "" TERM; sleep 1000 & echo child $!; while :; do sleep 0.05; done');
    const child = await until('the child', () => /child (\d+)/.exec(said(folder))?.[1]);
    const childId = identify(Number(child))!;
    expect(await stopProcess(id, 100)).toBe(true);
    await until('the child to end', () => !isRunning(childId));
    expect(isRunning(id)).toBe(false);
  });

  it('kills what a killed leader left behind', async () => {
    const folder = freshFolder();
    const id = await start(folder, 'sleep 1000 & echo child $!; wait');
    const child = await until('the child', () => /child (\d+)/.exec(said(folder))?.[1]);
    const childId = identify(Number(child))!;
    process.kill(id.pid, 'SIGKILL');
    await until('the leader to end', () => !isRunning(id));
    expect(isRunning(childId)).toBe(true);
    expect(await stopProcess(id, 1000)).toBe(false);
    await until('the child to end', () => !isRunning(childId));
  });

  it('kills it also when nobody has collected the leader', async () => {
    // Python, as a parent that never waits for its child.
    const parent = spawn('python3', ['-c', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
      const [leader, child] = line
        .toString()
        .trim()
        .split(' ')
        .map((pid) => identify(Number(pid))!);
      process.kill(leader!.pid, 'SIGKILL');
      await until('the leader to end', () => !isRunning(leader!));
      expect(existsSync(`/proc/${leader!.pid}`)).toBe(true);
      await stopProcess(leader!, 1000);
      await until('the child to end', () => !isRunning(child!));
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

const PARENT = `
import subprocess, time
leader = subprocess.Popen(['/bin/sh', '-c', 'sleep 1000 & echo $!; wait'], stdout=subprocess.PIPE, start_new_session=True)
print(leader.pid, leader.stdout.readline().decode().strip(), flush=True)
time.sleep(1000)
`;

describe('a pid file', () => {
  it('comes back as it was written', () => {
    const path = join(freshFolder(), 'pid.json');
    const id = { ...identify(process.pid)!, port: 7 };
    writePidFile(path, id);
    expect(readPidFile(path)).toEqual(id);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{', 'null', '[]', '{"pid":"1"}', '{"pid":1,"startTicks":1,"bootId":"x"}', '{"pid":-5}'])(
    'that holds %j names nobody',
    (text) => {
      const path = join(freshFolder(), 'pid.json');
      writeFileSync(path, text);
      expect(readPidFile(path)).toBeNull();
    },
  );
});
