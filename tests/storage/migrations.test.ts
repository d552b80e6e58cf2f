import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { connectStorage, migrate } from '../../src/storage/index.js';
import { noFilters, schemaFile, withSchemaEngine } from '../../src/storage/schema-engine.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let server: TestPostgres;
const folder = join(packageRoot, 'prisma', 'migrations');
const names = readdirSync(folder).filter((name) => /^\d/.test(name));

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  await server.remove();
});

/** Rows of a statement in a database. */
async function rowsOf(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Columns, keys and indexes of a database's tables, as text. Views, checks and indexes of some of the rows are SQL that
 * Prisma does not know.
 */
async function shapeOf(url: string): Promise<string[]> {
  const rows = await rowsOf(
    url,
    `select format('%s.%s %s %s %s', table_name, column_name, udt_name, is_nullable, column_default) as line
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> '_prisma_migrations'
     union all
     select indexdef from pg_indexes
     where schemaname = 'public' and tablename <> '_prisma_migrations' and indexdef not like '% WHERE %'
     union all
     select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
     where contype in ('p', 'f', 'u') and connamespace = 'public'::regnamespace
       and conrelid::regclass::text <> '_prisma_migrations'
     order by 1`,
  );
  // Two rows of null must not be two trials, and indexes carry further columns; Prisma's schema has no word for either.
  return rows.map((row) => String(row['line']).replace(/ NULLS NOT DISTINCT| INCLUDE \([^)]*\)/, ''));
}

/** The shape of a database that is made from a Prisma schema alone. */
async function shapeFrom(schema: string, name: string): Promise<string[]> {
  await rowsOf(server.server.url, `create database ${name}`);
  const url = server.server.url.replace(/elbow$/, name);
  const { stdout } = await withSchemaEngine(url, (engine) =>
    engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files: [{ path: schemaFile, content: schema }] },
      script: true,
      exitCode: null,
      filters: noFilters,
    }),
  );
  await rowsOf(url, stdout ?? '');
  return shapeOf(url);
}

describe('migrations', () => {
  it('are what schema.prisma says, and a change of it without a migration is noticed', async () => {
    const schema = readFileSync(schemaFile, 'utf8');
    const migrated = await shapeOf((await server.database()).url);
    expect(migrated.length).toBeGreaterThan(50);
    expect(await shapeFrom(schema, 'from_schema')).toEqual(migrated);
    const changed = schema.replace('  host       String\n', '  host       String\n  rack       String?\n');
    expect(changed).not.toBe(schema);
    expect(await shapeFrom(changed, 'from_changed')).not.toEqual(migrated);
  });

  it('stand in _prisma_migrations with the digest of their text', async () => {
    const { url } = await server.database();
    const rows = await rowsOf(
      url,
      'select migration_name, checksum, finished_at is not null as done from _prisma_migrations order by 1',
    );
    expect(rows).toEqual(
      names.sort().map((name) => ({
        migration_name: name,
        checksum: createHash('sha256')
          .update(readFileSync(join(folder, name, 'migration.sql')))
          .digest('hex'),
        done: true,
      })),
    );
  });

  it('are applied once, also by many at the same moment', async () => {
    const { url } = server.server;
    const fresh = url.replace(/elbow$/, 'fresh');
    await rowsOf(url, 'create database fresh');
    const applied = await Promise.all([1, 2, 3].map(() => migrate({ url: fresh })));
    expect(applied.flatMap((one) => one.applied).sort()).toEqual(names.sort());
    expect(await migrate({ url: fresh })).toEqual({ applied: [], reader: 'ready' });
    // Artifacts of two databases stand beside each other under these.
    const storages = await Promise.all([url, fresh].map((each) => connectStorage({ url: each })));
    const [one, other] = await Promise.all(storages.map((storage) => storage.databaseId()));
    expect(one).not.toBe(other);
    await Promise.all(storages.map((storage) => storage.close()));
  });

  it('say which server does not answer, and not its password', async () => {
    const attempt = migrate({ url: 'postgresql://me:s3cret@127.0.0.1:9/elbow' });
    await expect(attempt).rejects.toMatchObject({ code: 'database-unreachable' });
    await expect(attempt).rejects.toThrow(/127\.0\.0\.1:9/);
    await expect(attempt).rejects.not.toThrow(/s3cret/);
  });
});
