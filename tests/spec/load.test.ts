import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armsOf, listPresets, loadSweep, planTrials } from '../../src/spec/index.js';
import { packageRoot } from '../../src/paths.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elbow-spec-'));
  await writeFile(join(folder, 'mine.yaml'), '# Mine.\nname: mine\n');
  await mkdir(join(folder, 'sub'));
});
afterAll(async () => rm(folder, { recursive: true }));

const load = (file: string) => loadSweep(file, { cwd: folder });

describe('loading', () => {
  it('reads a file relative to a folder, and keeps its text', async () => {
    expect(await load('mine.yaml')).toMatchObject({
      spec: { name: 'mine' },
      source: '# Mine.\nname: mine\n',
      file: 'mine.yaml',
    });
  });

  it.each([
    ['mime.yaml', 'spec-unreadable', 'Did you mean the file `mine.yaml`?'],
    ['mine', 'spec-unreadable', 'the file `mine.yaml`'],
    ['quikstart', 'spec-unreadable', 'Did you mean the preset `quickstart`?'],
    ['nothing-like-it', 'spec-unreadable', 'Presets: '],
    ['sub', 'spec-unreadable', 'Presets: '],
    ['/dev/null', 'spec-unreadable', undefined],
  ])('of %s says %s', async (file, code, hint) => {
    await expect(load(file)).rejects.toMatchObject({
      code,
      exitCode: 2,
      ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) }),
    });
  });

  it('refuses binary and huge files', async () => {
    await writeFile(join(folder, 'binary.yaml'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    await expect(load('binary.yaml')).rejects.toMatchObject({
      code: 'spec-invalid',
      message: expect.stringContaining('binary'),
    });
    await writeFile(join(folder, 'huge.yaml'), '');
    await truncate(join(folder, 'huge.yaml'), 50 * 2 ** 30);
    await expect(load('huge.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('at most 1 MiB, got 51200.0 MiB'),
    });
  });

  it.skipIf(process.getuid?.() === 0)('says that a file must not be read', async () => {
    await writeFile(join(folder, 'secret.yaml'), 'name: a');
    await chmod(join(folder, 'secret.yaml'), 0);
    await expect(load('secret.yaml')).rejects.toMatchObject({ code: 'spec-unreadable' });
  });
});

describe('presets', () => {
  it('have names, descriptions and numbers of trials', async () => {
    const presets = await listPresets();
    expect(presets.map((preset) => [preset.name, preset.trials])).toEqual([
      ['batch-norm', 48],
      ['learning-curve', 90],
      ['optimizers-losses', 432],
      ['overfitting', 42],
      ['quickstart', 21],
      ['smoke', 4],
      ['vgg', 4],
    ]);
    for (const preset of presets) expect(preset.description).toMatch(/^[A-Z].*[.?]$/);
  });

  it.each([
    ['batch-norm', 16, 8, 8],
    ['learning-curve', 2, 2, 12],
    ['optimizers-losses', 144, 8, 8],
    ['overfitting', 7, 7, 7],
    ['vgg', 4, 4, 4],
  ])('%s has %i arms, and its small scale %i in %i trials', async (name, arms, smallArms, smallTrials) => {
    const { spec } = await loadSweep(name);
    expect(armsOf(spec)).toHaveLength(arms);
    const small = (await loadSweep(name, { scale: 'small' })).spec;
    expect(small.name).toBe(`${name}-small`);
    expect(armsOf(small)).toHaveLength(smallArms);
    expect(planTrials(small)).toHaveLength(smallTrials);
  });

  it('overfitting has one arm for each remedy, and one with all of them', async () => {
    const arms = armsOf((await loadSweep('overfitting')).spec);
    expect(arms.map((arm) => arm.label)).toEqual([
      'none',
      'augmentation',
      'dropout',
      'weight-decay',
      'wide',
      'no-early-stopping',
      'all',
    ]);
    const [none, ...remedies] = arms.map((arm) => arm.params);
    const all = remedies.pop()!;
    // Each remedy changes settings of its own, and `all` is these changes together.
    const changes = remedies.flatMap((params) =>
      Object.entries(params).filter(([key, value]) => value !== none![key]),
    );
    expect(new Set(changes.map(([key]) => key)).size).toBe(changes.length);
    expect(all).toEqual({ ...none, ...Object.fromEntries(changes) });
  });

  it('vgg lets the schedule with batch norm end', async () => {
    const [vgg] = armsOf((await loadSweep('vgg')).spec);
    expect(vgg).toMatchObject({ label: 'batch-norm model=vgg16', params: { schedule: 'one-cycle' } });
    expect(vgg!.params['patience']).toBeGreaterThanOrEqual(Number(vgg!.params['epochs']));
  });

  it('optimizers-losses gives each optimizer three rates of its own', async () => {
    const { spec } = await loadSweep('optimizers-losses');
    const rates = new Map<unknown, Set<unknown>>();
    for (const { params } of armsOf(spec)) {
      rates.set(
        params['optimizer'],
        (rates.get(params['optimizer']) ?? new Set()).add(params['learningRate']),
      );
    }
    expect(Object.fromEntries([...rates].map(([optimizer, set]) => [optimizer, [...set]]))).toEqual({
      sgd: [0.01, 0.03, 0.1],
      momentum: [0.003, 0.01, 0.03],
      nesterov: [0.003, 0.01, 0.03],
      adagrad: [0.003, 0.01, 0.03],
      adadelta: [0.3, 1, 3],
      rmsprop: [0.0003, 0.001, 0.003],
      adam: [0.0003, 0.001, 0.003],
      adamax: [0.0006, 0.002, 0.006],
    });
  });

  it('quickstart is one arm of the LeNet over seven sizes', async () => {
    const { spec } = await loadSweep('quickstart');
    const trials = planTrials(spec);
    expect(new Set(trials.map((t) => t.arm.hash)).size).toBe(1);
    expect([...new Set(trials.map((t) => t.samplesPerClass))]).toEqual([10, 20, 50, 100, 200, 500, 1000]);
    expect(trials[0]!.arm.params).toMatchObject({
      model: 'lenet',
      width: 1,
      initialiser: 'glorot-uniform',
      optimizer: 'adam',
      learningRate: 0.001,
      loss: 'cross-entropy',
      batchNorm: true,
      dropout: 0,
      batchSize: 64,
      epochs: 50,
      patience: 3,
    });
    expect(spec).toMatchObject({ seed: 42, replicates: 3, threads: 1 });
  });
});

describe('the example sweep', () => {
  it('compares two optimizers with and without batch norm in 16 trials', async () => {
    const { spec } = await loadSweep(join(packageRoot, 'examples', 'batch-norm.yaml'));
    const trials = planTrials(spec);
    expect(trials).toHaveLength(16);
    expect(new Set(trials.map((t) => t.arm.hash)).size).toBe(4);
  });
});
