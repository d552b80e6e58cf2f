import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataset, type Dataset } from '../../src/data/index.js';
import { modelPath } from '../../src/models/index.js';
import { withDefaults } from '../../src/spec/index.js';
import { connectStorage, type Storage, type SweepRow } from '../../src/storage/index.js';
import { createTrainerPool, deafHooks } from '../../src/trainer/index.js';
import { linkDataset } from '../support/dataset.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { outcome, plan, sweepSpec } from '../support/rows.js';
import { run, type Ran } from './support.js';
import { takeLease } from '../support/lease.js';

/** One sweep whose trial 0 is trained for real; 1 has failed, 2 waits, 3 was trained elsewhere, 4 kept nothing. */
let postgres: TestPostgres;
let storage: Storage;
let home: string;
let env: NodeJS.ProcessEnv;
let dataset: Dataset;
let weights: string;
let file: string;

const params = withDefaults({ model: 'lenet', epochs: 3, batchSize: 32 });

beforeAll(async () => {
  postgres = await startTestPostgres();
  const { url } = await postgres.database();
  storage = await connectStorage({ url });
  home = mkdtempSync(join(tmpdir(), 'elbow-predict-'));
  const dataDir = join(home, 'data');
  await linkDataset('cifar10', dataDir);
  dataset = loadDataset('cifar10', dataDir);
  env = { ...process.env, DATABASE_URL: url, ELBOW_HOME: home };
  for (const name of Object.keys(env)) if (name.startsWith('TEMPORAL_')) delete env[name];
  const pool = createTrainerPool({ slots: 1, env: process.env });
  const trained = await pool.run(
    {
      dataset: 'cifar10',
      dataDir,
      params,
      unfamiliar: false,
      samplesPerClass: 20,
      sweepSeed: 42,
      replicate: 0,
      threads: 1,
      objective: 'val_accuracy',
      keep: { models: join(home, 'models'), checkpoints: join(home, 'checkpoints'), checkpointSeconds: 1e6 },
    },
    {
      signal: new AbortController().signal,
      ...deafHooks,
    },
  );
  await pool.close();
  weights = trained.weights!;
  file = modelPath(join(home, 'models'), weights);
  const { sweep } = await storage.createSweep(sweepSpec('seen'), 'name: seen');
  await storage.addTrials(sweep.id, plan(5, 20));
  await end(sweep, 0, trained, hostname());
  await end(
    sweep,
    1,
    outcome({ status: 'failed', failure: { code: 'out-of-memory', message: 'too large' } }),
  );
  await end(sweep, 3, outcome({ weights: '0'.repeat(64) }), 'lab-2');
  await end(sweep, 4, outcome({ diagnosis: 'diverged' }));
}, 300_000);

afterAll(async () => {
  await storage.close();
  await postgres.remove();
  rmSync(home, { recursive: true, force: true });
});

async function end(
  sweep: SweepRow,
  number: number,
  ending: Parameters<Storage['finishAttempt']>[2],
  host = hostname(),
): Promise<void> {
  const { attemptId } = (await storage.queuedTrials(sweep.id, number - 1, 1))[0]!;
  const { lease } = await takeLease(storage, attemptId, { id: `${host}:1`, host });
  await storage.setEnvironment(attemptId, lease, {
    elbowVersion: '0',
    gitCommit: null,
    node: '20',
    tensorflow: null,
    device: 'cpu',
    dataDigest: dataset.digest,
    threads: 1,
    cpuFeatures: 'avx',
  });
  await storage.finishAttempt(attemptId, lease, ending);
}

const predict = (...args: string[]): Promise<Ran> => run(['predict', ...args], { env, cwd: home });

async function testImage(index: number): Promise<string> {
  const planes = dataset.test.planes(index);
  const pixels = Uint8Array.from(planes, (_, i) => planes[(i % 3) * 1024 + Math.floor(i / 3)]!);
  const name = `test-${index}.png`;
  await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toFile(join(home, name));
  return name;
}

interface Answer {
  file: string;
  top: { class: string; probability: number }[];
  logits: number[];
  isTrusted: boolean;
  doubts: { code: string }[];
  unfamiliarity: { moreUnusualThan: number } | null;
  calibration: { temperature: number; calibrationError: { before: number; after: number } } | null;
  problem: string | null;
  error?: { code: string; message: string };
}

const answersOf = ({ stdout }: Ran): Answer[] => JSON.parse(stdout) as Answer[];

