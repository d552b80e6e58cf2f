/** The role that can only read: made, bound to reading, and given a password where the settings name one. */
import pg from 'pg';
import { ElbowError, messageOf } from '../errors.js';
import { scramVerifier } from '../scram.js';
import { unreachable } from './connection-errors.js';

/** The role of `elbow query`; it may read everything and change nothing. */
export const READER_ROLE = 'elbow_reader';
const STATEMENT_TIMEOUT = '30s';

/**
 * How the role stands after a migration: `ready` to be used by `elbow query`; `foreign`: it is there and reads, but this
 * user may not step into it; `missing`: this user may not make it. Queries then run in a transaction that cannot write.
 */
export type ReaderState = 'ready' | 'foreign' | 'missing';

interface Rights {
  readonly mayMake: boolean;
  readonly isThere: boolean;
}

async function rightsOf(client: pg.Client): Promise<Rights> {
  const { rows } = await client.query<Rights>(
    `select rolsuper or rolcreaterole as "mayMake",
       exists (select 1 from pg_roles where rolname = $1) as "isThere"
     from pg_roles where rolname = current_user`,
    [READER_ROLE],
  );
  return rows[0] ?? { mayMake: false, isThere: false };
}

/** Whether the connected user may `set role elbow_reader`; the role exists. */
export async function mayBecomeReader(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    "select pg_has_role(current_user, $1, 'MEMBER') as may",
    [READER_ROLE],
  );
  return rows[0]?.may === true;
}

/**
 * The reading role: made where the user may make roles, and bound to reading. Where it cannot be made, `elbow query`
 * still runs in a transaction that cannot write.
 */
export async function grantReading(client: pg.Client): Promise<ReaderState> {
  const { mayMake, isThere } = await rightsOf(client);
  if (!isThere) {
    if (!mayMake) return 'missing';
    await client.query(`create role ${READER_ROLE} nologin`);
    await client.query(`grant ${READER_ROLE} to current_user`);
  }
  // A role that somebody else has made is theirs to change: since Postgres 16 that takes more than making roles.
  if (mayMake) await tolerate(client, `alter role ${READER_ROLE} set default_transaction_read_only = on`);
  if (mayMake)
    await tolerate(client, `alter role ${READER_ROLE} set statement_timeout = '${STATEMENT_TIMEOUT}'`);
  await client.query(`grant usage on schema public to ${READER_ROLE}`);
  await client.query(`grant select on all tables in schema public to ${READER_ROLE}`);
  await client.query(`revoke all on _prisma_migrations from ${READER_ROLE}`);
  return (await mayBecomeReader(client)) ? 'ready' : 'foreign';
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** Runs what is good to have; a refusal for lack of rights is none of elbow's business. */
async function tolerate(client: pg.Client, sql: string): Promise<void> {
  await client.query(sql).catch((error: unknown) => {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
  });
}

/** What came of giving the reading role its password: `other` is a role of somebody else's name, left alone. */
export type ReaderLogin = 'set' | 'other' | 'refused';

/**
 * Lets the reading role log in with the password of `readerUrl`. May be repeated.
 * @param url of a user who may make roles
 * @throws ElbowError `database-unreachable`, `database-refused`, `usage` where the address has no password
 */
export async function setReaderLogin(url: string, readerUrl: string): Promise<ReaderLogin> {
  const { username, password } = new URL(readerUrl);
  if (decodeURIComponent(username) !== READER_ROLE) return 'other';
  if (password === '') {
    throw new ElbowError('usage', 'ELBOW_READER_URL has no password', {
      hint: `It is postgresql://${READER_ROLE}:PASSWORD@HOST/DATABASE; \`elbow init\` gives the role that password.`,
    });
  }
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (error) {
    throw unreachable(url, error);
  }
  try {
    const literal = pg.escapeLiteral(scramVerifier(decodeURIComponent(password)));
    await client.query(`alter role ${READER_ROLE} login password ${literal}`);
    return 'set';
  } catch (error) {
    if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return 'refused';
    throw new ElbowError(
      'database-schema',
      `the role ${READER_ROLE} cannot be prepared: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    await client.end();
  }
}
