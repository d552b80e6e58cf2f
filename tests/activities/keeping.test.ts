/** Two hosts and a store between them; what a trainer would write is written by the test. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Keeping } from '../../activities/keeping.js';
import { createKeeping } from '../../activities/stored-keeping.js';
import { checkpointsOf, type Places } from '../../activities/trainables.js';
import { checkpointKey, modelKey, openStore, watchStore } from '../../src/artifacts/index.js';
import type { WatchedStore } from '../../src/artifacts/index.js';
import type { AttemptTask } from '../../src/storage/index.js';
import { sweepSpec } from '../support/rows.js';
import { until } from '../support/wait.js';

const FIRST = '00000000-0000-0000-0000-00000000000a';
const SECOND = '00000000-0000-0000-0000-00000000000b';

let outer: string;
let mount: string;
let store: WatchedStore;
/** What the worker's log says. */
let notes: string[];
let owed: string[];

beforeEach(async () => {
  outer = mkdtempSync(join(tmpdir(), 'elbow-keeping-'));
  mount = join(outer, 'mount');
  mkdirSync(mount);
  [notes, owed] = [[], []];
  store = watchStore(await openStore({ kind: 'folder', path: mount }, 'db'), (line) => notes.push(line));
});
afterEach(() => rmSync(outer, { recursive: true }));

const takeAway = (): void => renameSync(mount, `${mount}.away`);
const bringBack = (): void => renameSync(`${mount}.away`, mount);

interface Execution {
  readonly keeping: Keeping;
  readonly log: string[];
  /** What storage was told, in order. */
  readonly told: string[];
  readonly stop: AbortController;
  /** As the trainer: writes a checkpoint after an epoch; the newest two stay. */
  write(epochs: number, steps?: number): string;
  /** Names of the checkpoints on the host. */
  here(): string[];
  weights(content: string): string;
}

function execute(host: string, changes: Partial<AttemptTask> = {}): Execution {
  const places: Places = {
    data: '',
    models: join(outer, host, 'models'),
    checkpoints: join(outer, host, 'checkpoints'),
    checkpointSeconds: 0,
  };
  const task: AttemptTask = {
    attemptId: FIRST,
    attempt: 1,
    sweepId: 'sweep',
    sweepName: 'sweep',
    trial: 0,
    armHash: 'arm',
    armLabel: 'arm',
    params: {},
    samplesPerClass: 10,
    replicate: 0,
    spec: sweepSpec('sweep'),
    lease: 1,
    earlierAttemptIds: [],
    checkpoint: null,
    failures: [],
    ...changes,
  };
  const [log, told]: [string[], string[]] = [[], []];
  const stop = new AbortController();
  const keeping = createKeeping({ places, artifacts: { store, owe: (digest) => owed.push(digest) } }, task, {
    signal: stop.signal,
    log: (text) => log.push(text),
    setCheckpoint: (path) => told.push(path),
  });
  const folder = checkpointsOf(task.attemptId, places);
  const here = (): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
  return {
    keeping,
    log,
    told,
    stop,
    here,
    write: (epochs, steps = 0) => {
      const file = nameOf(epochs, steps);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, file), contentOf(epochs, steps));
      for (const old of here().slice(0, -2)) rmSync(join(folder, old));
      keeping.checkpoint(join(folder, file));
      return file;
    },
    weights: (content) => {
      const digest = sha256(content);
      mkdirSync(places.models, { recursive: true });
      writeFileSync(join(places.models, `${digest}.safetensors`), content);
      return digest;
    },
  };
}

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const contentOf = (epochs: number, steps = 0): string => `after ${epochs} epochs and ${steps} steps`;
function nameOf(epochs: number, steps = 0): string {
  const [a, b] = [epochs, steps].map((n) => String(n).padStart(6, '0'));
  return `${a}-${b}-${sha256(contentOf(epochs, steps))}.safetensors`;
}
const inStore = async (): Promise<string[]> => (await store.list('')).map(({ key }) => key);
const key = (lease: number, epochs: number, attempt = FIRST): string =>
  checkpointKey(attempt, lease, nameOf(epochs));
