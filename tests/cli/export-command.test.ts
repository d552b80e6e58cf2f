import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeFolders } from '../../src/paths.js';
import type { Layer } from '../../src/models/index.js';
import { keepModel, madeModel } from '../support/model.js';
import { endTrial, env, failure, seed, storage, success, useServers } from './servers.js';
import { run, type Ran } from './support.js';

useServers();

const layers: Layer[] = [
  { kind: 'conv', size: 3, filters: 2, activation: 'relu' },
  { kind: 'batch-norm' },
  { kind: 'flatten' },
  { kind: 'dense', units: 2 },
];

describe('a trained network', () => {
  let cwd: string;
  let digest: string;
  const elbow = (...args: readonly string[]): Promise<Ran> => run(args, { env, cwd });

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'elbow-export-command-'));
    digest = keepModel(madeModel(layers, [5, 5, 3]), homeFolders.models(env['ELBOW_HOME']!));
    const sweep = await seed('seen');
    await endTrial(sweep, 0, { ...success, weights: digest });
    await endTrial(sweep, 1, { ...success, weights: '0'.repeat(64) });
    await endTrial(sweep, 2, success);
    await endTrial(sweep, 3, failure);
    await storage.moveSweep(sweep.id, ['running'], 'finished');
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it('is exported under the name of its sweep and trial, and not over what is there', async () => {
    const keras = await elbow('export', 'seen', '0', '--format', 'keras');
    expect(keras).toMatchObject({ code: 0, stdout: `${join(cwd, 'seen-0.keras')}\n` });
    expect(keras.stderr).toBe(
      'Load it: keras.saving.load_model("seen-0.keras")\n' +
        'Input: Pixels from 0 to 255: the model standardises them. Output: probabilities.\n',
    );
    const again = await elbow('export', 'seen', '0', '--format', 'keras');
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/there is a file .*seen-0\.keras\n {2}--force replaces it/);
    expect((await elbow('export', 'seen', '0', '--format', 'keras', '--force')).code).toBe(0);
    const file = await elbow('export', 'seen', '0', '--format', 'safetensors', '--out', 'net.st');
    expect(file.code).toBe(0);
    const kept = join(homeFolders.models(env['ELBOW_HOME']!), `${digest}.safetensors`);
    expect(readFileSync(join(cwd, 'net.st'))).toEqual(readFileSync(kept));
  });

  it('is a folder for TensorFlow.js, told as one JSON document', async () => {
    const { code, stdout } = await elbow('export', 'seen', '0', '--format', 'tfjs', '--json');
    expect(code).toBe(0);
    const path = join(cwd, 'seen-0-tfjs');
    const told = JSON.parse(stdout) as { files: { path: string; bytes: number }[] };
    expect(told).toMatchObject({
      sweep: 'seen',
      trial: 0,
      format: 'tfjs',
      path,
      weights: digest,
      input: [5, 5, 3],
      classes: ['class 0', 'class 1'],
    });
    expect(told.files.map((file) => file.path)).toEqual(
      ['model.json', 'group1-shard1of1.bin', 'labels.json', 'README.txt'].map((name) => join(path, name)),
    );
    for (const file of told.files) expect(readFileSync(file.path)).toHaveLength(file.bytes);
  });

  it('that is not there is told with what to do', async () => {
    const gone = await elbow('export', 'seen', '1', '--format', 'keras');
    expect(gone).toMatchObject({ code: 2 });
    expect(gone.stderr).toMatch(/the weights of trial 1 of seen are on lab, which trained it/);
    const none = await elbow('export', 'seen', '2', '--format', 'keras', '--json');
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'state-forbids' } });
    expect((await elbow('export', 'seen', '3', '--format', 'keras')).stderr).toMatch(
      /trial 3 of seen is failed/,
    );
    expect((await elbow('export', 'seen', '9', '--format', 'keras')).stderr).toMatch(/numbered 0 to 3/);
    expect(readdirSync(cwd).filter((name) => /-[1-9]/.test(name))).toEqual([]);
  });

  it('is exported in formats that there are, and to names that these can have', async () => {
    const near = await elbow('export', 'seen', '0', '--format', 'kears');
    expect(near).toMatchObject({ code: 2 });
    expect(near.stderr).toMatch(
      /no export format "kears"\n {2}Did you mean `keras`\? .*tfjs, safetensors, keras/,
    );
    expect((await elbow('export', 'seen', '0')).code).toBe(2);
    const name = await elbow('export', 'seen', '0', '--format', 'keras', '--out', 'net.h5');
    expect(name.stderr).toMatch(/expected a name that ends in \.keras, got net\.h5/);
    expect(existsSync(join(cwd, 'net.h5'))).toBe(false);
  });
});
