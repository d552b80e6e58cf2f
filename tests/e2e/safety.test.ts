/** Passwords that were planted in the settings of servers of one's own are nowhere but there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type Ended, type TestHome } from '../support/elbow.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { BUCKET, hasS3Server, startTestS3, type TestS3 } from '../support/s3-server.js';
import { everythingBelow, leaksBelow, plant, secretsIn, watchCommandLines } from '../support/secrets.js';
import { NAMESPACE, startTestTemporal } from '../support/temporal.js';

const MINUTES = 60_000;
const secrets = {
  database: plant('owner'),
  reader: plant('reader'),
  store: plant('store'),
  temporal: plant('key'),
  token: plant('token'),
};
let postgres: TestPostgres;
let temporal: TestWorkflowEnvironment;
let s3: TestS3;
let stack: TestHome;
let watch: ReturnType<typeof watchCommandLines>;
/** What every command printed. */
const said: { line: string; ended: Ended }[] = [];

async function elbow(...args: string[]): Promise<Ended> {
  const ended = await stack.elbow(...args);
  said.push({ line: args.join(' '), ended });
  return ended;
}

beforeAll(async () => {
  if (!hasS3Server) return;
  watch = watchCommandLines(secrets);
  [postgres, temporal, s3] = await Promise.all([
    startTestPostgres({ password: secrets.database, readerPassword: secrets.reader }),
    startTestTemporal(),
    startTestS3(secrets.store),
  ]);
  const { url, readerUrl } = await postgres.database();
  stack = createHome({ env: { ...s3.env, ELBOW_ARTIFACTS: `s3://${BUCKET}/safe`, MY_TOKEN: secrets.token } });
  Object.assign(stack.env, {
    DATABASE_URL: url,
    ELBOW_READER_URL: readerUrl,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: NAMESPACE,
    TEMPORAL_API_KEY: secrets.temporal,
    // The server of tests speaks no TLS, which a key would bring with it.
    TEMPORAL_TLS: 'false',
  });
  const rows = Array.from({ length: 200 }, (_, i) => `${i % 2 ? 'odd' : 'even'},${i % 2},${i},1`);
  writeFileSync(join(stack.scratch, 'rows.csv'), ['way,a,b,c', ...rows].join('\n'));
  writeFileSync(
    join(stack.scratch, 'own.yaml'),
    'name: own\ndataset: { csv: rows.csv, label: way }\nspace: { model: mlp, samplesPerClass: 10, epochs: 1 }\n',
  );
  // What a program finds in its environment, and what its parent has on the command line, it prints.
  writeFileSync(
    join(stack.scratch, 'program.sh'),
    '#!/bin/sh\nenv\ntr "\\0" " " < /proc/$PPID/cmdline\ncat "$ELBOW_PARAMS"\necho \'{"score": 1}\'\nexit "$1"\n',
    { mode: 0o700 },
  );
  writeFileSync(
    join(stack.scratch, 'program.yaml'),
    'name: program\ntrainable: { command: [./program.sh, "{ends}"] }\nspace: { ends: [0, 3] }\n' +
      'objective: { metric: score, direction: maximize }\n',
  );
}, 5 * MINUTES);

afterAll(async () => {
  watch?.stop();
  await stack?.remove();
  await Promise.all([postgres?.remove(), temporal?.teardown(), s3?.remove()]);
}, MINUTES);

/** Everything that Temporal keeps of this server's workflows, decoded. */
async function histories(): Promise<{ text: string; workflows: number }> {
  let text = '';
  let workflows = 0;
  const decode = (value: unknown): void => {
    if (value instanceof Uint8Array) text += `${Buffer.from(value).toString('utf8')}\n`;
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(decode);
    else text += `${String(value)}\n`;
  };
  for await (const { workflowId, runId, memo, searchAttributes } of temporal.client.workflow.list()) {
    workflows++;
    decode({ memo, searchAttributes });
    decode(await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory());
  }
  return { text, workflows };
}

