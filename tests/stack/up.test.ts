import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { identify, isRunning } from '../../src/stack/processes.js';
import { stackFiles } from '../../src/stack/state.js';
import { createHome } from '../support/elbow.js';
import type { TestHome } from '../support/elbow.js';
import { until } from '../support/wait.js';
import {
  POSTMASTER,
  TEMPORAL,
  WORKER,
  count,
  listeningAddresses,
  pidOf,
  processesOf,
  stateOf,
  statusOf,
  up,
} from './live.js';

const MINUTES = 60_000;

describe('a stack', () => {
  let stack: TestHome;

  beforeAll(async () => {
    stack = createHome();
    await up(stack);
  }, 5 * MINUTES);

  afterAll(async () => {
    await stack.remove();
  }, MINUTES);

  it('is up, in the shape that scripts read', async () => {
    const { code, document } = await statusOf(stack);
    expect(code).toBe(0);
    expect(document).toMatchObject({
      temporal: { up: true, namespace: 'elbow', embedded: true },
      database: { up: true, embedded: true },
    });
    expect(document.temporal.address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await fetch(document.temporal.ui)).status).toBe(200);
    expect(document.database.url).toMatch(/^postgres(ql)?:\/\//);
    expect(document.workers).toHaveLength(1);
    expect(document.workers[0]).toMatchObject({ pool: 'default', busy: 0, version: expect.any(String) });
    expect(document.workers[0]!.slots).toBeGreaterThanOrEqual(1);
  });

  it('passes every check of doctor', async () => {
    const ended = await stack.elbow('doctor', '--json');
    const { ok, checks } = JSON.parse(ended.stdout) as {
      ok: boolean;
      checks: { name: string; state: string }[];
    };
    expect(checks.filter(({ state }) => state === 'fail')).toEqual([]);
    expect([ended.code, ok]).toEqual([0, true]);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'Node',
        'disk',
        'TensorFlow',
        'device',
        'ports',
        'Temporal',
        'Postgres',
        'workers',
      ]),
    );
  });

  it('listens on loopback only', () => {
    const processes = processesOf(stack).filter(({ line }) => TEMPORAL.test(line) || POSTMASTER.test(line));
    expect(processes).toHaveLength(2);
    const addresses = processes.flatMap(({ pid }) => listeningAddresses(pid));
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    for (const address of addresses) {
      expect(['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F']).toContain(
        address,
      );
    }
  });

  it('keeps its passwords to its owner', () => {
    expect(statSync(stackFiles.state(stack.home)).mode & 0o777).toBe(0o600);
    expect(statSync(join(stack.home, 'stack')).mode & 0o777).toBe(0o700);
    const lines = processesOf(stack).map(({ line }) => line);
    const { password, readerPassword } = stateOf(stack).postgres;
    for (const line of lines)
      for (const secret of [password, readerPassword]) expect(line).not.toContain(secret);
  });

  it('stays as it is when it is started twice more, at once', async () => {
    const before = processesOf(stack).map(({ pid }) => pid);
    const state = stateOf(stack);
    await Promise.all([up(stack), up(stack)]);
    expect(stateOf(stack)).toEqual(state);
    const roots = [TEMPORAL, WORKER, POSTMASTER].map((part) => count(stack, part));
    expect(roots).toEqual([1, 1, 1]);
    for (const file of [stackFiles.temporalPid, stackFiles.workerPid]) {
      expect(before).toContain(pidOf(file(stack.home)));
    }
  });

  it.each([
    ['Temporal', (home: string) => pidOf(stackFiles.temporalPid(home))],
    ['the worker', (home: string) => pidOf(stackFiles.workerPid(home))],
    [
      'Postgres',
      (home: string) =>
        Number(readFileSync(join(stackFiles.postgres(home), 'postmaster.pid'), 'utf8').split('\n')[0]),
    ],
  ])(
    'is brought back after %s was killed',
    async (_what, pid) => {
      const id = identify(pid(stack.home))!;
      process.kill(id.pid, 'SIGKILL');
      await until('it to end', () => !isRunning(id));
      expect((await statusOf(stack)).code).toBe(4);
      const state = stateOf(stack);
      await up(stack);
      expect((await statusOf(stack)).code).toBe(0);
      expect(stateOf(stack)).toEqual(state);
      expect([TEMPORAL, WORKER, POSTMASTER].map((part) => count(stack, part))).toEqual([1, 1, 1]);
    },
    2 * MINUTES,
  );

  it(
    'lends its servers to another home, in which then nothing is started',
    async () => {
      const { temporal } = (await statusOf(stack)).document;
      const other = createHome();
      try {
        Object.assign(other.env, {
          TEMPORAL_ADDRESS: temporal.address,
          DATABASE_URL: stateOf(stack).postgres.url,
        });
        await up(other);
        const { code, document } = await statusOf(other);
        expect(code).toBe(0);
        expect(document).toMatchObject({
          temporal: { up: true, address: temporal.address, embedded: false },
          database: { up: true, embedded: false },
        });
        expect(document.workers).toHaveLength(1);
        expect(processesOf(other)).toEqual([]);
        // And its `down` stops nothing of ours.
        expect((await other.elbow('down')).code).toBe(0);
        expect((await statusOf(stack)).code).toBe(0);
      } finally {
        await other.remove();
      }
    },
    2 * MINUTES,
  );

  it(
    'takes another port when somebody has taken its own, and says so',
    async () => {
      expect((await stack.elbow('down')).code).toBe(0);
      const before = stateOf(stack);
      const squatters = [before.temporal.port, before.postgres.port].map((port) =>
        createServer().listen(port, '127.0.0.1'),
      );
      try {
        await Promise.all(squatters.map((server) => once(server, 'listening')));
        const said = await up(stack);
        expect(said).toContain(`port ${before.temporal.port} of Temporal is taken by another program`);
        expect(said).toContain(`port ${before.postgres.port} of Postgres is taken by another program`);
        expect((await statusOf(stack)).code).toBe(0);
        const after = stateOf(stack);
        expect(after.temporal.port).not.toBe(before.temporal.port);
        expect(after.temporal.uiPort).toBe(before.temporal.uiPort);
        expect(after.postgres.port).not.toBe(before.postgres.port);
      } finally {
        for (const server of squatters) server.close();
      }
    },
    2 * MINUTES,
  );

  it(
    'is gone after down, and a pid that now belongs to somebody else is left alone',
    async () => {
      const bystander = spawn('/bin/sleep', ['1000']);
      try {
        const self = identify(bystander.pid!)!;
        expect((await stack.elbow('down')).code).toBe(0);
        expect(processesOf(stack)).toEqual([]);
        const stale = JSON.stringify({ ...self, startTicks: self.startTicks - 1 });
        for (const file of [stackFiles.workerPid, stackFiles.temporalPid])
          writeFileSync(file(stack.home), stale);
        const again = await stack.elbow('down');
        expect([again.code, again.stdout.trim()]).toEqual([0, 'nothing was running']);
        expect(isRunning(self)).toBe(true);
        const { code, document } = await statusOf(stack);
        expect(code).toBe(4);
        expect(document).toMatchObject({ temporal: { up: false }, database: { up: false }, workers: [] });
      } finally {
        bystander.kill('SIGKILL');
      }
    },
    MINUTES,
  );
});

