/** The commands with an artifact store between hosts. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointKey, modelKey, openStore } from '../../src/artifacts/index.js';
import type { ArtifactStore } from '../../src/artifacts/index.js';
import { homeFolders } from '../../src/paths.js';
import { modelPath, type Layer } from '../../src/models/index.js';
import { keepModel, madeModel } from '../support/model.js';
import { endTrial, env, failure, seed, storage, success, useServers } from './servers.js';
import { run, type Ran } from './support.js';

useServers();

let mount: string;
let scratch: string;
let store: ArtifactStore;
const elbow = (...args: readonly string[]): Promise<Ran> =>
  run(args, { env: { ...env, ELBOW_ARTIFACTS: mount }, cwd: scratch });
const HOURS_AGO = new Date(Date.now() - 2 * 3_600_000);

beforeAll(async () => {
  const outer = mkdtempSync(join(tmpdir(), 'elbow-store-commands-'));
  [mount, scratch] = [join(outer, 'mount'), join(outer, 'scratch')];
  mkdirSync(mount);
  mkdirSync(scratch);
  store = await openStore({ kind: 'folder', path: mount }, await storage.databaseId());
});
afterAll(() => rmSync(join(mount, '..'), { recursive: true, force: true }));

/** A trained network in the store, and not on this machine. */
async function keepThere(units: number): Promise<string> {
  const layers: Layer[] = [{ kind: 'flatten' }, { kind: 'dense', units }];
  const folder = join(scratch, 'elsewhere');
  const digest = keepModel(madeModel(layers, [5, 5, 3]), folder);
  await store.put(modelKey(digest), modelPath(folder, digest));
  return digest;
}
/** A checkpoint in the store; what it holds plays no part here. */
async function checkpointThere(attemptId: string, digest: string): Promise<string> {
  const key = checkpointKey(attemptId, 1, `000001-000000-${digest}.safetensors`);
  await store.put(key, modelPath(join(scratch, 'elsewhere'), digest));
  return key;
}
const age = (...keys: string[]): void => {
  for (const key of keys) utimesSync(join(store.place, key), HOURS_AGO, HOURS_AGO);
};
const keys = async (): Promise<string[]> => (await store.list('')).map(({ key }) => key);
const models = (): string => homeFolders.models(env['ELBOW_HOME']!);

describe('a trained network', () => {
  let digest: string;
  beforeAll(async () => {
    digest = await keepThere(2);
    const sweep = await seed('trained');
    await endTrial(sweep, 0, { ...success, weights: digest });
    await endTrial(sweep, 1, { ...success, weights: '0'.repeat(64) });
    await endTrial(sweep, 2, success);
    await endTrial(sweep, 3, failure);
    await storage.moveSweep(sweep.id, ['running'], 'finished');
  });
  const exported = (trial: number) =>
    elbow('export', 'trained', String(trial), '--format', 'safetensors', '--out', 'out.st', '--force');

  it('is brought from the store when it is not on this machine, once', async () => {
    expect(existsSync(modelPath(models(), digest))).toBe(false);
    expect(await exported(0)).toMatchObject({ code: 0 });
    expect(readdirSync(models())).toEqual([`${digest}.safetensors`]);
    // Now it is here, and the store is not asked.
    renameSync(mount, `${mount}.away`);
    expect(await exported(0)).toMatchObject({ code: 0 });
    rmSync(models(), { recursive: true });
    const away = await exported(0);
    renameSync(`${mount}.away`, mount);
    expect(away).toMatchObject({ code: 4 });
    expect(away.stderr).toMatch(/the artifact store .* does not answer/);
  });

  it('that is in neither place is told so', async () => {
    const gone = await exported(1);
    expect(gone).toMatchObject({ code: 2 });
    expect(gone.stderr).toContain(`are on lab, which trained it, and not on `);
    expect(gone.stderr).toContain(`, and ${store.place} does not have them`);
  });

  it('that was damaged in the store is not used', async () => {
    const file = join(store.place, modelKey(digest));
    renameSync(file, join(scratch, 'whole'));
    writeFileSync(file, 'half');
    const bad = await exported(0);
    renameSync(join(scratch, 'whole'), file);
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.stderr).toMatch(/is not what was written[^]*`elbow rerun trained --trial 0` trains it again/);
    expect(existsSync(modelPath(models(), digest))).toBe(false);
  });
});

