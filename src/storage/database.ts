/** The two ways to one Postgres: Prisma for rows, the driver itself for bulk writes and the views. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import {
  isConnectionError,
  isRefusal,
  isSchemaError,
  otherSchema,
  unreachable,
} from './connection-errors.js';
import type { PrismaClient } from './generated/client.js';

const CONNECT_LIMIT_MS = 10_000;
const POOL_SIZE = 10;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

export interface Database {
  /** Opened when it is first asked for: loading it takes a quarter of a second, and reading goes without. */
  prisma(): Promise<PrismaClient>;
  readonly pool: pg.Pool;
  readonly url: string;
  /** Runs work again after the connection failed, until `retryForMs` have passed; the work must be idempotent. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /** Runs statements on one connection in one transaction. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Big integers that counts give fit into a double here; Postgres' driver would hand out strings. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) => {
    // int8: the parser is asked for by Postgres' type number, which the driver's types do not list completely.
    if ((id as number) === 20) return (value: string | Buffer) => Number(value.toString());
    return pg.types.getTypeParser(id, format) as (value: string | Buffer) => unknown;
  },
};

async function openPrisma(url: string): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('./generated/client.js'),
  ]);
  const noop = (): void => undefined;
  return new PrismaClient({
    adapter: new PrismaPg(
      { connectionString: url, max: POOL_SIZE, connectionTimeoutMillis: CONNECT_LIMIT_MS },
      { schema: 'public', onPoolError: noop, onConnectionError: noop },
    ),
  });
}

/** Opens pools; connects only when something is asked. */
export function openDatabase(url: string, retryForMs: number): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    types,
  });
  // An idle connection that the server closed; the next statement opens another.
  pool.on('error', () => undefined);
  let prisma: Promise<PrismaClient> | undefined;
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = performance.now() + retryForMs;
    for (let waitMs = FIRST_PAUSE_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        if (isSchemaError(error)) throw otherSchema(url, error);
        if (isRefusal(error)) throw unreachable(url, error);
        if (!isConnectionError(error)) throw error;
        if (performance.now() + waitMs > end) throw unreachable(url, error);
        await pause(waitMs);
      }
    }
  };
  return {
    prisma: () => (prisma ??= openPrisma(url)),
    pool,
    url,
    attempt,
    transaction: (work) =>
      attempt(async () => {
        const client = await pool.connect();
        // Without a listener, a connection that breaks between two statements would end the process.
        let broken: Error | undefined;
        const onError = (error: Error): void => void (broken = error);
        client.on('error', onError);
        try {
          await client.query('begin');
          const result = await work(client);
          await client.query('commit');
          return result;
        } catch (error) {
          await client.query('rollback').catch((failure: Error) => void (broken = failure));
          throw error;
        } finally {
          client.off('error', onError);
          client.release(broken);
        }
      }),
    close: async () => {
      await Promise.allSettled([prisma?.then((client) => client.$disconnect()), pool.end()]);
    },
  };
}
