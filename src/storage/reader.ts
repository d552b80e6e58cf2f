/** SQL of users: one statement, read only, bounded in time. */
import pg from 'pg';
import { ElbowError, messageOf } from '../errors.js';
import { isConnectionError, unreachable } from './connection-errors.js';
import { READER_ROLE, mayBecomeReader } from './roles.js';
import { expectReading } from './statement.js';
import type { QueryResult, QueryRunner } from './storage.js';

const STATEMENT_TIMEOUT_MS = 30_000;
/** Postgres' type numbers that come as strings and are numbers: int8, numeric. */
const NUMBERS = new Set([20, 1700]);
const BYTEA = 17;
const VIEWS = 'trial_results, learning_curve, epoch_metrics, class_accuracy, attempts and failures';

export interface ReaderOptions {
  readonly url: string;
  /** Of the role that can only read; null where elbow does not know its password. */
  readonly readerUrl: string | null;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) => {
    const number = id as number;
    if (NUMBERS.has(number)) return (value: string | Buffer) => Number(value.toString());
    // As Postgres writes it: bytes have no place in JSON.
    if (number === BYTEA) return (value: string | Buffer) => value.toString();
    return pg.types.getTypeParser(id, format) as (value: string | Buffer) => unknown;
  },
};

/** Opens a connection that can only read. @throws ElbowError `database-unreachable`, `database-refused` */
export async function connectReader({ url, readerUrl }: ReaderOptions): Promise<QueryRunner> {
  const address = readerUrl ?? url;
  const client = new pg.Client({ connectionString: address, types });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw unreachable(address, error);
  }
  return {
    query: (sql) => runReadOnly(client, sql, { address, mustChangeRole: readerUrl === null }),
    close: () => client.end(),
  };
}

/**
 * Runs one statement in a transaction that cannot write and is rolled back. The extended protocol takes a single
 * statement only, so nothing can end the transaction before the user's own text.
 */
async function runReadOnly(
  client: pg.Client,
  sql: string,
  options: { address: string; mustChangeRole: boolean },
): Promise<QueryResult> {
  expectReading(sql);
  try {
    await client.query('begin transaction read only');
    await client.query(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    if (options.mustChangeRole) {
      const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [READER_ROLE]);
      // One that this user may not step into is of no use here; the transaction cannot write all the same.
      if (rowCount === 1 && (await mayBecomeReader(client))) {
        await client.query(`set local role ${READER_ROLE}`);
      }
    }
    // The driver knows `queryMode`, its types do not yet.
    const statement: pg.QueryConfig & { queryMode: 'extended' } = { text: sql, queryMode: 'extended' };
    const result = await client.query<Record<string, unknown>>(statement);
    return { columns: result.fields.map((field) => field.name), rows: result.rows.map(plain) };
  } catch (error) {
    if (isConnectionError(error)) throw unreachable(options.address, error);
    throw refused(sql, error);
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

/** Dates as ISO strings; NaN and infinities, which JSON does not know, as null. */
function plain(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (value instanceof Date) return [name, value.toISOString()];
      if (typeof value === 'number' && !Number.isFinite(value)) return [name, null];
      return [name, value];
    }),
  );
}

function refused(sql: string, error: unknown): ElbowError {
  const { code, position, hint } = error as { code?: string; position?: string; hint?: string };
  const where = position === undefined ? undefined : placeOf(sql, Number(position));
  const isWrite = code === '25006' || code === '42501';
  const advice = isWrite
    ? 'Queries can only read; sweeps change through `elbow run`, `rerun`, `cancel` and `rm`.'
    : code === '57014'
      ? `A query may take ${STATEMENT_TIMEOUT_MS / 1000} s.`
      : (hint ?? `The views are ${VIEWS}.`);
  return new ElbowError('query-failed', `Postgres refused the query: ${messageOf(error)}`, {
    hint: advice,
    cause: error,
    ...(where ? { where } : {}),
  });
}

/** Line and column of a character position, both from 1. */
function placeOf(sql: string, position: number): { line: number; column: number } {
  const before = sql.slice(0, position - 1).split('\n');
  return { line: before.length, column: before[before.length - 1]!.length + 1 };
}
