/** Codes as a user sees them: those of commands, brought about for real; those of failed trials, in `show` and `trial`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviceOf, ERROR_CODES, type ErrorCode } from '../../src/errors.js';
import { endTrial, ended, env, failure, seed, storage, success, useServers } from './servers.js';
import { run } from './support.js';

useServers();

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-codes-'));
  writeFileSync(join(folder, 'wrong.yaml'), 'name: wrong\nspace: { optimizer: adan }\n');
  writeFileSync(join(folder, 'seen.yaml'), 'name: seen\nspace: { samplesPerClass: 10 }\n');
  await ended('seen');
  const sweep = await seed('gone');
  await endTrial(sweep, 0, { ...success, weights: '0'.repeat(64) });
  await storage.closeTrials(sweep.id, { first: 1, last: 3 }, 'cancelled', {
    code: 'trial-cancelled',
    message: '',
  });
  await storage.moveSweep(sweep.id, ['running'], 'finished');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOWHERE = '127.0.0.1:9';
const MADE: readonly [code: ErrorCode, args: string[], settings?: () => NodeJS.ProcessEnv][] = [
  ['usage', ['show']],
  ['spec-invalid', ['run', 'wrong.yaml', '--dry-run']],
  ['spec-unreadable', ['run', 'nowhere.yaml', '--dry-run']],
  ['sweep-unknown', ['show', 'nobody']],
  ['trial-unknown', ['trial', 'seen', '99']],
  ['sweep-exists', ['run', 'seen.yaml', '--detach']],
  ['state-forbids', ['cancel', 'seen']],
  ['query-failed', ['query', 'select nothing']],
  ['temporal-unreachable', ['rerun', 'seen', '--detach'], () => ({ TEMPORAL_ADDRESS: NOWHERE })],
  ['database-unreachable', ['list'], () => ({ DATABASE_URL: `postgresql://me@${NOWHERE}/elbow` })],
  ['database-refused', ['list'], () => ({ DATABASE_URL: env['DATABASE_URL']!.replace(':test@', ':other@') })],
  ['stack-down', ['list'], () => ({ DATABASE_URL: '', TEMPORAL_ADDRESS: '' })],
  ['model-missing', ['export', 'gone', '0', '--format', 'safetensors']],
  ['artifacts-unreachable', ['gc', '--dry-run'], () => ({ ELBOW_ARTIFACTS: join(folder, 'no-mount') })],
  ['data-unusable', ['datasets', 'nowhere.csv']],
];

describe('a command that cannot do what it was told', () => {
  it.each(MADE)('says so with the code %s, its exit code and what to do', async (code, args, settings) => {
    const own = { ...env, ELBOW_LOCAL_WORKER: 'no', ...settings?.() };
    const json = await run([...args, '--json'], { env: own, cwd: folder });
    expect(json.code, json.stderr).toBe(ERROR_CODES[code].exit);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code, hint: expect.any(String) } });
    const told = await run(args, { env: own, cwd: folder });
    expect(told.code).toBe(json.code);
    expect(told.stderr).not.toMatch(/This is a bug/);
  });
});

const OF_TRIALS = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => adviceOf(code) !== null);

describe('a trial that failed', () => {
  it.each(OF_TRIALS)(
    'with %s is shown with that, an example, what to do and how to rerun it',
    async (code) => {
      const name = `sweep-${code}`;
      const sweep = await seed(name);
      for (const number of [0, 1]) await endTrial(sweep, number, success);
      const message = `what happened: ${code}`;
      for (const number of [2, 3]) await endTrial(sweep, number, { ...failure, failure: { code, message } });
      await storage.moveSweep(sweep.id, ['running'], 'finished');
      const show = await run(['show', name], { env });
      expect(show.stdout).toMatch(new RegExp(`${code}: 2 trials failed \\(2–3\\)\\n +${message}`));
      const shown = `${show.stdout}${show.stderr}`.replace(/\s+/g, ' ');
      expect(shown).toContain(adviceOf(code)!.replace(/\s+/g, ' '));
      expect(shown).toContain(`elbow rerun ${name}`);
      const trial = await run(['trial', name, '2'], { env });
      expect(trial.stdout).toMatch(new RegExp(`failure +${code}: ${message}`));
    },
  );
});
