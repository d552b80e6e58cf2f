import { ElbowError } from './errors.js';

/**
 * An entry of a table of things that have names in sweep files.
 * @param what such as "optimizer"
 * @throws ElbowError `usage` with the names there are
 */
export function named<T>(table: Readonly<Record<string, T>>, what: string, name: string): T {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry !== undefined) return entry;
  throw new ElbowError('usage', `there is no ${what} ${name}; there are ${Object.keys(table).join(', ')}`);
}
