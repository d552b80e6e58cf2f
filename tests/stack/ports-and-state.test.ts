import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { choosePort, doesPortAnswer, isPortFree } from '../../src/stack/ports.js';
import { createState, readState, stackFiles, writeState } from '../../src/stack/state.js';
import { freshFolder, thrownBy } from './support.js';

describe('ports', () => {
  it('are free when nobody listens, and taken when somebody does', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect([await isPortFree(port), await doesPortAnswer(port)]).toEqual([false, true]);
    server.close();
    await once(server, 'close');
    expect([await isPortFree(port), await doesPortAnswer(port)]).toEqual([true, false]);
  });

  it('are chosen below the range of outgoing connections', async () => {
    const port = await choosePort(new Set());
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  });
});

describe('the kept state', () => {
  it('has three ports and two passwords of its own each time', async () => {
    const [a, b] = [await createState(), await createState()];
    expect(new Set([a.temporal.port, a.temporal.uiPort, a.postgres.port]).size).toBe(3);
    const passwords = [a, b].flatMap(({ postgres }) => [postgres.password, postgres.readerPassword]);
    expect(new Set(passwords).size).toBe(4);
    for (const password of passwords) expect(password).toMatch(/^[\w-]{32}$/);
  });

  it('comes back, and only its owner can read it', async () => {
    const home = freshFolder();
    expect(readState(home)).toBeNull();
    const state = await createState();
    writeState(home, state);
    expect(readState(home)).toEqual(state);
    expect(statSync(stackFiles.state(home)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'stack')).mode & 0o777).toBe(0o700);
  });

  it.each(['', '{"version":1', '{"version":2}', '[]'])(
    'that was damaged (%j) is named, not replaced',
    async (text) => {
      const home = freshFolder();
      writeState(home, await createState());
      writeFileSync(stackFiles.state(home), text);
      const error = await thrownBy((async () => readState(home))());
      expect(error).toMatchObject({ code: 'stack-start' });
      expect(error.message).toContain(stackFiles.state(home));
    },
  );
});
