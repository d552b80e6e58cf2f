import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLooks } from '../../src/cli/looks.js';
import type { Look } from '../../src/cli/looks.js';
import { connectStorage } from '../../src/storage/index.js';
import type { Storage } from '../../src/storage/index.js';
import { takeLease } from '../support/lease.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { outcome, plan, sweepSpec } from '../support/rows.js';

let server: TestPostgres;
let storage: Storage;

beforeAll(async () => {
  server = await startTestPostgres();
  storage = await connectStorage({ url: (await server.database()).url });
});
afterAll(async () => {
  await storage.close();
  await server.remove();
});

const worker = { id: 'host:1', host: 'host' };

async function planned(name: string, trials: number): Promise<string> {
  const { sweep } = await storage.createSweep(sweepSpec(name), '');
  await storage.addTrials(sweep.id, plan(trials));
  return sweep.id;
}

/** Ends the next so many trials, and gives their numbers. */
async function end(id: string, count: number): Promise<number[]> {
  const queued = await storage.queuedTrials(id, -1, count);
  for (const { attemptId } of queued) {
    const { lease } = await takeLease(storage, attemptId, worker);
    await storage.finishAttempt(attemptId, lease, outcome());
  }
  return queued.map(({ number }) => number);
}

const numbers = ({ ended }: Look): number[] => ended.map(({ trial }) => trial);

describe('looking at a sweep again and again', () => {
  it('tells each end once, in its order, and none from before', async () => {
    const id = await planned('told-once', 12);
    await end(id, 3);
    const look = createLooks(storage, id);
    const first = await look();
    expect(first.ended).toEqual([]);
    const counted = Object.fromEntries(first.rows.map(({ status, trials }) => [status, trials]));
    expect(counted).toEqual({ queued: 9, succeeded: 3 });
    const some = await end(id, 4);
    expect(numbers(await look())).toEqual(some);
    expect(numbers(await look())).toEqual([]);
    const rest = await end(id, 5);
    expect(numbers(await look())).toEqual(rest);
  });

  it('tells a trial again that was run again, and not one that was only queued again', async () => {
    const id = await planned('told-again', 2);
    const look = createLooks(storage, id);
    await look();
    await end(id, 2);
    await storage.openAttempts(id, [0]);
    expect(numbers(await look())).toEqual([1]);
    await end(id, 1);
    expect((await look()).ended).toMatchObject([{ trial: 0, attempt: 2 }]);
  });

  it('reads the results of new ends alone, however many there are before', async () => {
    const id = await planned('reads-little', 200);
    const read: number[] = [];
    const counting: Storage = {
      ...storage,
      trialsNamed: async (sweep, asked) => {
        read.push(asked.length);
        return storage.trialsNamed(sweep, asked);
      },
      trialResults: () => Promise.reject(new Error('a look reads no whole sweep')),
    };
    await end(id, 150);
    const look = createLooks(counting, id);
    await look();
    expect(read).toEqual([]);
    await end(id, 7);
    await look();
    await look();
    await end(id, 2);
    await look();
    expect(read).toEqual([7, 2]);
  });

  it('tells what runs', async () => {
    const id = await planned('runs', 3);
    const [, second] = await storage.queuedTrials(id, -1, 3);
    await takeLease(storage, second!.attemptId, worker);
    expect((await createLooks(storage, id)()).running).toMatchObject([{ trial: 1, status: 'running' }]);
  });
});
