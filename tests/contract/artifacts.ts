/** What every implementation of the artifact store's contract must do. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkpointKey, modelKey, openStore, readArtifactsSetting } from '../../src/artifacts/index.js';
import type { ArtifactStore } from '../../src/artifacts/index.js';
import { compiled } from '../../src/paths.js';
import { until } from '../support/wait.js';

/** A place for stores, and what happens to it behind their back. */
export interface StorePlace {
  /** ELBOW_ARTIFACTS and what else a process needs to reach it. */
  readonly env: NodeJS.ProcessEnv;
  /** Where the content of a file of the store lies, to be damaged; the path below what ELBOW_ARTIFACTS names. */
  contentFile(path: string): string;
  /** Begins to write a file, as a writer that dies then. */
  beginDraft(path: string): Promise<void>;
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
  remove(): Promise<void>;
}

/** More than one part of an upload in parts. */
const LARGE_BYTES = 20 * 1024 * 1024;

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

export function artifactsContract(name: string, open: () => Promise<StorePlace>): void {
  describe(`${name} keeps the contract of artifact stores`, () => {
    let place: StorePlace;
    let store: ArtifactStore;
    let scratch: string;
    let space: string;
    let count = 0;

    beforeAll(async () => {
      place = await open();
    });
    afterAll(async () => {
      await place.remove();
    });
    const openSpace = (name: string): Promise<ArtifactStore> =>
      openStore(readArtifactsSetting(place.env)!, name);
    beforeEach(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'elbow-artifacts-'));
      space = `space-${++count}`;
      store = await openSpace(space);
    });
    afterEach(() => {
      store.close();
      rmSync(scratch, { recursive: true, force: true });
    });

    /** A file of this machine, and the key of a network with that content. */
    const file = (
      content: Uint8Array = randomBytes(1000),
    ): { path: string; key: string; content: Uint8Array } => {
      const path = join(scratch, `file-${readdirSync(scratch).length}`);
      writeFileSync(path, content);
      return { path, key: modelKey(sha256(content)), content };
    };
    const put = async (content?: Uint8Array): Promise<{ path: string; key: string; content: Uint8Array }> => {
      const one = file(content);
      await store.put(one.key, one.path);
      return one;
    };
    const keys = async (prefix = ''): Promise<string[]> => (await store.list(prefix)).map(({ key }) => key);
    const read = async (key: string): Promise<Buffer> => {
      const path = join(scratch, 'deep', 'read');
      await store.get(key, path);
      return readFileSync(path);
    };
    /** Nothing under that name, and no half of it beside. */
    const readsNothing = async (key: string, code: string): Promise<void> => {
      const folder = join(scratch, 'target');
      await expect(store.get(key, join(folder, 'file'))).rejects.toMatchObject({
        code,
        hint: expect.any(String),
      });
      expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    };

    it.each([
      ['no byte', 0],
      ['a thousand bytes', 1000],
      ['more than a part', LARGE_BYTES],
    ])('gives back %s as they were', async (_, bytes) => {
      const { key, content } = await put(randomBytes(bytes));
      expect(sha256(await read(key))).toBe(sha256(content));
      expect(await store.list('')).toMatchObject([{ key, bytes }]);
      const [listed] = await store.list('');
      expect(Math.abs(Date.now() - listed!.modifiedMs)).toBeLessThan(60_000);
    });

    it('takes a file twice, and from many at the same moment, as one', async () => {
      const { key, path, content } = await put(randomBytes(300_000));
      await store.put(key, path);
      await Promise.all(Array.from({ length: 8 }, () => store.put(key, path)));
      expect(await keys()).toEqual([key]);
      expect(sha256(await read(key))).toBe(sha256(content));
    });

    it('refuses content that is not what the key says, and keeps nothing of it', async () => {
      for (const bytes of [100, LARGE_BYTES]) {
        const { path } = file(randomBytes(bytes));
        const other = modelKey('0'.repeat(64));
        await expect(store.put(other, path)).rejects.toMatchObject({ code: 'artifact-damaged' });
      }
      expect(await keys()).toEqual([]);
      expect(await store.drafts()).toEqual([]);
    });

    it('tells a file of this machine that is not there as what it is', async () => {
      await expect(store.put(modelKey('0'.repeat(64)), join(scratch, 'nothing'))).rejects.toMatchObject({
        code: 'ENOENT',
      });
    });

    it('tells what it does not have', async () => {
      await readsNothing(modelKey('0'.repeat(64)), 'artifact-missing');
    });

    it('never gives what was damaged or torn in the store, until it is put again', async () => {
      const { key, path, content } = await put();
      const inside = place.contentFile(`${space}/${key}`);
      const flipped = Buffer.from(content);
      flipped[500]! ^= 1;
      for (const bad of [flipped, content.slice(0, 400), Buffer.alloc(0)]) {
        writeFileSync(inside, bad);
        await readsNothing(key, 'artifact-damaged');
      }
      await store.put(key, path);
      expect(sha256(await read(key))).toBe(sha256(content));
    });

    it('lists what is below a prefix, in the order of keys, and nothing that is not its own', async () => {
      expect(await keys()).toEqual([]);
      const attempt = '11111111-2222-3333-4444-555555555555';
      const { path, key: model, content } = await put();
      const checkpoint = (lease: number, epochs: number): string =>
        checkpointKey(attempt, lease, `00000${epochs}-000000-${sha256(content)}.safetensors`);
      const all = [checkpoint(1, 2), checkpoint(2, 1), checkpoint(12, 1)];
      for (const key of [...all].reverse()) await store.put(key, path);
      const other = await openSpace(`${space}-more`);
      await other.put(model, path);
      expect(await keys()).toEqual([...all, model]);
      expect(await keys('models/')).toEqual([model]);
      expect(await keys(`checkpoints/${attempt}/`)).toEqual(all);
      expect(await keys('checkpoints/11111111-2222-3333-4444-55555555555/')).toEqual([]);
      await store.delete([model]);
      expect(await other.list('')).toMatchObject([{ key: model }]);
      other.close();
    });

    it('lists thousands', async () => {
      const { path, content } = file(Buffer.from('x'));
      const name = (i: number): string =>
        `${String(i).padStart(6, '0')}-000000-${sha256(content)}.safetensors`;
      const all = Array.from({ length: 1100 }, (_, i) => checkpointKey('a', 1, name(i)));
      for (let i = 0; i < all.length; i += 20) {
        await Promise.all(all.slice(i, i + 20).map((key) => store.put(key, path)));
      }
      expect(await keys()).toEqual(all);
      await store.delete(all);
      expect(await keys()).toEqual([]);
    });

    it('deletes what it is told, also what is not there', async () => {
      const [one, two] = [await put(), await put()];
      await store.delete([one.key, modelKey('0'.repeat(64))]);
      await store.delete([one.key]);
      await store.delete([]);
      expect(await keys()).toEqual([two.key]);
      await readsNothing(one.key, 'artifact-missing');
    });

    it('shows what was begun as a draft alone, and drops it', async () => {
      const { key } = file();
      await place.beginDraft(`${space}/${key}`);
      await readsNothing(key, 'artifact-missing');
      expect(await keys()).toEqual([]);
      const drafts = await store.drafts();
      expect(drafts).toHaveLength(1);
      expect(drafts[0]!.name).toContain(key);
      expect(Math.abs(Date.now() - drafts[0]!.modifiedMs)).toBeLessThan(60_000);
      await store.dropDrafts(drafts);
      await store.dropDrafts(drafts);
      expect(await store.drafts()).toEqual([]);
    });

    it('has nothing of a file whose writer was killed in the middle but a draft', async () => {
      const pipe = join(scratch, 'pipe');
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
      const key = modelKey('0'.repeat(64));
      const script = `
        const { openStore, readArtifactsSetting } = await import(${JSON.stringify(pathToFileURL(compiled('src/artifacts/index.js')).href)});
        const store = await openStore(readArtifactsSetting(process.env), ${JSON.stringify(space)});
        await store.put(${JSON.stringify(key)}, ${JSON.stringify(pipe)});`;
      const writer = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, ...place.env },
        stdio: 'inherit',
      });
      const source = createWriteStream(pipe);
      source.on('error', () => undefined);
      source.write(randomBytes(LARGE_BYTES));
      await until('a draft', async () => (await store.drafts()).length > 0);
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      source.destroy();
      expect(await keys()).toEqual([]);
      await readsNothing(key, 'artifact-missing');
      expect(await store.drafts()).toHaveLength(1);
    });

    it('gives up what is aborted, with the reason of that', async () => {
      const reason = new Error('enough');
      const { path, key } = file(randomBytes(LARGE_BYTES));
      await expect(store.put(key, path, AbortSignal.abort(reason))).rejects.toBe(reason);
      const stop = new AbortController();
      const putting = store.put(key, path, stop.signal);
      setImmediate(() => stop.abort(reason));
      await expect(putting).rejects.toBe(reason);
      expect(await keys()).toEqual([]);
      await store.put(key, path);
      await expect(store.get(key, join(scratch, 'x'), AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(store.list('', AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('says that it does not answer while it is away, and has everything when it is back', async () => {
      const { path, key, content } = await put();
      const other = file();
      await place.takeAway();
      try {
        const away = { code: 'artifacts-unreachable', hint: expect.any(String), isRetryable: true };
        await expect(store.put(other.key, other.path)).rejects.toMatchObject(away);
        await expect(store.list('')).rejects.toMatchObject(away);
        await expect(store.delete([key])).rejects.toMatchObject(away);
        await readsNothing(key, 'artifacts-unreachable');
      } finally {
        await place.bringBack();
      }
      expect(sha256(await read(key))).toBe(sha256(content));
      await store.put(key, path);
      expect(await keys()).toEqual([key]);
    });
  });
}
