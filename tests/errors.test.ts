import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asElbowError, ElbowError, ERROR_CODES } from '../src/errors.js';
import { packageRoot } from '../src/paths.js';

const table = readFileSync(join(packageRoot, 'docs', 'errors.md'), 'utf8');

/** Rows `| code | exit | retry | meaning |` of the docs. */
const documented = new Map(
  [...table.matchAll(/^\| `([a-z-]+)` \| (\d+) \| (yes|no) \| (.+) \|$/gm)].map((row) => [
    row[1]!,
    row.slice(2, 5),
  ]),
);

describe('error codes', () => {
  it('are the same in the code and in docs/errors.md', () => {
    const coded = Object.entries(ERROR_CODES).map(([code, entry]) => [
      code,
      [String(entry.exit), entry.retryable ? 'yes' : 'no', entry.meaning],
    ]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(coded));
  });

  it('keep an ElbowError as it is and give anything else the fallback code and its cause', () => {
    const known = new ElbowError('usage', 'expected a number, got "ten"');
    expect(asElbowError(known)).toBe(known);
    const cause = new TypeError('x is not a function');
    const unknown = asElbowError(cause);
    expect(unknown.code).toBe('bug');
    expect(unknown.cause).toBe(cause);
    expect(asElbowError('text', 'trainer-crashed').message).toBe('text');
  });
});
