/** What `elbow doctor` asks of a database beside its schema: the clock, and what the roles may do. Changes nothing. */
import pg from 'pg';
import { messageOf } from '../errors.js';
import { READER_ROLE, mayBecomeReader } from './roles.js';

const CONNECT_LIMIT_MS = 5_000;
/** Questions to the clock; the quickest answer tells most. */
const CLOCK_QUESTIONS = 5;
const VIEWS = [
  'trial_results',
  'learning_curve',
  'epoch_metrics',
  'class_accuracy',
  'attempts',
  'failures',
] as const;

export interface ReaderFacts {
  readonly isThere: boolean;
  /** Whether `elbow query` may step into it from the user of the database. */
  readonly isUsable: boolean;
  /** Views that it may not read. */
  readonly unreadable: readonly string[];
  /** Tables that it may change; none, unless somebody has granted it more. */
  readonly writable: readonly string[];
  /** Of the address of its own: null where there is none, else why it does not connect, or '' where it does. */
  readonly loginProblem: string | null;
}

export interface DatabaseFacts {
  readonly user: string;
  /** Tables that the user may not read and write; workers need all. */
  readonly forbidden: readonly string[];
  readonly reader: ReaderFacts;
  /** This machine's clock minus the server's, in milliseconds, and how far off that may be. */
  readonly clock: { readonly aheadMs: number; readonly uncertainMs: number };
}

/**
 * @param readerUrl of the role that can only read; null where the settings name none
 * @throws what the driver throws when the server does not answer
 */
export async function inspectDatabase(url: string, readerUrl: string | null): Promise<DatabaseFacts> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  await client.connect();
  try {
    const { rows } = await client.query<{ user: string }>('select current_user::text as user');
    const tables = await client.query<{ name: string; isOpen: boolean }>(
      `select c.relname as name, has_table_privilege(c.oid, 'SELECT') and has_table_privilege(c.oid, 'INSERT')
         and has_table_privilege(c.oid, 'UPDATE') and has_table_privilege(c.oid, 'DELETE') as "isOpen"
       from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
         and c.relname <> '_prisma_migrations' order by 1`,
    );
    return {
      user: rows[0]!.user,
      forbidden: tables.rows.filter(({ isOpen }) => !isOpen).map(({ name }) => name),
      reader: await inspectReader(client, readerUrl),
      clock: await readClock(client),
    };
  } finally {
    await client.end();
  }
}

async function inspectReader(client: pg.Client, readerUrl: string | null): Promise<ReaderFacts> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [READER_ROLE]);
  const loginProblem = readerUrl === null ? null : await tryLogin(readerUrl);
  if (rowCount !== 1) {
    return { isThere: false, isUsable: false, unreadable: [], writable: [], loginProblem };
  }
  const unreadable = await client.query<{ name: string }>(
    `select name from unnest($2::text[]) as name
     where to_regclass(name) is not null and not has_table_privilege($1, name, 'SELECT')`,
    [READER_ROLE, VIEWS],
  );
  const writable = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
       and (has_table_privilege($1, c.oid, 'INSERT') or has_table_privilege($1, c.oid, 'UPDATE')
         or has_table_privilege($1, c.oid, 'DELETE') or has_table_privilege($1, c.oid, 'TRUNCATE')) order by 1`,
    [READER_ROLE],
  );
  return {
    isThere: true,
    isUsable: await mayBecomeReader(client),
    unreadable: unreadable.rows.map(({ name }) => name),
    writable: writable.rows.map(({ name }) => name),
    loginProblem,
  };
}

/** @returns why the address does not connect; '' where it does */
async function tryLogin(readerUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: readerUrl, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  try {
    await client.connect();
    return '';
  } catch (error) {
    return messageOf(error) || 'it does not connect';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** As NTP does: the server's time is taken for that of half of the way there and back. */
async function readClock(client: pg.Client): Promise<DatabaseFacts['clock']> {
  let best = { aheadMs: 0, uncertainMs: Infinity };
  for (let i = 0; i < CLOCK_QUESTIONS; i++) {
    const asked = performance.now();
    const { rows } = await client.query<{ ms: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
    );
    const uncertainMs = (performance.now() - asked) / 2;
    if (uncertainMs < best.uncertainMs) {
      best = { aheadMs: Date.now() - uncertainMs - rows[0]!.ms, uncertainMs };
    }
  }
  return best;
}
