import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adviceOf, asElbowError, ElbowError, ERROR_CODES, OWN_TRIES, retryOf } from '../src/errors.js';
import type { ErrorCode } from '../src/errors.js';
import { packageRoot } from '../src/paths.js';

const [table = '', failures = ''] = readFileSync(join(packageRoot, 'docs', 'errors.md'), 'utf8').split(
  '## When a trial fails',
);

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

  it('of trials say in docs/errors.md what is tried again, as it is', () => {
    const rows = [...failures.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, code, rest]) => [
      code!,
      rest!.split('|').map((cell) => cell.trim()),
    ]);
    const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => adviceOf(code) !== null);
    const coded = codes.map((code) => {
      const retry = retryOf(code);
      if (retry === null) return [code, ['1', '', '', '', adviceOf(code)]];
      const { tries, pause, machine } = retry;
      const triesText = tries === 'own' ? `${OWN_TRIES} in all` : `${tries ?? 'without limit'}`;
      const pauses = `${pause[0]} s, at most ${pause[1]} s`;
      return [code, [triesText, tries === 'own' ? 'yes' : 'no', pauses, machine, adviceOf(code)]];
    });
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(coded));
    const isTried = (code: ErrorCode): boolean => retryOf(code) !== null;
    expect(codes.filter(isTried).every((code) => code === 'bug' || ERROR_CODES[code].retryable)).toBe(true);
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