/** Every row of every table, and the statements that Postgres knows of, as text. */
async function rowsOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema = 'public' union values ('pg_stat_activity'), ('pg_authid'), ('pg_db_role_setting')`,
    );
    let text = '';
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      text += rows.map(({ row }) => row).join('\n');
    }
    return text;
  } finally {
    await client.end();
  }
}

describe.skipIf(!hasS3Server)('a password of a server', () => {
  it(
    'is in no command line, output, log, history, table, report or file',
    async () => {
      for (const args of [['init'], ['init', '--json'], ['up'], ['status']]) {
        expect((await elbow(...args)).code, said.at(-1)!.ended.stderr).toBe(0);
      }
      expect((await elbow('run', 'own.yaml')).code, said.at(-1)!.ended.stderr).toBe(0);
      expect((await elbow('run', 'program.yaml', '--json')).code).toBe(3);
      for (const args of [
        ['doctor', '--json'],
        ['doctor'],
        ['list', '--json'],
        ['show', 'program'],
        ['show', 'program', '--json'],
        ['trial', 'program', '1', '--json'],
        ['trial', 'own', '0'],
        ['logs', 'program', '0'],
        ['logs', 'program', '1'],
        ['workers'],
        ['workers', '--json'],
        ['report', 'program', '--out', 'report'],
        ['report', 'own', '--json'],
        ['export', 'own', '0', '--out', 'exported', '--format', 'tfjs'],
        ['query', 'select * from trial_results'],
        ['query', 'select * from pg_settings', '--json'],
        ['query', 'select * from nowhere'],
        ['query', 'select pg_read_file($$/etc/passwd$$)'],
        ['rerun', 'program'],
        ['migrate'],
        ['gc', '--dry-run'],
        ['pause', 'own'],
        ['cancel', 'own'],
        ['concurrency', 'own', '2'],
        ['run', 'own.yaml', '--dry-run', '--json'],
        ['datasets'],
        ['models'],
      ]) {
        expect((await elbow(...args)).code, args.join(' ')).not.toBe(1);
      }
      // The program did run, with an environment; the failure is one a user looks into.
      const log = said.find(({ line }) => line === 'logs program 1')!.ended.stdout;
      expect(log).toMatch(/ELBOW_TRIAL=1/);
      expect(log).toMatch(/"parameters"/);

      const { text, workflows } = await histories();
      expect(workflows).toBeGreaterThanOrEqual(4);
      expect(text).toContain('program-failed');
      expect(secretsIn(text, secrets)).toEqual([]);
      const tables = await rowsOf(stack.env['DATABASE_URL']!);
      expect(tables).toContain('program-failed');
      expect(secretsIn(tables, secrets)).toEqual([]);
      for (const { line, ended } of said) {
        expect(secretsIn(ended.stdout + ended.stderr, secrets), line).toEqual([]);
      }
      expect(everythingBelow(stack.home).length).toBeGreaterThan(5);
      expect(leaksBelow(stack.home, secrets)).toEqual([]);
      expect(leaksBelow(stack.scratch, secrets)).toEqual([]);
      const { leaks, processes } = watch.stop();
      expect(processes).toBeGreaterThan(20);
      expect(leaks).toEqual([]);
      // For psql, on purpose: of the role that can only read.
      const status = await stack.elbow('status', '--json');
      expect(secretsIn(status.stdout, secrets)).toEqual(['reader']);
    },
    15 * MINUTES,
  );

  const DATABASE = [['list'], ['query', 'select 1', '--json'], ['init']];
  const STORE = [
    ['gc', '--dry-run'],
    ['run', 'own.yaml', '--json'],
  ];
  const failures: [what: string, settings: () => NodeJS.ProcessEnv, commands: string[][]][] = [
    [
      'a wrong password',
      () => ({ ...changed('other'), ELBOW_READER_URL: changed('other').DATABASE_URL }),
      [...DATABASE, ['worker', '--control-only']],
    ],
    ['a wrong port', () => ({ ...changed(null), TEMPORAL_ADDRESS: '127.0.0.1:9' }), DATABASE],
    ['a password that is not written as in addresses', () => ({ DATABASE_URL: bare() }), DATABASE],
    ['no address at all', () => ({ DATABASE_URL: `elbow:${secrets.database}@host/elbow` }), DATABASE],
    ['a store that refuses', () => ({ AWS_ACCESS_KEY_ID: 'other' }), STORE],
    ['a store that is away', () => ({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' }), STORE],
    ['a store with a password', () => ({ ELBOW_ARTIFACTS: `s3://me:${secrets.store}@b/` }), STORE],
  ];
  /** The database with something added to its password, or with another port. */
  function changed(more: string | null): { DATABASE_URL: string } {
    const url = stack.env['DATABASE_URL']!;
    return {
      DATABASE_URL: more === null ? url.replace(/:\d+\//, ':9/') : url.replace('@127', `${more}@127`),
    };
  }
  const bare = (): string =>
    stack.env['DATABASE_URL']!.replace(encodeURIComponent(secrets.database), secrets.database);

  it.each(failures)(
    'is not told in what is said of %s',
    async (_, settings, commands) => {
      const before = { ...stack.env };
      Object.assign(stack.env, settings());
      try {
        for (const args of [['doctor', '--control-only', '--json'], ...commands]) {
          const { code, stdout, stderr } = await stack.elbow(...args);
          expect(code, args.join(' ') + stderr).not.toBe(1);
          expect(secretsIn(stdout + stderr, secrets), args.join(' ')).toEqual([]);
        }
      } finally {
        Object.assign(stack.env, before);
      }
    },
    3 * MINUTES,
  );

  it(
    'that a role is given is in no log of Postgres, also where it is refused',
    async () => {
      const url = stack.env['DATABASE_URL']!;
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query("create role plain login password 'plain' in role elbow");
      await client.query("alter role plain set log_statement = 'all'");
      await client.end();
      const before = { ...stack.env };
      stack.env['DATABASE_URL'] = url.replace(/\/\/[^@]*@/, '//plain:plain@');
      const refused = await stack.elbow('init');
      Object.assign(stack.env, before);
      expect(secretsIn(refused.stdout + refused.stderr, secrets)).toEqual([]);
      const log = readFileSync(join(postgres.folder, 'server.log'), 'utf8');
      expect(log).toMatch(/alter role elbow_reader login password 'SCRAM-SHA-256\$/);
      expect(secretsIn(log, secrets)).toEqual([]);
    },
    2 * MINUTES,
  );
});
