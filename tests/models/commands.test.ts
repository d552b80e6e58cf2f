import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelNames } from '../../src/models/index.js';
import { run } from '../cli/support.js';

it('elbow models lists the networks with their counts', async () => {
  const { code, stdout, stderr } = await run(['models']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^lenet +89,770 +140 +LeNet with three 5×5 convolutions$/m);
  expect(stdout).toMatch(/^resnet56 +853,018 +4,064 +/m);
  const [models, settings] = stdout.split('\n\n').map((part) => part.split('\n').filter(Boolean));
  expect(models).toHaveLength(1 + modelNames.length);
  expect(settings!.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['setting', 'takes', 'default'],
    ['width', 'a number above 0', '1'],
    ['initialiser', 'one of glorot-uniform, glorot-normal, he-uniform, he-normal', 'glorot-uniform'],
    ['batchNorm', 'true or false', 'true'],
    ['dropout', 'a number of at least 0 and below 1', '0'],
  ]);
  expect(stderr).toContain('`elbow models NAME`');
});

it('elbow models NAME shows each layer with its output and counts, and the settings', async () => {
  const { code, stdout, stderr } = await run(['models', 'lenet']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^conv 5×5, 50, ReLU +1×1×50 +62,550$/m);
  expect(stdout).toMatch(/^total +89,770 +140$/m);
  expect((await run(['models', 'lenet', '--no-batch-norm'])).stdout).toMatch(/^total +89,630 +0$/m);
  expect((await run(['models', 'lenet', '--dropout', '0.5'])).stdout).toMatch(
    /^flatten.*\ndropout 0\.5 +50\ndense 10/m,
  );
  expect((await run(['models', 'mlp', '--width', '2'])).stdout).toMatch(/^dense 1024 +1024 +/m);
  expect(stdout).toMatch(/^dropout +a number of at least 0 and below 1 +0 +Share of units dropped/m);
});

it('elbow models NAME forecasts the memory of a training at a batch', async () => {
  const { stdout } = await run(['models', 'lenet']);
  expect(stdout).toMatch(
    /^memory of a training +about (1,)?\d{3} MB at a batch of 64 \(.*\), of all images$/m,
  );
  expect((await run(['models', 'vgg16', '--batch', '512'])).stdout).toMatch(
    /^memory of a training +about \d,\d{3} MB at a batch of 512 \(weights and optimizer/m,
  );
  const [vgg] = JSON.parse((await run(['models', 'vgg16', '--batch', '9', '--json'])).stdout) as unknown[];
  expect(vgg).toMatchObject({ memory: { batchSize: 9, totalBytes: expect.any(Number) } });
  for (const batch of ['0', '1.5', 'all']) {
    expect((await run(['models', `--batch=${batch}`])).stderr).toContain(
      `--batch: expected a whole number from 1, got "${batch}"`,
    );
  }
});

it('elbow models prints one JSON document', async () => {
  const [lenet] = JSON.parse((await run(['models', '--json'])).stdout) as Record<string, unknown>[];
  expect(lenet).toMatchObject({ model: 'lenet', input: [32, 32, 3], trainable: 89_770, moving: 140 });
  expect(lenet!['settings']).toContainEqual({
    name: 'width',
    takes: 'a number above 0',
    default: 1,
    description: expect.stringMatching(/^Multiplies the filters/) as string,
  });
  const [grey] = JSON.parse((await run(['models', '--dataset', 'mnist', '--json'])).stdout) as unknown[];
  // 2 · 20 · 5 · 5 weights less in the first convolution.
  expect(grey).toMatchObject({ dataset: 'mnist', input: [32, 32, 1], trainable: 88_770 });
});

it('elbow models --file shows the networks of a sweep file with their layers', async () => {
  const file = ['--file', 'examples/own-network.yaml'];
  const list = await run(['models', ...file]);
  expect({ code: list.code, rows: list.stdout.split('\n\n')[0]!.split('\n') }).toEqual({
    code: 0,
    rows: expect.objectContaining({ length: 1 + 1 + modelNames.length }),
  });
  // 9·3·16 + 2·16, 9·16·32 + 9·32·32 + 2·2·32, 2·(9·32·32 + 32), 32·10 + 10.
  expect(list.stdout).toMatch(/^small-resnet +33,242 +160 +written in examples\/own-network.yaml$/m);
  const { stdout } = await run(['models', 'small-resnet', ...file, '--no-batch-norm', '--width', '2']);
  expect(stdout).toMatch(/^residual \(conv 3×3 same stride 2, 64, ReLU → conv 3×3 same, 64\) +16×16×64 +/m);
  expect(stdout).toMatch(/^dense 10 +10 +650$/m);
  const onMnist = await run(['models', 'small-resnet', ...file, '--dataset', 'mnist']);
  expect(onMnist.stdout).toMatch(/^input \(mnist\) +32×32×1$/m);
  const { code, stderr } = await run(['models', 'small-resent', ...file]);
  expect(code).toBe(2);
  expect(stderr).toContain('Did you mean `small-resnet`?');
});

it('elbow models names the nearest right thing', async () => {
  const wrong = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['models', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };
  expect(await wrong('lenett')).toMatch(/there is no model "lenett"[^]*Did you mean `lenet`\?/);
  expect(await wrong('--dataset', 'cifar')).toMatch(/no data set "cifar"[^]*Did you mean `cifar10`\?/);
  expect(await wrong('--file', 'examples/two-rings.yaml')).toMatch(
    /examples\/two-rings.yaml: the sweep two-rings has no networks of elbow to show/,
  );
  for (const share of ['1', '-0.1', 'half', '']) {
    expect(await wrong(`--dropout=${share}`)).toContain('expected a number from 0 to below 1');
  }
  for (const width of ['0', '-1', 'Infinity', 'wide', '']) {
    expect(await wrong(`--width=${width}`)).toContain('expected a number above 0');
  }
});

it('elbow datasets tells the sizes, and that nothing is there yet', async () => {
  const home = mkdtempSync(join(tmpdir(), 'elbow-datasets-'));
  try {
    const env = { ELBOW_HOME: home };
    const { code, stdout } = await run(['datasets'], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('50,000 for training, 10,000 for tests');
    expect(stdout).toMatch(/largest size +5,000 samples per class/);
    expect(stdout).toMatch(/on this disk +no; the first sweep that needs it brings it/);
    expect(stdout).toContain('60,000 for training, 10,000 for tests');
    expect(stdout).toMatch(/largest size +5,421 samples per class/);
    const [cifar10, mnist] = JSON.parse((await run(['datasets', '--json'], { env })).stdout) as unknown[];
    expect(cifar10).toMatchObject({ name: 'cifar10', largestSize: 5_000, present: false, digest: null });
    expect(mnist).toMatchObject({
      name: 'mnist',
      image: [32, 32, 1],
      trainImages: 60_000,
      testImages: 10_000,
      largestSize: 5_421,
    });
  } finally {
    rmSync(home, { recursive: true });
  }
});
