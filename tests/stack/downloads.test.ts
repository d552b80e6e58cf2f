import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { downloadFile } from '../../src/stack/downloads.js';
import { until } from '../support/wait.js';
import { freshFolder, noted, thrownBy } from './support.js';

const CONTENT = randomBytes(300_000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const MD5 = createHash('md5').update(CONTENT).digest('hex');
const HALF = 150_000;

let server: Server | undefined;
let ranges: (string | undefined)[] = [];

afterEach(async () => {
  server?.closeAllConnections();
  if (server) await new Promise((resolve) => server!.close(resolve));
  server = undefined;
  ranges = [];
});

/** Serves with the handler; returns the base address. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Sends the content, from where the range says if its tag is still the same. With `cut`, the first connection breaks
 * off there, once the file at `seen` has begun to grow.
 */
function sender(options: { tag?: string; cut?: number; seen?: string } = {}) {
  let isFirst = true;
  return (request: IncomingMessage, response: ServerResponse): void => {
    const tag = options.tag ?? '"one"';
    const from =
      request.headers['if-range'] === tag
        ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
        : 0;
    response.writeHead(from > 0 ? 206 : 200, { etag: tag, 'content-length': CONTENT.length - from });
    if (options.cut !== undefined && isFirst) {
      isFirst = false;
      response.write(CONTENT.subarray(from, options.cut));
      const hasBegun = (): boolean => (statSync(options.seen!, { throwIfNoEntry: false })?.size ?? 0) > 0;
      void until('the first bytes', hasBegun).then(() => response.destroy());
    } else response.end(CONTENT.subarray(from));
  };
}

describe('downloadFile', () => {
  it('brings a file, and asks for nothing when it is there', async () => {
    const base = await serve(sender());
    const path = join(freshFolder(), 'below', 'file');
    const options = { ...noted(), urls: [`${base}/file`], path };
    await downloadFile({ ...options, sha256: SHA256 });
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    await downloadFile({ ...options, md5: MD5 });
    expect(ranges).toHaveLength(1);
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  it('goes on where a connection broke', async () => {
    const path = join(freshFolder(), 'file');
    const base = await serve(sender({ cut: HALF, seen: `${path}.partial` }));
    const options = noted();
    await downloadFile({ ...options, urls: [`${base}/file`], path, sha256: SHA256 });
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)]);
    expect(options.notes.join()).toContain('going on (attempt 2 of 4)');
  });

  it('goes on with what an earlier process left', async () => {
    const base = await serve(sender());
    const path = join(freshFolder(), 'file');
    const url = `${base}/file`;
    writeFileSync(`${path}.partial`, CONTENT.subarray(0, HALF));
    writeFileSync(`${path}.partial.from`, JSON.stringify({ url, tag: '"one"' }));
    await downloadFile({ ...noted(), urls: [url], path, sha256: SHA256 });
    expect(ranges).toEqual([`bytes=${HALF}-`]);
  });

  it('begins anew when the server has another version by now', async () => {
    const base = await serve(sender({ tag: '"two"' }));
    const path = join(freshFolder(), 'file');
    const url = `${base}/file`;
    writeFileSync(`${path}.partial`, randomBytes(HALF));
    writeFileSync(`${path}.partial.from`, JSON.stringify({ url, tag: '"one"' }));
    await downloadFile({ ...noted(), urls: [url], path, sha256: SHA256 });
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  it('counts a silent connection as broken', async () => {
    let requests = 0;
    const base = await serve((request, response) => {
      if (++requests > 1) return sender()(request, response);
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 10));
    });
    const path = join(freshFolder(), 'file');
    const options = noted();
    await downloadFile({ ...options, urls: [base], path, sha256: SHA256, stallMs: 200 });
    expect(options.notes.join()).toContain('no byte came');
  });

  it('removes the wrong file and tries the next address', async () => {
    const base = await serve((request, response) => {
      if (request.url === '/wrong') response.end('something else');
      else sender()(request, response);
    });
    const path = join(freshFolder(), 'file');
    await downloadFile({ ...noted(), urls: [`${base}/wrong`, `${base}/right`], path, sha256: SHA256 });
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  it('brings a damaged file anew', async () => {
    const base = await serve(sender());
    const path = join(freshFolder(), 'file');
    writeFileSync(path, 'damaged');
    await downloadFile({ ...noted(), urls: [base], path, sha256: SHA256 });
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  it('leaves nothing in place when the file is the wrong one, and says so', async () => {
    const base = await serve((_request, response) => response.end('something else'));
    const folder = freshFolder();
    const work = downloadFile({
      ...noted(),
      urls: [`${base}/a`],
      path: join(folder, 'file'),
      sha256: SHA256,
    });
    const error = await thrownBy(work);
    expect(error).toMatchObject({ code: 'install-digest', exitCode: 5 });
    expect(error.message).toContain(SHA256);
    expect(readdirSync(folder).filter((name) => !name.endsWith('.from'))).toEqual([]);
  });

  it('names every address and why it failed', async () => {
    const base = await serve((_request, response) => response.writeHead(404).end());
    const path = join(freshFolder(), 'file');
    const urls = [`${base}/a`, 'http://127.0.0.1:9/b'];
    const error = await thrownBy(downloadFile({ ...noted(), urls, path, sha256: SHA256, attempts: 1 }));
    expect(error).toMatchObject({ code: 'install-unavailable' });
    expect(error.message).toMatch(/1\. http:\S+\/a: the server answered 404[^]*2\. http:\S+:9\/b: /);
    expect(error.hint).toContain(path);
  });

  it('ends soon after Ctrl-C, and keeps what came for the next time', async () => {
    const options = noted();
    const base = await serve((_request, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, HALF));
    });
    const path = join(freshFolder(), 'file');
    const work = thrownBy(downloadFile({ ...options, urls: [base], path, sha256: SHA256 }));
    await until('the first bytes', () => existsSync(`${path}.partial`));
    options.controller.abort();
    const error = await work;
    expect(error).toMatchObject({ code: 'interrupted' });
    expect(existsSync(`${path}.partial.from`)).toBe(true);
  });

  const canMount = process.getuid?.() === 0 && canMountTmpfs();
  it.skipIf(!canMount)('says that the disk is full, and gives back what it took', async () => {
    const base = await serve(sender());
    const folder = join(freshFolder(), 'small');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]);
    try {
      const path = join(folder, 'file');
      const error = await thrownBy(downloadFile({ ...noted(), urls: [base], path, sha256: SHA256 }));
      expect(error).toMatchObject({ code: 'install-disk-full', exitCode: 5 });
      expect(error.message).toContain(folder);
      expect(existsSync(`${path}.partial`)).toBe(false);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

function canMountTmpfs(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
