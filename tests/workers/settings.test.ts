import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gitCommit } from '../../src/workers/git-commit.js';
import { retryUntilDone } from '../../src/workers/retry.js';
import { readSettings } from '../../src/workers/settings.js';

describe('a worker’s settings', () => {
  it('are a slot for each core on a CPU, and one on a GPU', () => {
    expect(readSettings({}, {})).toMatchObject({
      pool: 'default',
      slots: availableParallelism(),
      device: null,
      control: true,
      trainerMemoryMb: null,
    });
    expect(readSettings({ device: 'gpu' }, {}).slots).toBe(1);
    expect(readSettings({ device: 'gpu', slots: '4' }, {}).slots).toBe(4);
    const devices = [0, 1].map((index) => ({ index, uuid: `GPU-${index}`, name: 'GPU', memoryMb: null }));
    expect(readSettings({ device: 'gpu' }, {}, devices)).toMatchObject({ slots: 2, devices });
    expect(readSettings({ device: 'gpu', slots: '3' }, {}, devices).slots).toBe(3);
  });

  it('are a grace period of 20 s, unless the option or the environment says another', () => {
    expect(readSettings({}, {}).graceSeconds).toBe(20);
    expect(readSettings({}, { ELBOW_GRACE_SECONDS: '90' }).graceSeconds).toBe(90);
    expect(readSettings({ trials: false, grace: '5' }, { ELBOW_GRACE_SECONDS: '90' }).graceSeconds).toBe(5);
    for (const grace of ['0', '1.5', 'soon', ''])
      expect(() => readSettings({ grace }, {})).toThrow(/--grace \(ELBOW_GRACE_SECONDS\) takes/);
  });

  it('keep slots to cores unless the option or the environment says no', () => {
    expect(readSettings({}, {}).pinsCores).toBe(true);
    expect(readSettings({ pinCores: false }, {}).pinsCores).toBe(false);
    expect(readSettings({}, { ELBOW_PIN_CORES: 'no' }).pinsCores).toBe(false);
    expect(() => readSettings({}, { ELBOW_PIN_CORES: '0' })).toThrow(/takes yes or no, not "0"/);
  });

  it('take the memory limit of the option before that of the environment', () => {
    const env = { ELBOW_TRAINER_MEMORY_MB: '1300' };
    expect(readSettings({}, env).trainerMemoryMb).toBe(1300);
    expect(readSettings({ trainerMemory: '900' }, env).trainerMemoryMb).toBe(900);
  });

  it('of one that runs workflows alone are no pool and no slots, and it takes no others', () => {
    expect(readSettings({ trials: false }, { ELBOW_TRAINER_MEMORY_MB: '900' })).toMatchObject({
      pool: '',
      slots: 0,
      control: true,
      trainerMemoryMb: null,
    });
    expect(() => readSettings({ trials: false, pool: 'gpu', slots: '2' }, {})).toThrow(
      '--control-only does not go with --pool and --slots',
    );
    expect(() => readSettings({ trials: false, control: false }, {})).toThrow(/not go with --no-control/);
    expect(() => readSettings({ trials: false }, { ELBOW_HEARTBEAT_TIMEOUT_MS: 'soon' })).toThrow(
      /HEARTBEAT/,
    );
  });

  it('name what cannot be read', () => {
    for (const slots of ['0', '-1', '1.5', 'ten', '']) {
      expect(() => readSettings({ slots }, {})).toThrow(/--slots takes a whole number from 1 on/);
    }
    expect(() => readSettings({}, { ELBOW_HEARTBEAT_TIMEOUT_MS: 'soon' })).toThrow(/HEARTBEAT/);
    expect(() => readSettings({ pool: 'GPU 1' }, {})).toThrow(/"GPU 1"/);
  });
});

describe('the commit that is checked out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'elbow-git-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const git = (name: string): string => join(folder, '.git', name);

  it('is not known without a repository', () => {
    expect(gitCommit(folder)).toBeNull();
  });

  it('is read from a detached head, a branch, or a packed branch', () => {
    mkdirSync(git('refs/heads'), { recursive: true });
    writeFileSync(git('HEAD'), `${commit}\n`);
    expect(gitCommit(folder)).toBe(commit);
    writeFileSync(git('HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(git('packed-refs'), `# pack-refs\n${commit} refs/heads/main\n`);
    expect(gitCommit(folder)).toBe(commit);
    writeFileSync(git('refs/heads/main'), `${commit.replace('0', 'f')}\n`);
    expect(gitCommit(folder)).toBe(commit.replace('0', 'f'));
  });
});

describe('retrying', () => {
  const signal = new AbortController().signal;

  it('goes on until it works, and says each reason once', async () => {
    let tries = 0;
    const notes: string[] = [];
    const work = async (): Promise<number> => {
      if (++tries < 3) throw new Error('connection refused');
      return tries;
    };
    const note = (line: string): void => void notes.push(line);
    expect(await retryUntilDone(work, { what: 'Temporal', signal, note })).toBe(3);
    expect(notes).toEqual(['Temporal: connection refused; trying again']);
  });

  it('ends with the last error when it is told to stop', async () => {
    const stop = new AbortController();
    const work = async (): Promise<never> => {
      stop.abort();
      throw new Error('connection refused');
    };
    await expect(
      retryUntilDone(work, { what: 'Temporal', signal: stop.signal, note: () => undefined }),
    ).rejects.toThrow('connection refused');
  });
});