const stored = (...keys: string[]): Promise<unknown> =>
  until(`${keys.join()} in the store`, async () => {
    const all = await inStore();
    return keys.every((one) => all.includes(one));
  });
/** A later execution of the same attempt, which storage has a checkpoint of. */
const later = { lease: 2, checkpoint: { path: 'somewhere', host: 'a' } };

/** Host `a` writes checkpoints of epochs, each in the store before the next. */
async function leave(...epochs: number[]): Promise<Execution> {
  const a = execute('a');
  await a.keeping.prepare();
  for (const epoch of epochs) {
    a.write(epoch);
    await stored(key(1, epoch));
  }
  await a.keeping.leave(60_000);
  return a;
}

describe('checkpoints', () => {
  it('are in the store before storage hears of them, and the newest two stay there', async () => {
    const a = execute('a');
    await a.keeping.prepare();
    for (const epoch of [1, 2, 3]) {
      a.write(epoch);
      await until('storage to hear of it', () => a.told.length === epoch);
      expect(a.told.at(-1)).toBe(`${store.place}/${key(1, epoch)}`);
      expect(await inStore()).toContain(key(1, epoch));
    }
    await a.keeping.leave(60_000);
    expect(await inStore()).toEqual([key(1, 2), key(1, 3)]);
    expect(a.log).toEqual([]);
  });

  it('are brought to another host, the newest of them', async () => {
    await leave(1, 2);
    const b = execute('b', later);
    await b.keeping.prepare();
    expect(b.here()).toEqual([nameOf(2)]);
    expect(b.log).toEqual([`brought the checkpoint after epoch 2 from ${store.place}`]);
  });

  it('are not brought where this host has as much', async () => {
    const a = await leave(1, 2);
    const again = execute('a', later);
    await again.keeping.prepare();
    expect(again.log).toEqual([]);
    expect(again.here()).toEqual(a.here());
  });

  it('are brought where this host has older ones, or a damaged one', async () => {
    await leave(1, 2, 3);
    const b = execute('b', later);
    const folder = join(outer, 'b', 'checkpoints', FIRST);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, nameOf(2)), contentOf(2));
    writeFileSync(join(folder, nameOf(3)), 'half of');
    await b.keeping.prepare();
    expect(readFileSync(join(folder, nameOf(3)), 'utf8')).toBe(contentOf(3));
  });

  it('within an epoch are further than those at its begin', async () => {
    const a = await leave(1);
    a.keeping.checkpoint('too late');
    const first = execute('a', later);
    await first.keeping.prepare();
    first.write(1, 40);
    await first.keeping.leave(60_000);
    const b = execute('b', { ...later, lease: 3 });
    await b.keeping.prepare();
    expect(b.here()).toEqual([nameOf(1, 40)]);
    expect(b.log).toEqual([`brought the checkpoint after step 40 of epoch 2 from ${store.place}`]);
  });

  it.each([
    ['damaged', (path: string) => writeFileSync(path, 'something else'), /is not what was written/],
    ['gone', (path: string) => rmSync(path), /there is no file|^$/],
  ])('that are %s give way to the one before, and that is said', async (_, spoil, why) => {
    await leave(1, 2);
    spoil(join(mount, 'db', key(1, 2)));
    const b = execute('b', later);
    await b.keeping.prepare();
    expect(b.here()).toEqual([nameOf(1)]);
    expect(b.log.at(-1)).toBe(`brought the checkpoint after epoch 1 from ${store.place}`);
    expect(b.log.slice(0, -1).join()).toMatch(why);
  });

  it('that are all spoilt give way to a start from nothing, and that is said', async () => {
    await leave(1, 2);
    for (const epoch of [1, 2]) writeFileSync(join(mount, 'db', key(1, epoch)), '');
    const b = execute('b', later);
    await b.keeping.prepare();
    expect(b.here()).toEqual([]);
    expect(b.log).toHaveLength(3);
    expect(b.log[0]).toMatch(/^the checkpoint after epoch 2 in .* is not used: .*is not what was written/);
    expect(b.log[1]).toMatch(/^the checkpoint after epoch 1 in .* is not used/);
    expect(b.log[2]).toBe('no checkpoint of this trial can be had: it starts over');
  });

  it('of an attempt that did not come to its end are taken over by the next', async () => {
    await leave(1, 2);
    const b = execute('b', { attemptId: SECOND, attempt: 2, earlierAttemptIds: [FIRST] });
    await b.keeping.prepare();
    expect(b.here()).toEqual([nameOf(2)]);
    expect(b.log).toEqual([
      'takes over the checkpoints of attempt 1, which did not come to its end',
      `brought the checkpoint after epoch 2 from ${store.place}`,
    ]);
    b.write(3);
    await stored(key(1, 3, SECOND));
    // One of its own is not enough: it may be the one that is damaged.
    expect(await inStore()).toContain(key(1, 2));
    b.write(4);
    await stored(key(1, 4, SECOND));
    await until('the older ones to go', async () => (await inStore()).length === 2);
    await b.keeping.remove();
    expect(await inStore()).toEqual([]);
    expect(b.here()).toEqual([]);
  });

  it('of a successor are not touched by an execution that was taken for dead', async () => {
    const a = execute('a');
    await a.keeping.prepare();
    a.write(1);
    await stored(key(1, 1));
    const b = execute('b', later);
    await b.keeping.prepare();
    b.write(2);
    await stored(key(2, 2));
    // The first one wakes up.
    for (const epoch of [2, 3, 4]) {
      a.write(epoch);
      await stored(key(1, epoch));
    }
    await a.keeping.leave(60_000);
    expect(await inStore()).toEqual([key(1, 3), key(1, 4), key(2, 2)]);
    // Whoever goes on takes the successor's.
    const c = execute('c', { ...later, lease: 3 });
    await c.keeping.prepare();
    expect(c.here()).toEqual([nameOf(2)]);
    await a.keeping.remove();
    expect(await inStore()).toEqual([key(2, 2)]);
  });

  it('of a successor are not touched either by one that was late to look what there is', async () => {
    await leave(1, 2);
    const c = execute('c', { ...later, lease: 3 });
    await c.keeping.prepare();
    c.write(3);
    await stored(key(3, 3));
    const b = execute('b', later);
    await b.keeping.prepare();
    for (const epoch of [4, 5]) {
      b.write(epoch);
      await stored(key(2, epoch));
    }
    await b.keeping.leave(60_000);
    expect(await inStore()).toEqual([key(2, 4), key(2, 5), key(3, 3)]);
  });

  it('of the one before that are removed while they are being brought give way to newer ones', async () => {
    await leave(1, 2);
    const b = execute('b', later);
    const get = store.get;
    const late: WatchedStore = Object.create(store, {
      get: {
        value: async (...args: Parameters<typeof get>) => {
          if (existsSync(join(mount, 'db', key(1, 2)))) {
            for (const epoch of [1, 2])
              renameSync(join(mount, 'db', key(1, epoch)), join(outer, String(epoch)));
            writeFileSync(join(mount, 'db', key(1, 3)), contentOf(3));
          }
          return get(...args);
        },
      },
    }) as WatchedStore;
    store = late;
    const c = execute('c', later);
    await c.keeping.prepare();
    expect(c.here()).toEqual([nameOf(3)]);
    expect(b.here()).toEqual([]);
  });

  it('stay on the host while the store is away, which is said once, and are brought when it is back', async () => {
    const a = execute('a');
    await a.keeping.prepare();
    takeAway();
    for (const epoch of [1, 2, 3]) a.write(epoch);
    await until('the trial to hear of it', () => a.log.length > 0);
    a.write(4);
    expect(a.told).toEqual([]);
    bringBack();
    await until('storage to hear of it', () => a.told.length > 0);
    expect(a.told).toEqual([`${store.place}/${key(1, 4)}`]);
    expect(await inStore()).toEqual([key(1, 4)]);
    expect(a.log).toEqual([
      expect.stringMatching(
        /does not answer: .*; the training goes on, and until that is mended its checkpoints are on .* alone/,
      ),
      `the artifact store ${store.place} answers again`,
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/does not answer/),
      `the artifact store ${store.place} answers again`,
    ]);
  });

  it('that are here are used while the store is away', async () => {
    await leave(1, 2);
    takeAway();
    const again = execute('a', later);
    await again.keeping.prepare();
    expect(again.log).toEqual([
      expect.stringMatching(/does not answer: .*what this trial has there is not used/),
    ]);
    expect(again.here()).toEqual([nameOf(1), nameOf(2)]);
    bringBack();
  });

  it('that are nowhere else are waited for while the store is away for a moment', async () => {
    await leave(1);
    takeAway();
    const b = execute('b', later);
    const prepared = b.keeping.prepare();
    await until('the store to be missed', () => notes.length > 0);
    bringBack();
    await prepared;
    expect(b.here()).toEqual([nameOf(1)]);
    expect(b.log).toEqual([`brought the checkpoint after epoch 1 from ${store.place}`]);
  });

  it('are waited for no longer than the execution may run', async () => {
    await leave(1);
    takeAway();
    const b = execute('b', later);
    const prepared = b.keeping.prepare();
    await until('the store to be missed', () => notes.length > 0);
    const reason = new Error('cancelled');
    b.stop.abort(reason);
    await expect(prepared).rejects.toBe(reason);
    bringBack();
  });

  it('are not looked for by the first execution of a trial', async () => {
    takeAway();
    const a = execute('a');
    await a.keeping.prepare();
    expect([a.log, notes]).toEqual([[], []]);
    bringBack();
  });

  it('of a trial that is stopped are waited for', async () => {
    const a = execute('a');
    await a.keeping.prepare();
    a.write(1);
    a.write(1, 40);
    await a.keeping.leave(60_000);
    expect(a.told.at(-1)).toContain(nameOf(1, 40));
    a.write(2);
    expect(await inStore()).not.toContain(key(1, 2));
  });
});

