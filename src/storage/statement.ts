/** Which SQL of users is run at all. Pure. */
import { ElbowError } from '../errors.js';

const READING = ['SELECT', 'WITH', 'VALUES', 'TABLE', 'SHOW', 'EXPLAIN'];
/** Spaces, comments and opening brackets before the first word; a block comment ends at its first end, which is enough here. */
const BEFORE = /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*/;

/**
 * Postgres itself lets no statement write here; but COPY … TO PROGRAM, DO, SET and LISTEN are no writing to it, and nobody asks
 * results with them.
 * @throws ElbowError `query-failed`
 */
export function expectReading(sql: string): void {
  const rest = sql.slice(BEFORE.exec(sql)![0].length);
  const word = /^\w+/.exec(rest)?.[0].toUpperCase();
  if (word !== undefined && READING.includes(word)) return;
  throw new ElbowError(
    'query-failed',
    `expected a statement that begins with one of ${READING.join(', ')}, got ${word ?? JSON.stringify(rest.slice(0, 20))}`,
    { hint: 'Queries can only read; sweeps change through `elbow run`, `rerun`, `cancel` and `rm`.' },
  );
}
