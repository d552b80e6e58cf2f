import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allowedCores, canPin, coresFor, coresIn, maskOf, pinnedTo } from '../../src/trainer/pinning.js';

describe('cores', () => {
  it('are read from a list as the system writes it', () => {
    expect(coresIn('0-3,8,10-11')).toEqual([0, 1, 2, 3, 8, 10, 11]);
    expect(coresIn('')).toEqual([]);
    expect(coresIn('what')).toEqual([]);
  });

  it('are told to taskset as hexadecimal digits, however many there are', () => {
    expect(maskOf([0])).toBe('1');
    expect(maskOf([0, 1, 4])).toBe('13');
    expect(maskOf([65])).toBe('20000000000000000');
  });

  it('of this process are those that the system allows', () => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)![1]!;
    expect([...allowedCores()].sort((a, b) => a - b)).toEqual(coresIn(list));
  });

  it('are left alone by a trial with more threads than its slot has cores', () => {
    expect(coresFor([0, 1], 2)).toEqual([0, 1]);
    expect(coresFor([0, 1], 3)).toBeNull();
    expect(coresFor(null, 1)).toBeNull();
  });
});

describe('a process', () => {
  it('is kept to its cores, under the pid that was forked, and hears its parent', async () => {
    expect(await canPin()).toBe(true);
    const [core] = allowedCores();
    const child = fork('data:text/javascript,', [], {
      ...pinnedTo([core!]),
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execPath: pinnedTo([core!]).execPath,
      execArgv: [
        ...pinnedTo([core!]).execArgv,
        '--eval',
        "process.on('message', (text) => process.send([text, process.pid]))",
      ],
    });
    child.send('hear');
    const [[text, pid]] = (await once(child, 'message')) as [[string, number]];
    expect([text, pid]).toEqual(['hear', child.pid]);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Cpus_allowed_list:\\s*${core}$`, 'm'));
    child.kill();
    await once(child, 'exit');
  });

  it('has Node’s own program and none of its options where it is kept to none', () => {
    expect(pinnedTo(null)).toEqual({ execPath: process.execPath, execArgv: [] });
  });
});
