/** What a worker brings to its store in the background. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Layer } from '../../src/models/index.js';
import { connectStorage } from '../../src/storage/index.js';
import type { Storage } from '../../src/storage/index.js';
import { openArtifacts } from '../../src/workers/artifacts.js';
import { modelKey } from '../../src/artifacts/index.js';
import { takeLease } from '../support/lease.js';
import { keepModel, madeModel } from '../support/model.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { outcome, plan, sweepSpec } from '../support/rows.js';
import { until } from '../support/wait.js';

let server: TestPostgres;
let storage: Storage;
let outer: string;
let notes: string[];
let stop: AbortController;

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.remove());
beforeEach(async () => {
  storage = await connectStorage(await server.database());
  outer = mkdtempSync(join(tmpdir(), 'elbow-worker-artifacts-'));
  mkdirSync(join(outer, 'mount'));
  notes = [];
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await storage.close();
  rmSync(outer, { recursive: true });
});

const models = (): string => join(outer, 'models');
const keep = (units: number): string => {
  const layers: Layer[] = [{ kind: 'flatten' }, { kind: 'dense', units }];
  return keepModel(madeModel(layers, [2, 2, 1]), models());
};
const open = () =>
  openArtifacts(
    { kind: 'folder', path: join(outer, 'mount') },
    { storage, models: models(), signal: stop.signal, note: (line) => notes.push(line) },
    20,
  );

/** Trials that ended with these weights. */
async function ended(...weights: string[]): Promise<void> {
  const { sweep } = await storage.createSweep(sweepSpec('one'), '');
  await storage.addTrials(sweep.id, plan(weights.length));
  for (const [i, { attemptId }] of (await storage.queuedTrials(sweep.id, -1, 100)).entries()) {
    const { lease } = await takeLease(storage, attemptId, { id: 'a:1', host: 'a' });
    await storage.finishAttempt(attemptId, lease, outcome({ weights: weights[i]! }));
  }
}

it('weights that a trial refers to are brought when a worker starts, and others stay where they are', async () => {
  const [one, two] = [keep(2), keep(3)];
  const elsewhere = '0'.repeat(64);
  await ended(one, elsewhere);
  const { store } = await open();
  await until('the weights', async () => (await store.list('')).length > 0);
  expect((await store.list('')).map(({ key }) => key)).toEqual([modelKey(one)]);
  expect(two).not.toBe(one);
  expect(store.place).toBe(join(outer, 'mount', await storage.databaseId()));
  await until('a note', () => notes.length > 1);
  expect(notes).toEqual([
    `checkpoints and trained networks go to ${store.place}`,
    `brought weights that ${store.place} lacked: 1 file`,
  ]);
});

it('weights that are owed are brought as soon as the store is back', async () => {
  const mount = join(outer, 'mount');
  renameSync(mount, `${mount}.away`);
  const { store, owe } = await open();
  // Its trial's end is about to be stored.
  const digest = keep(2);
  owe(digest);
  await until('the store to be missed', () => notes.some((line) => line.includes('does not answer')));
  renameSync(`${mount}.away`, mount);
  await until('the weights', async () => (await store.list('').catch(() => [])).length > 0);
  expect(await store.list('')).toMatchObject([{ key: modelKey(digest) }]);
  expect(notes.filter((line) => line.includes('does not answer'))).toHaveLength(1);
});
