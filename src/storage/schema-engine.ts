/**
 * Prisma's own schema engine as WebAssembly. Its command line would download a native engine, which many machines
 * cannot; this one is an npm package.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as background from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { packageRoot } from '../paths.js';

/** The calls elbow makes, in the engine's own JSON shapes. */
export interface SchemaEngine {
  applyMigrations(input: unknown): Promise<{ appliedMigrationNames: string[] }>;
  diff(input: unknown): Promise<{ exitCode: number; stdout: string | null }>;
}

/** Prisma's schema of elbow's tables. */
export const schemaFile = join(packageRoot, 'prisma', 'schema.prisma');

/** No tables or enums are managed outside of Prisma. */
export const noFilters = { externalTables: [], externalEnums: [] };

interface Background {
  __wbg_set_wasm(exports: WebAssembly.Exports): void;
  SchemaEngine: {
    new: (
      options: { datamodels: readonly unknown[] },
      log: () => void,
      adapter: unknown,
    ) => Promise<SchemaEngine>;
  };
}

/** Migrations take moments; the engine never answers after a panic. */
const ENGINE_LIMIT_MS = 300_000;

let isLoaded = false;

/** The engine hands the reason of a panic to a global of this name before it traps. */
const panics = { set_message: (message: string): void => void (lastPanic = message) };
let lastPanic = '';
Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: panics });

/** Hands the engine, opened on a database, to some work, and closes its connections behind it. */
export async function withSchemaEngine<T>(
  url: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  // The package's types describe its bundled entry; this is the module behind it.
  const engine = background as unknown as Background;
  if (!isLoaded) {
    const require = createRequire(import.meta.url);
    const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
    const module = await WebAssembly.compile(readFileSync(path));
    // The imports are the functions of that module, by name.
    const imports = { './schema_engine_bg.js': background } as unknown as WebAssembly.Imports;
    const { exports } = await WebAssembly.instantiate(module, imports);
    engine.__wbg_set_wasm(exports);
    // Fills the table of JavaScript values; without it, values arrive as others of their neighbours.
    (exports['__wbindgen_start'] as () => void)();
    isLoaded = true;
  }
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined);
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool, { schema: 'public' }));
    const datamodels = [[schemaFile, readFileSync(schemaFile, 'utf8')]];
    return await answered(
      engine.SchemaEngine.new({ datamodels }, () => undefined, adapter).then((opened) => work(opened)),
    );
  } finally {
    await pool.end();
  }
}

/** What the engine never answers is an error all the same. */
async function answered<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(lastPanic || 'the schema engine does not answer')),
      ENGINE_LIMIT_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
