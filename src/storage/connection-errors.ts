/** Which errors mean that Postgres is out of reach, and how they are told. */
import { ElbowError, messageOf } from '../errors.js';

/**
 * Socket errors of Node, Postgres' classes 08 (connection) and 57P (shutting down, starting up), and what it refuses for the
 * moment alone: too many connections, a deadlock.
 */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '53300',
  '53400',
  '40001',
  '40P01',
  // Prisma: cannot reach, timed out, connection closed.
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2034',
  'P2037',
]);
/** Prisma hands on what it has no code of its own for in the text of its message alone. */
const IN_PRISMA = /Code: `(08\w{3}|57P0[1-35]|53[34]00|40001|40P01)`/;
const MESSAGES =
  /Connection terminated|connection is closed|Client has encountered a connection error|timeout exceeded when trying to connect|Can't reach database server|the database system is (starting up|shutting down|in recovery mode)|Server has closed the connection/i;

/** Whether an error says that the connection failed, so that the same statement may work a moment later. */
export function isConnectionError(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && (CODES.has(code) || code.startsWith('08'))) return true;
    if (MESSAGES.test(at.message) || IN_PRISMA.test(at.message)) return true;
    if (at instanceof AggregateError && at.errors.some((one) => isConnectionError(one))) return true;
  }
  return false;
}

/** Postgres' undefined column, function and table, and Prisma's. */
const SCHEMA_CODES = new Set(['42703', '42883', '42P01', 'P2021', 'P2022']);

/** Whether an error says that the database is not as this elbow expects it. */
export const isSchemaError = (error: unknown): boolean =>
  error instanceof Error && SCHEMA_CODES.has(String((error as { code?: unknown }).code));

/** `database-schema`: another version of elbow has made the database, or none. */
export function otherSchema(url: string, cause: unknown): ElbowError {
  const { hostname, port, pathname } = parse(url);
  return new ElbowError(
    'database-schema',
    `the database ${pathname.slice(1)} at ${hostname}:${port || '5432'} has another schema version: ${reason(cause)}`,
    {
      hint: '`elbow up` brings the local one to this version, `elbow migrate` one of your own; where a newer elbow has been at work, use that.',
      cause,
    },
  );
}

/** Postgres' class 28 (no login), a database that is not there, and Prisma's own words for both. */
const REFUSALS = /^(28\w{3}|3D000|P1000|P1003|P1010)$/;

/** Whether Postgres answered, and let nobody in. */
export function isRefusal(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (REFUSALS.test(String((at as { code?: unknown }).code))) return true;
  }
  return false;
}

/** `database-unreachable`, or `database-refused` of one that answers; with host and port and never the password. */
export function unreachable(url: string, cause: unknown): ElbowError {
  const { hostname, port, pathname } = parse(url);
  if (isRefusal(cause)) {
    return new ElbowError(
      'database-refused',
      `Postgres at ${hostname}:${port || '5432'} refuses access: ${reason(cause)}`,
      {
        hint: 'See user, password and database in DATABASE_URL (and ELBOW_READER_URL); `elbow init` prepares the database and the role that reads.',
        cause,
      },
    );
  }
  return new ElbowError(
    'database-unreachable',
    `Postgres does not answer at ${hostname}:${port || '5432'} (database ${pathname.slice(1) || 'of the user'}): ${reason(cause)}`,
    {
      hint: 'For the local stack: `elbow up`. Otherwise check DATABASE_URL and that the server runs.',
      cause,
    },
  );
}

function parse(url: string): { hostname: string; port: string; pathname: string } {
  try {
    return new URL(url);
  } catch {
    return { hostname: '?', port: '', pathname: '' };
  }
}

function reason(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  return messageOf(cause);
}