describe('a stack that was broken off', () => {
  const stacks: TestHome[] = [];
  const fresh = (): TestHome => {
    const stack = createHome();
    stacks.push(stack);
    return stack;
  };

  afterEach(async () => {
    for (const stack of stacks.splice(0)) await stack.remove();
  }, MINUTES);

  it(
    'by kill -9 of the CLI, is stopped wholly by down and started by the next up',
    async () => {
      const stack = fresh();
      const { child, ended } = stack.start('up');
      await until('Temporal to be started', () => existsSync(stackFiles.temporalPid(stack.home)));
      child.kill('SIGKILL');
      await ended;
      expect(processesOf(stack).length).toBeGreaterThan(0);
      expect((await stack.elbow('down')).code).toBe(0);
      expect(processesOf(stack)).toEqual([]);
      await up(stack);
      expect((await statusOf(stack)).code).toBe(0);
    },
    3 * MINUTES,
  );

  it(
    'while Postgres was being set up, starts all the same',
    async () => {
      const stack = fresh();
      const folder = stackFiles.postgres(stack.home);
      mkdirSync(join(folder, 'base'), { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, 'PG_VERSION'), '18\n');
      await up(stack);
      expect((await statusOf(stack)).code).toBe(0);
    },
    3 * MINUTES,
  );
});
