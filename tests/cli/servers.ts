/** The commands against a real Postgres and a real Temporal, without workers: the test ends the trials itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll } from 'vitest';
import { parseSweep, planTrials } from '../../src/spec/index.js';
import { connectStorage } from '../../src/storage/index.js';
import type { Outcome, Storage, SweepRow } from '../../src/storage/index.js';
import { workflowIds } from '../../workflows/messages.js';
import { startTestPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { outcome } from '../support/rows.js';
import { startTestTemporal } from '../support/temporal.js';
import { run } from './support.js';
import type { Ran } from './support.js';
import { takeLease } from '../support/lease.js';

let postgres: TestPostgres;
export let temporal: TestWorkflowEnvironment;
export let storage: Storage;
export let env: NodeJS.ProcessEnv;
let home: string;

/** Servers for the tests of a file; what is exported here is theirs. */
export function useServers(): void {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'elbow-commands-'));
    [postgres, temporal] = await Promise.all([startTestPostgres(), startTestTemporal()]);
    const { url, readerUrl } = await postgres.database();
    storage = await connectStorage({ url });
    env = {
      ELBOW_HOME: home,
      HOME: home,
      DATABASE_URL: url,
      ELBOW_READER_URL: readerUrl,
      TEMPORAL_ADDRESS: temporal.address,
    };
  });

  afterAll(async () => {
    await storage?.close();
    await Promise.all([postgres?.remove(), temporal?.teardown()]);
    rmSync(home, { recursive: true, force: true });
  });
}

export const elbow = (...args: readonly string[]): Promise<Ran> => run(args, { env });

/** Changes in the database what no command changes: how old something is. */
export async function sql(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: env['DATABASE_URL']! });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

const text = (name: string): string =>
  `name: ${name}\nspace: { samplesPerClass: [10, 20], optimizer: [adam, sgd], epochs: 3 }\n`;

/** A sweep of four trials in the state `running`, all of them queued. */
export async function seed(name: string): Promise<SweepRow> {
  const source = text(name);
  const spec = parseSweep(source, `${name}.yaml`);
  const { sweep } = await storage.createSweep(spec, source);
  await storage.addTrials(sweep.id, planTrials(spec));
  await storage.moveSweep(sweep.id, ['planning'], 'running');
  return storage.getSweep(sweep.id);
}

export const success = outcome({
  trainLoss: 1.25,
  valLoss: 1.5,
  testLoss: 1.75,
  trainAccuracy: 0.75,
  valAccuracy: 0.5,
  testAccuracy: 0.4375,
  objective: 0.5,
  imagesPerSecond: 3000,
  answers: {
    classes: ['cat', 'dog'],
    confusion: [
      [4, 4],
      [5, 3],
    ],
    correct: Buffer.from([0b11110000, 0b11100000]).toString('base64'),
  },
});

export const failure: Outcome = {
  ...success,
  answers: null,
  status: 'failed',
  epochs: 0,
  bestEpoch: null,
  testAccuracy: null,
  failure: { code: 'out-of-memory', message: 'the trial used more than 1,300 MB' },
};

export async function endTrial(sweep: SweepRow, number: number, outcome: Outcome): Promise<void> {
  const { attemptId } = (await storage.queuedTrials(sweep.id, number - 1, 1))[0]!;
  const { lease } = await takeLease(storage, attemptId, { id: 'lab:1', host: 'lab' });
  await storage.recordLogs(attemptId, lease, [
    {
      lease,
      index: 0,
      at: new Date(Date.UTC(2026, 10, 24, 12)),
      stream: 'elbow',
      text: `hello from ${number}`,
    },
  ]);
  if (outcome.epochs > 0) {
    await storage.recordEpochs(
      attemptId,
      lease,
      [1, 2].map((epoch) => ({
        epoch,
        trainLoss: 2 / epoch,
        trainAccuracy: 0.25 * epoch,
        valLoss: 2.5 / epoch,
        valAccuracy: 0.125 * epoch,
        learningRate: 0.001,
        seconds: 1.5,
      })),
    );
  }
  await storage.finishAttempt(attemptId, lease, outcome);
}

/** All four ended, the last one failed. */
export async function ended(name: string): Promise<SweepRow> {
  const sweep = await seed(name);
  for (const number of [0, 1, 2]) await endTrial(sweep, number, success);
  await endTrial(sweep, 3, failure);
  await storage.moveSweep(sweep.id, ['running'], 'finished');
  return storage.getSweep(sweep.id);
}

export const workflowStatus = async (name: string): Promise<string> =>
  (await temporal.client.workflow.getHandle(workflowIds.sweep(name)).describe()).status.name;
