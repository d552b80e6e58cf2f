/** Which migrations a database has, against those this elbow brings. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../paths.js';

export interface SchemaCheck {
  /** Of the server, such as `18.4`. */
  readonly version: string;
  /** Migrations of this elbow that were not applied, in their order. */
  readonly missing: readonly string[];
  /** Migrations that were applied and that this elbow does not know: a newer one's. */
  readonly unknown: readonly string[];
}

/** Names of this elbow's migrations, in the order in which they are applied. */
export function migrationNames(): readonly string[] {
  const folder = join(packageRoot, 'prisma', 'migrations');
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    .sort();
}

/**
 * Reads Prisma's own table of migrations.
 * @throws what the driver throws when the server does not answer
 */
export async function checkSchema(url: string): Promise<SchemaCheck> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const version = await client.query<{ server_version: string }>('show server_version');
    const table = await client.query<{ name: string | null }>(
      "select to_regclass('public._prisma_migrations') as name",
    );
    const applied = table.rows[0]?.name
      ? await client.query<{ name: string }>(
          'select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null',
        )
      : { rows: [] };
    const names = migrationNames();
    const there = new Set(applied.rows.map(({ name }) => name));
    return {
      version: version.rows[0]?.server_version.split(' ')[0] ?? 'unknown',
      missing: names.filter((name) => !there.has(name)),
      unknown: [...there].filter((name) => !names.includes(name)),
    };
  } finally {
    await client.end();
  }
}