describe('elbow predict', () => {
  it('answers test images as the trial’s evaluation did, with calibrated probabilities', async () => {
    const files = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(testImage));
    const ran = await predict('seen', '0', ...files, '--json', '--top', '10');
    expect(ran.code, ran.stderr).toBe(0);
    const answers = answersOf(ran);
    const sweep = (await storage.findSweep('seen'))!;
    const bits = Buffer.from((await storage.answers(sweep.id, 0))!.correct, 'base64');
    expect(
      answers.map(({ top }, i) => top[0]!.class === dataset.entry.classes[dataset.test.labels[i]!]),
    ).toEqual(answers.map((_, i) => ((bits[i >> 3]! >> (i & 7)) & 1) === 1));
    const [first] = answers;
    const { temperature, calibrationError } = first!.calibration!;
    expect(calibrationError.before).toBeGreaterThanOrEqual(0);
    expect(calibrationError.after).toBeGreaterThanOrEqual(0);
    expect(first!.top.reduce((sum, one) => sum + one.probability, 0)).toBeCloseTo(1, 10);
    const [a, b] = first!.logits.slice().sort((x, y) => y - x);
    expect(Math.log(first!.top[0]!.probability / first!.top[1]!.probability)).toBeCloseTo(
      (a! - b!) / temperature,
      6,
    );
    expect(first!.unfamiliarity!.moreUnusualThan).toBeLessThanOrEqual(1);
    expect(existsSync(file.replace('.safetensors', '.calibration.json'))).toBe(true);
  });

  it('answers the good pictures, lists the bad ones and exits with 2', async () => {
    writeFileSync(join(home, 'notes.txt'), 'dear diary');
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toFile(join(home, 'dot.png'));
    const sheet = join(home, 'sheet.png');
    const ran = await predict(
      'seen',
      '0',
      await testImage(0),
      'notes.txt',
      'data',
      'none.jpg',
      'dot.png',
      '--save',
      sheet,
    );
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(/^seen 0: lenet · 20 per class · replicate 0 · test accuracy 0\.\d+$/m);
    expect(ran.stdout).toMatch(/^test-0\.png {2}32×32 png\n( {2}\w+ +█\S* +\d+\.\d %\n)/m);
    expect(ran.stdout).toMatch(/^dot\.png {2}1×1 png$/m);
    expect(ran.stdout).toMatch(/This picture is of one colour/);
    expect(ran.stderr).toMatch(/notes\.txt cannot be used: it is no PNG/);
    expect(ran.stderr).toMatch(/data cannot be used: it is a folder\n {2}Name the pictures in it/);
    expect(ran.stderr).toMatch(/none\.jpg cannot be used: there is no such file/);
    expect(ran.stderr).toMatch(/Calibrated on 40 validation images: temperature \d/);
    const { format, width } = await sharp(sheet).metadata();
    expect({ format, width }).toEqual({ format: 'png', width: 2160 });
    const json = answersOf(await predict('seen', '0', await testImage(0), 'none.jpg', '--json'));
    expect(json.map(({ error }) => error?.code)).toEqual([undefined, 'picture-unusable']);
    const none = await predict('seen', '0', 'none.jpg', '--json');
    expect({ code: none.code, answers: answersOf(none).length }).toEqual({ code: 2, answers: 1 });
  });

  it.each([
    [['nope', '0', 'x.png'], /there is no sweep called "nope"/],
    [['seen', '9', 'x.png'], /has no trial 9\n.*numbered 0 to 4/],
    [['seen', 'x', 'x.png'], /expected the number of a trial/],
    [['seen', '0'], /missing required argument 'image'/],
    [['seen', '0', 'x.png', '--top', '0'], /--top: expected a whole number from 1, got "0"/],
    [['seen', '0', 'x.png', '--save', 'x.jpg'], /--save: expected the name of a PNG file, got "x\.jpg"/],
    [['seen', '1', 'x.png'], /trial 1 of seen is failed: too large\n.*elbow rerun seen --trial 1/],
    [['seen', '2', 'x.png'], /trial 2 of seen is queued\n.*elbow watch seen/],
    [
      ['seen', '3', 'x.png'],
      /trial 3 of seen are on lab-2, which trained it, and not on .*\n.*Run the command on lab-2/,
    ],
    [['seen', '4', 'x.png'], /trial 4 of seen has kept no weights: it diverged/],
  ])('%j exits with 2 and says what to do', async (args, expected) => {
    const ran = await predict(...args);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(expected);
  });

  it('answers uncalibrated when the data set is damaged, and says so', async () => {
    const image = await testImage(0);
    const away = mkdtempSync(join(tmpdir(), 'elbow-away-'));
    try {
      mkdirSync(join(away, 'models'));
      copyFileSync(file, modelPath(join(away, 'models'), weights));
      const folder = await linkDataset('cifar10', join(away, 'data'));
      const batch = join(
        folder,
        readdirSync(folder).find((name) => name.endsWith('.bin'))!,
      );
      const { size } = statSync(batch);
      rmSync(batch);
      writeFileSync(batch, new Uint8Array(size));
      const ran = await run(['predict', 'seen', '0', image, '--json'], {
        env: { ...env, ELBOW_HOME: away },
        cwd: home,
      });
      expect(ran.code, ran.stderr).toBe(0);
      const [answer] = answersOf(ran);
      expect(answer).toMatchObject({ calibration: null, unfamiliarity: null });
      expect(answer!.problem).toMatch(
        /^The data set is needed for it: the files in .* are not what they were/,
      );
      expect(answer!.top).toHaveLength(5);
      expect(ran.stderr).toMatch(/^Not calibrated\. /m);
    } finally {
      rmSync(away, { recursive: true, force: true });
    }
  });

  it('refuses damaged weights', async () => {
    const bytes = readFileSync(file);
    try {
      const other = Buffer.from(bytes);
      other[other.length - 1]! ^= 1;
      writeFileSync(file, other);
      const ran = await predict('seen', '0', await testImage(0));
      expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 2, stdout: '' });
      expect(ran.stderr).toMatch(
        /has changed: expected SHA-256 .*\n.*Remove the file; `elbow rerun seen --trial 0`/,
      );
    } finally {
      writeFileSync(file, bytes);
    }
  });
});