describe('weights', () => {
  it('are in the store when a trial ends, and its checkpoints are not', async () => {
    const a = execute('a');
    await a.keeping.prepare();
    a.write(1);
    await stored(key(1, 1));
    const digest = a.weights('weights');
    await a.keeping.weights(digest);
    await a.keeping.remove();
    expect(await inStore()).toEqual([modelKey(digest)]);
    expect([a.log, owed]).toEqual([[], []]);
  });

  it('of a trial that keeps none are nowhere', async () => {
    await execute('a').keeping.weights(null);
    expect(await inStore()).toEqual([]);
  });

  it('that cannot be brought are owed, and the trial ends all the same', async () => {
    // It was away before: nobody waits for it.
    takeAway();
    await expect(store.list('')).rejects.toThrow();
    const a = execute('a');
    const digest = a.weights('weights');
    await a.keeping.weights(digest);
    expect(owed).toEqual([digest]);
    expect(a.log).toEqual([
      expect.stringMatching(
        /does not answer: .*the weights are on .* alone, and its worker brings them there/,
      ),
    ]);
    await a.keeping.remove();
    bringBack();
  });

  it('are tried again where the store was there until now', async () => {
    const a = execute('a');
    await a.keeping.prepare();
    const digest = a.weights('weights');
    takeAway();
    const brought = a.keeping.weights(digest);
    await until('the store to be missed', () => notes.length > 0);
    bringBack();
    await brought;
    expect(await inStore()).toEqual([modelKey(digest)]);
    expect(owed).toEqual([]);
  });
});

describe('without a store', () => {
  it('everything stays on the host, and storage is told the path there', async () => {
    const places = { data: '', models: '', checkpoints: join(outer, 'c'), checkpointSeconds: 0 };
    const [log, told]: [string[], string[]] = [[], []];
    const task = {
      attemptId: FIRST,
      earlierAttemptIds: [],
      checkpoint: { path: '/x/y', host: 'a' },
      lease: 2,
    };
    const keeping = createKeeping(
      { places, artifacts: null },
      // What the rest of a task is plays no part.
      task as unknown as AttemptTask,
      {
        signal: new AbortController().signal,
        log: (text) => log.push(text),
        setCheckpoint: (path) => told.push(path),
      },
    );
    await keeping.prepare();
    keeping.checkpoint('/here');
    await keeping.weights('0'.repeat(64));
    await keeping.leave(0);
    await keeping.remove();
    expect(told).toEqual(['/here']);
    expect(log).toEqual(['the checkpoint /x/y, written on a, is not on this machine: the trial starts over']);
  });
});
