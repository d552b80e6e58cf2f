/** Brings a database to the newest schema, and lets the reading role read it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ElbowError, messageOf } from '../errors.js';
import { packageRoot } from '../paths.js';
import { unreachable } from './connection-errors.js';
import { grantReading } from './roles.js';
import type { ReaderState } from './roles.js';
import { noFilters, withSchemaEngine } from './schema-engine.js';

/** Any number, the same in every elbow: one migrates at a time. */
const MIGRATION_LOCK = 7_265_141;

const folder = join(packageRoot, 'prisma', 'migrations');

/** The migrations of this elbow in the engine's own shape. */
function migrationList(): unknown {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'migration.sql')));
  const lockfile = join(folder, 'migration_lock.toml');
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(lockfile, 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(folder, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

/**
 * Applies the migrations that are missing, with Prisma's own engine and its table `_prisma_migrations`; safe to run
 * twice at once.
 * @throws ElbowError `database-unreachable`, `database-refused`, `database-schema`
 */
export async function migrate({
  url,
  note,
}: {
  url: string;
  note?: (line: string) => void;
}): Promise<{ applied: string[]; reader: ReaderState }> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (error) {
    throw unreachable(url, error);
  }
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const { appliedMigrationNames: applied } = await withSchemaEngine(url, (engine) =>
      engine.applyMigrations({ migrationsList: migrationList(), filters: noFilters }),
    );
    for (const name of applied) note?.(`applied migration ${name}`);
    return { applied, reader: await grantReading(client) };
  } catch (error) {
    throw new ElbowError(
      'database-schema',
      `the database cannot be brought to this elbow's schema: ${messageOf(error)}`,
      {
        hint: 'A newer elbow may have migrated it; `select * from _prisma_migrations` shows what was applied.',
        cause: error,
      },
    );
  } finally {
    // Ends the lock as well.
    await client.end();
  }
}
