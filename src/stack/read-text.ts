import { readFileSync } from 'node:fs';

/** What stands in a small text file; empty where there is none. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
