/** A real Postgres for tests: one server a test file, one database a test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { isPostgresUp, startPostgres, stopPostgres } from '../../src/stack/postgres.js';
import type { PostgresServer } from '../../src/stack/postgres.js';
import { choosePort } from '../../src/stack/ports.js';
import { migrate } from '../../src/storage/index.js';

export interface TestPostgres {
  readonly server: PostgresServer;
  readonly folder: string;
  /** A database of its own with the newest schema, cloned from a template. */
  database(): Promise<{ url: string; readerUrl: string }>;
  /** Starts the server again after a test has killed it. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** @param passwords of the owner and of the role that reads */
export async function startTestPostgres(
  passwords: { readonly password: string; readonly readerPassword: string } = {
    password: 'test',
    readerPassword: 'reader',
  },
): Promise<TestPostgres> {
  const outer = mkdtempSync(join(tmpdir(), 'elbow-postgres-'));
  const folder = join(outer, 'data');
  const options = {
    folder,
    port: await choosePort(new Set()),
    ...passwords,
    env: process.env,
    signal: new AbortController().signal,
    note: () => undefined,
  };
  const server = await startPostgres(options);
  await migrate({ url: server.url });
  let count = 0;
  return {
    server,
    folder,
    database: async () => {
      const name = `test_${++count}`;
      const admin = new pg.Client({ connectionString: server.url.replace(/\/elbow$/, '/postgres') });
      await admin.connect();
      try {
        await admin.query(`create database ${name} template elbow`);
      } finally {
        await admin.end();
      }
      const named = (url: string): string => url.replace(/\/elbow$/, `/${name}`);
      return { url: named(server.url), readerUrl: named(server.readerUrl) };
    },
    restart: async () => {
      await startPostgres(options);
    },
    remove: async () => {
      if (await isPostgresUp({ folder })) await stopPostgres({ folder, mode: 'immediate' });
      rmSync(outer, { recursive: true, force: true });
    },
  };
}