describe('gc', () => {
  it('finds what nothing needs in the store, leaves the young, and deletes it after asking', async () => {
    const sweep = await seed('collected');
    const queued = await storage.queuedTrials(sweep.id, -1, 10);
    const used = await keepThere(10);
    await endTrial(sweep, 0, { ...success, weights: used });
    const [unused, young] = [await keepThere(11), await keepThere(12)];
    const ended = await checkpointThere(queued[0]!.attemptId, used);
    const needed = await checkpointThere(queued[1]!.attemptId, used);
    const before = await keys();
    age(...before.filter((key) => key !== modelKey(young)));
    const draft = `${modelKey(young)}.12345`;
    writeFileSync(join(store.place, draft), 'half');
    age(draft);
    // What another database has is its own.
    const other = await openStore({ kind: 'folder', path: mount }, 'other');
    await other.put(modelKey(unused), modelPath(join(scratch, 'elsewhere'), unused));
    utimesSync(join(other.place, modelKey(unused)), HOURS_AGO, HOURS_AGO);

    const dry = await elbow('gc', '--dry-run');
    expect(dry.stdout).toContain(
      `This would delete in ${store.place} 1 file of weights that no trial refers to, ` +
        'checkpoints of 1 attempt that needs none, 1 file whose writing was broken off, ',
    );
    const asked = await elbow('gc');
    expect(asked.stderr).toMatch(/This deletes in .*`elbow gc --yes`/s);
    expect(await keys()).toEqual(before);
    const json = await elbow('gc', '--yes', '--json');
    const told = JSON.parse(json.stdout) as { deleted: number; files: { path: string }[] };
    expect(told.deleted).toBe(3);
    expect(told.files.map(({ path }) => path)).toEqual([
      `${store.place}/${modelKey(unused)}`,
      `${store.place}/checkpoints/${queued[0]!.attemptId}/`,
      `${store.place}/${draft}`,
    ]);
    expect(await keys()).toEqual(before.filter((key) => key !== modelKey(unused) && key !== ended));
    expect(await keys()).toContain(needed);
    expect(await store.drafts()).toEqual([]);
    expect(await other.list('')).toHaveLength(1);
    expect((await elbow('gc')).stdout).toBe(
      `Nothing to do: sweeps need all that is here and in ${store.place}.\n`,
    );
  });

  it('deletes nothing at all while the store does not answer', async () => {
    const stray = keepModel(
      madeModel([{ kind: 'flatten' }, { kind: 'dense', units: 20 }], [5, 5, 3]),
      models(),
    );
    utimesSync(modelPath(models(), stray), HOURS_AGO, HOURS_AGO);
    renameSync(mount, `${mount}.away`);
    const away = await elbow('gc', '--yes');
    renameSync(`${mount}.away`, mount);
    expect(away).toMatchObject({ code: 4, stdout: '' });
    expect(existsSync(modelPath(models(), stray))).toBe(true);
    expect((await elbow('gc', '--yes')).stdout).toMatch(/^Deleted 1 file of weights/);
  });
});

describe('rm', () => {
  const sweepWith = async (name: string, weights: string) => {
    const sweep = await seed(name);
    const queued = await storage.queuedTrials(sweep.id, -1, 10);
    await endTrial(sweep, 0, { ...success, weights });
    await storage.closeTrials(sweep.id, { first: 1, last: 3 }, 'cancelled', {
      code: 'trial-cancelled',
      message: '',
    });
    await storage.moveSweep(sweep.id, ['running'], 'cancelled');
    return queued;
  };

  it('deletes what a sweep has in the store, and nothing that another needs', async () => {
    const [shared, own] = [await keepThere(30), await keepThere(31)];
    const first = await sweepWith('removed', shared);
    await sweepWith('stays', shared);
    const sweep = await storage.findSweep('removed');
    const key = await checkpointThere(first[1]!.attemptId, own);
    const asked = await elbow('rm', 'removed');
    expect(asked.stderr).toMatch(
      /with its weights and checkpoints on this machine and in the artifact store/,
    );
    expect(sweep).not.toBeNull();
    expect(await keys()).toContain(key);
    expect(await elbow('rm', 'removed', '--yes')).toMatchObject({ code: 0 });
    expect(await keys()).not.toContain(key);
    expect(await keys()).toContain(modelKey(shared));
    expect(await elbow('rm', 'stays', '--yes')).toMatchObject({ code: 0 });
    expect(await keys()).not.toContain(modelKey(shared));
    expect(await keys()).toContain(modelKey(own));
  });

  it('deletes the sweep while the store does not answer, and says what is left to do', async () => {
    await sweepWith('away', await keepThere(32));
    renameSync(mount, `${mount}.away`);
    const away = await elbow('rm', 'away', '--yes');
    renameSync(`${mount}.away`, mount);
    expect(away).toMatchObject({ code: 0 });
    expect(away.stderr).toMatch(/does not answer.*`elbow gc` deletes what is left there of away/);
    expect(await storage.findSweep('away')).toBeNull();
  });
});

describe('a setting that is wrong', () => {
  it.each([['gc', '--dry-run'], ['rm', 'trained'], ['worker']])(
    'ends `elbow %s` before it does anything',
    async (...args) => {
      const ended = await run(args, { env: { ...env, ELBOW_ARTIFACTS: 'shared' }, cwd: scratch });
      expect(ended).toMatchObject({ code: 2 });
      expect(ended.stderr).toMatch(/ELBOW_ARTIFACTS is "shared": a relative path/);
    },
  );

  it('is told by `elbow doctor`, and so is a store that does not answer', async () => {
    const check = async (value: string): Promise<unknown> => {
      const { stdout } = await run(['doctor', '--json'], { env: { ...env, ELBOW_ARTIFACTS: value } });
      const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
      return checks.find(({ name }) => name === 'artifacts');
    };
    expect(await check('shared')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('relative'),
    });
    expect(await check('/not/there')).toMatchObject({
      state: 'fail',
      hint: expect.stringContaining('mounted'),
    });
    expect(await check(mount)).toMatchObject({
      state: 'ok',
      found: `${mount} gives back what is written to it`,
    });
    expect(await check('')).toBeUndefined();
  });
});
