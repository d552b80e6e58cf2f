/** Checks of the database from where this runs: reached, schema, rights, the role that reads, the clocks. */
import { messageOf } from '../errors.js';
import type { DatabaseFacts, ReaderFacts } from '../storage/index.js';
import { fail, ok, warn } from './checks.js';
import type { Check } from './checks.js';
import { redact } from './database-address.js';
import type { DatabaseConnection } from './connections.js';
import { checkSchema } from './schema-check.js';
import type { ServerStatus } from './status.js';

/** Lines of logs are ordered by the clock of their machine; seconds apart they mislead. */
const CLOCK_LIMIT_MS = 2_000;

/** @param connection null for a local server that does not run */
export async function checkDatabase(
  connection: DatabaseConnection | null,
  status: ServerStatus,
): Promise<readonly Check[]> {
  const hint = status.embedded
    ? '`elbow up` starts it and brings its schema up to date.'
    : 'See DATABASE_URL, and that this machine reaches that host and port; `elbow init` brings the schema up to date.';
  if (connection === null) return [fail('Postgres', `local server: ${status.problem}`, hint)];
  // The address that is asked, which is not that of the reading role.
  const shown = redact(connection.url);
  try {
    const schema = await checkSchema(connection.url);
    const reached = ok('Postgres', `${shown}, version ${schema.version}`);
    if (schema.unknown.length > 0) {
      const found = `expected this elbow's; it is a newer elbow's, with ${schema.unknown.join(', ')}`;
      return [reached, fail('schema', found, 'Use that elbow, or another database.')];
    }
    if (schema.missing.length > 0) {
      return [reached, fail('schema', `migrations missing: ${schema.missing.join(', ')}`, hint)];
    }
    return [reached, ok('schema', 'up to date'), ...(await checkRoles(connection))];
  } catch (error) {
    return [fail('Postgres', `expected an answer of ${shown}: ${messageOf(error)}`, hint)];
  }
}

async function checkRoles(connection: DatabaseConnection): Promise<readonly Check[]> {
  const { inspectDatabase } = await import('../storage/index.js');
  const facts = await inspectDatabase(connection.url, connection.readerUrl);
  const { user, forbidden, reader, clock } = facts;
  const rights =
    forbidden.length === 0
      ? ok('rights', `${user} reads and writes elbow's tables`)
      : fail(
          'rights',
          `${user} may not read and write ${forbidden.join(', ')}`,
          `Their owner grants it: \`grant select, insert, update, delete on all tables in schema public to ${user}\`.`,
        );
  return [rights, readerCheck(reader, connection, user), clockCheck(clock)];
}

function readerCheck(reader: ReaderFacts, { readerUrl }: DatabaseConnection, user: string): Check {
  const name = 'reading role';
  const again = 'Run `elbow init` as a user who may make roles.';
  if (!reader.isThere) {
    const found = 'elbow_reader is not there; `elbow query` reads in a transaction that cannot write';
    return warn(name, found, again);
  }
  if (reader.writable.length > 0) {
    const found = `expected elbow_reader to change nothing; it may change ${reader.writable.join(', ')}`;
    return fail(
      name,
      found,
      'Revoke that: `revoke insert, update, delete, truncate on all tables in schema public from elbow_reader`.',
    );
  }
  if (reader.unreadable.length > 0) {
    return fail(name, `elbow_reader may not read ${reader.unreadable.join(', ')}`, '`elbow init` grants it.');
  }
  if (reader.loginProblem) {
    const found = `${redact(readerUrl ?? '')} does not connect: ${reader.loginProblem}`;
    return fail(name, found, `See ELBOW_READER_URL. ${again}`);
  }
  if (reader.loginProblem === null && !reader.isUsable) {
    const found = `elbow_reader is there, but ${user} may not step into it; queries run under ${user} in a transaction that cannot write`;
    return warn(name, found, `Its maker grants it: \`grant elbow_reader to ${user}\`.`);
  }
  return ok(name, `elbow_reader reads and cannot write${reader.loginProblem === '' ? ', and logs in' : ''}`);
}

function clockCheck({ aheadMs, uncertainMs }: DatabaseFacts['clock']): Check {
  const ahead = Math.round(aheadMs);
  const found = `${Math.abs(ahead)} ms ${ahead < 0 ? 'behind' : 'ahead of'} Postgres', ±${Math.ceil(uncertainMs)} ms`;
  if (Math.abs(aheadMs) - uncertainMs <= CLOCK_LIMIT_MS) return ok('clock', found);
  return warn(
    'clock',
    `expected within ${CLOCK_LIMIT_MS / 1000} s of Postgres' clock: this machine is ${found}`,
    'Set both by NTP (`timedatectl`). Results do not depend on it; the order of log lines and certificates do.',
  );
}
