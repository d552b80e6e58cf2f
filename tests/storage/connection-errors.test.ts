import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectStorage } from '../../src/storage/index.js';
import { startTestPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { isConnectionError } from '../../src/storage/connection-errors.js';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

it.each([
  ['a socket', coded('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED')],
  ['Postgres, which is going down', coded('terminating connection due to administrator command', '57P01')],
  // As Prisma 7.10 tells it while Postgres comes back from a crash; found by a chaos run.
  [
    'Prisma, which has no code for it',
    coded(
      'Database error. Code: `57P03`. Message: `the database system is not yet accepting connections`',
      'P2039',
    ),
  ],
  ['Postgres, which has no connection left', coded('sorry, too many clients already', '53300')],
  ['a deadlock, which the next try does not meet', coded('deadlock detected', '40P01')],
  ['what caused it', new Error('the query failed', { cause: coded('read ECONNRESET', 'ECONNRESET') })],
  ['several at once', new AggregateError([new Error('x'), coded('x', 'EHOSTUNREACH')])],
])('a connection error is known by %s', (_by, error) => {
  expect(isConnectionError(error)).toBe(true);
});

it.each([
  ['a wrong statement', coded('syntax error', '42601')],
  ['a row that is there', coded('Unique constraint failed', 'P2002')],
  ['a text that is thrown', 'ECONNREFUSED'],
])('%s is none', (_what, error) => {
  expect(isConnectionError(error)).toBe(false);
});

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  await server.remove();
});

it('a database that no elbow of this version has prepared is told from a defect', async () => {
  const empty = server.server.url.replace(/elbow$/, 'postgres');
  const storage = await connectStorage({ url: empty });
  try {
    for (const ask of [
      () => storage.listSweeps(),
      () => storage.workers(1_000),
      () => storage.findSweep('x'),
    ]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'database-schema',
        message: expect.stringMatching(
          /^the database postgres at 127\.0\.0\.1:\d+ has another schema version/,
        ),
        hint: expect.stringContaining('elbow migrate'),
      });
    }
  } finally {
    await storage.close();
  }
});

it('a login that Postgres refuses is no defect of elbow, and tells no password', async () => {
  const postgres = await startTestPostgres();
  try {
    const wrong = [
      postgres.server.url.replace(':test@', ':s3cret@'),
      postgres.server.url.replace(/elbow$/, 'nowhere'),
    ];
    for (const url of wrong) {
      const error: unknown = await connectStorage({ url }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'database-refused', exitCode: 4 });
      expect((error as Error).message).toMatch(/refuses access: .*(password authentication|does not exist)/);
      expect((error as Error).message).not.toContain('s3cret');
    }
  } finally {
    await postgres.remove();
  }
});
