import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { byteProgress, formatBytes } from '../../src/stack/progress.js';
import { diskFull, firstWay, isDiskFull } from '../../src/stack/ways.js';
import { thrownBy } from './support.js';

const fails = (name: string, error: Error): { name: string; bring(): Promise<string> } => ({
  name,
  bring: () => Promise.reject(error),
});

describe('firstWay', () => {
  it('takes the first that works and tries no further', async () => {
    let tries = 0;
    const works = { name: 'b', bring: async () => `b${++tries}` };
    expect(await firstWay('it', [fails('a', new Error('no')), works, works], 'by hand')).toBe('b1');
    expect(tries).toBe(1);
  });

  it('names every way, its reason, and what to do by hand', async () => {
    const ways = [fails('on PATH', new Error('not there')), fails('by pip', new Error('no network'))];
    const error = await thrownBy(firstWay('the thing', ways, 'Bring it by hand.'));
    expect(error).toMatchObject({ code: 'install-unavailable', hint: 'Bring it by hand.', exitCode: 5 });
    expect(error.message).toBe(
      'the thing could not be brought. Tried in this order:\n  1. on PATH: not there\n  2. by pip: no network',
    );
  });

  it('is a wrong digest when one of the ways brought the wrong file', async () => {
    const ways = [fails('a', new ElbowError('install-digest', 'wrong')), fails('b', new Error('no'))];
    expect(await thrownBy(firstWay('it', ways, 'by hand'))).toMatchObject({ code: 'install-digest' });
  });

  it.each(['install-disk-full', 'interrupted'] as const)('ends at once with %s', async (code) => {
    let tries = 0;
    const next = { name: 'b', bring: async () => ++tries };
    const work = firstWay(
      'it',
      [{ name: 'a', bring: () => Promise.reject(new ElbowError(code, 'x')) }, next],
      '',
    );
    expect(await thrownBy(work)).toMatchObject({ code });
    expect(tries).toBe(0);
  });
});

describe('a full disk', () => {
  it('is seen through the causes', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(isDiskFull(new Error('outer', { cause: full }))).toBe(true);
    expect(isDiskFull(diskFull('it', '/x'))).toBe(true);
    expect(isDiskFull(new Error('outer'))).toBe(false);
    expect(isDiskFull('ENOSPC')).toBe(false);
  });
});

describe('progress', () => {
  it('says bytes, total and rate, every five seconds, counting only what came now', () => {
    const lines: string[] = [];
    let time = 0;
    const progress = byteProgress(
      'part',
      200e6,
      (line) => lines.push(line),
      () => time,
    );
    progress(50e6);
    time = 4_000;
    progress(60e6);
    time = 5_000;
    progress(75e6);
    time = 6_000;
    progress(76e6);
    time = 10_000;
    progress(150e6);
    expect(lines).toEqual(['part: 75.0 MB of 200 MB, 5.0 MB/s', 'part: 150 MB of 200 MB, 10.0 MB/s']);
  });

  it('writes thousands', () => {
    expect([0, 99_949_999, 1_234_567_890].map(formatBytes)).toEqual(['0.0 MB', '99.9 MB', '1,235 MB']);
  });
});
