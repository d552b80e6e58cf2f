/** Two hosts, each with an `ELBOW_HOME` of its own, and an artifact store between them. */
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elbowHome } from '../../src/paths.js';
import { runningWorker } from '../../src/stack/local-worker.js';
import { readState } from '../../src/stack/state.js';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { BUCKET, hasS3Server, startTestS3, type TestS3 } from '../support/s3-server.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
const SPEC = 'space: { samplesPerClass: 100, epochs: 6, patience: 6 }\nreplicates: 2\n';

let server: TestS3 | null = null;
/** With the servers. */
let a: TestHome;
/** Further hosts, which reach the servers and the store. */
const others: TestHome[] = [];
/** The folder in which the store's files are. */
let files: string;

beforeAll(async () => {
  // Without Go there is no S3 server to try it on; a folder will do.
  server = hasS3Server ? await startTestS3() : null;
  const settings = { ELBOW_CHECKPOINT_SECONDS: '0', ...server?.env };
  a = createHome({ data: true, env: settings });
  const folder = join(a.scratch, 'store');
  mkdirSync(folder);
  files = server ? server.objectFile('') : folder;
  a.env['ELBOW_ARTIFACTS'] = server ? `s3://${BUCKET}` : folder;
  writeFileSync(join(a.scratch, 'spec.yaml'), SPEC);
  const run = await a.elbow('run', 'spec.yaml', '--name', 'undisturbed');
  expect(run.code, run.stderr).toBe(0);
}, 5 * MINUTES);

afterAll(async () => {
  for (const home of [...others, a]) await home.remove();
  await server?.remove();
}, MINUTES);

/** A machine that has nothing of the others but their settings, and the data sets. */
async function anotherHost(): Promise<TestHome> {
  const host = createHome({ env: { ELBOW_CHECKPOINT_SECONDS: '0', ...server?.env } });
  others.push(host);
  symlinkSync(join(elbowHome(), 'data'), join(host.home, 'data'));
  const { temporal, postgres } = readState(a.home)!;
  Object.assign(host.env, {
    ELBOW_ARTIFACTS: a.env['ELBOW_ARTIFACTS'],
    TEMPORAL_ADDRESS: `127.0.0.1:${temporal.port}`,
    DATABASE_URL: postgres.url,
  });
  return host;
}

/** What is in the store, below the database's own folder: the paths of whole files. */
const stored = (kind: 'checkpoints' | 'models'): string[] =>
  readdirSync(files, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes(`/${kind}/`) && path.endsWith('.safetensors'))
    .map((path) => path.slice(path.indexOf(`/${kind}/`) + kind.length + 2))
    .sort();

const metrics = (name: string) =>
  queryRows(
    a,
    `select trial, epoch, e.train_loss, e.val_loss, e.val_accuracy
     from epoch_metrics e join trial_results t using (sweep, trial, attempt) where sweep = '${name}' order by 1, 2`,
  );
const weights = async (name: string): Promise<string[]> => {
  const rows = await queryRows(a, `select weights from trial_results where sweep = '${name}' order by trial`);
  return rows.map((row) => String(row['weights']));
};
async function logsOf(name: string): Promise<string> {
  const logs = await Promise.all(['0', '1'].map((trial) => a.elbow('logs', name, trial)));
  return logs.map(({ stdout }) => stdout).join('\n');
}

const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`);

describe('a sweep with an artifact store', () => {
  it('has the weights of its trials there, and no checkpoints any more', async () => {
    expect(stored('checkpoints')).toEqual([]);
    expect(stored('models')).toEqual(
      [...new Set(await weights('undisturbed'))].map((digest) => `${digest}.safetensors`).sort(),
    );
  });

  it(
    'goes on with equal bits on another host, from the checkpoint of one that was killed',
    async () => {
      const started = await a.elbow('run', 'spec.yaml', '--name', 'moved', '--detach');
      expect(started.code, started.stderr).toBe(0);
      await until('a checkpoint in the store', () => stored('checkpoints').length > 0);
      const pid = runningWorker(a.home)!;
      process.kill(pid, 'SIGKILL');
      await until('the worker to be gone', () => isGone(pid));
      // The trainers end with their worker; what they have on their own disk nobody sees any more.
      const b = await anotherHost();
      const worker = b.start('worker', '--slots', '2');
      try {
        const ended = await a.elbow('watch', 'moved');
        expect(ended.code, ended.stderr).toBe(0);
      } finally {
        worker.child.kill('SIGTERM');
      }
      expect((await worker.ended).code).toBe(0);
      expect(await metrics('moved')).toEqual(await metrics('undisturbed'));
      expect(await weights('moved')).toEqual(await weights('undisturbed'));
      expect(await queryRows(a, "select distinct attempt from trial_results where sweep = 'moved'")).toEqual([
        { attempt: 1 },
      ]);
      const logs = await logsOf('moved');
      expect(logs).toMatch(/brought the checkpoint after (step \d+ of )?epoch \d from /);
      expect(logs).toMatch(/goes on after (step \d+ of )?epoch \d, from its checkpoint/);
      expect(stored('checkpoints')).toEqual([]);
      expect(existsSync(join(b.home, 'models'))).toBe(true);
    },
    5 * MINUTES,
  );

  it(
    'is exported on a host that has trained nothing',
    async () => {
      const c = await anotherHost();
      const exported = await c.elbow('export', 'moved', '1', '--format', 'safetensors', '--json');
      expect(exported.code, exported.stderr).toBe(0);
      expect(JSON.parse(exported.stdout)).toMatchObject({ weights: (await weights('moved'))[1] });
    },
    MINUTES,
  );

  it.runIf(hasS3Server)(
    'ends while the store is away, and its weights are brought when a worker finds it again',
    async () => {
      await server!.kill();
      const up = await a.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      const run = await a.elbow('run', 'spec.yaml', '--name', 'alone', '--set', 'samplesPerClass=50');
      expect(run.code, run.stderr).toBe(0);
      const logs = await logsOf('alone');
      expect(logs).toMatch(/the artifact store .* does not answer: .*the training goes on/);
      expect(logs).toMatch(/the weights are on .* alone, and its worker brings them there when it can/);
      const log = readFileSync(join(a.home, 'logs', 'worker.log'), 'utf8');
      expect(log).toMatch(/the artifact store .* does not answer: .*trainings go on/);
      await server!.start();
      const before = stored('models').length;
      expect((await a.elbow('down')).code).toBe(0);
      expect((await a.elbow('up')).code).toBe(0);
      await until('the weights in the store', () => stored('models').length === before + 2);
      expect(stored('models')).toEqual(
        expect.arrayContaining((await weights('alone')).map((digest) => `${digest}.safetensors`)),
      );
    },
    4 * MINUTES,
  );
});
