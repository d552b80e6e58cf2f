/**
 * Run on a host: prints a line of JSON whenever an attempt of a sweep changes, with the time in milliseconds. A client that
 * stays connected sees within a tenth of a second what `elbow query` would see within one.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../build.mjs';

const pg = createRequire(join(root, 'package.json'))('pg');
const client = new pg.Client({ connectionString: process.env.ELBOW_READER_URL });
await client.connect();
const SQL = `
  select s.name as sweep, t.number as trial, a.attempt, a.status, a.lease, a.host,
    (select count(*)::int from trial_epochs e where e.attempt_id = a.id) as epochs
  from trial_attempts a join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id
  order by s.created_at, t.number, a.attempt`;
let last = '';
process.on('SIGTERM', () => process.exit(0));
for (;;) {
  const { rows } = await client.query(SQL);
  const text = JSON.stringify(rows);
  if (text !== last) process.stdout.write(`${JSON.stringify({ at: Date.now(), rows })}\n`);
  last = text;
  await pause(100);
}
