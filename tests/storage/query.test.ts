/** SQL of users against a real Postgres: it reads, and changes nothing, whatever it is. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectReader, connectStorage } from '../../src/storage/index.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';

let postgres: TestPostgres;
let addresses: { url: string; readerUrl: string };

beforeAll(async () => {
  postgres = await startTestPostgres();
  addresses = await postgres.database();
  const storage = await connectStorage({ url: addresses.url });
  const lab = { id: 'lab:1', host: 'lab', pid: 1, pool: 'default', slots: 1, version: '0.1.0', device: null };
  await storage.seeWorker(lab);
  await storage.close();
}, 60_000);
afterAll(() => postgres.remove());

/** As the role that reads logs in; or as the owner, who steps down to it. */
const ways = { 'logs in': true, 'is stepped down to': false } as const;

async function ask(way: keyof typeof ways, ...statements: string[]): Promise<unknown[]> {
  const { url, readerUrl } = addresses;
  const reader = await connectReader({ url, readerUrl: ways[way] ? readerUrl : null });
  try {
    const answers: unknown[] = [];
    for (const sql of statements)
      answers.push(
        await reader.query(sql).then(
          ({ rows }) => rows,
          (error: unknown) => error,
        ),
      );
    return answers;
  } finally {
    await reader.close();
  }
}

/** Everything that a statement of the list below would change, if it could. */
async function traces(): Promise<unknown> {
  const client = new pg.Client({ connectionString: addresses.url });
  await client.connect();
  try {
    const { rows } = await client.query(`select
      (select json_agg(w) from (select id, slots from workers) w) as workers,
      (select json_agg(r) from (select rolname, rolcanlogin, rolsuper, rolconfig from pg_roles where rolname !~ '^pg_' order by 1) r) as roles,
      (select json_agg(d) from (select * from pg_db_role_setting order by 1, 2) d) as settings,
      (select count(*) from pg_class where relkind = 'r') as tables,
      (select count(*) from pg_largeobject_metadata) as objects,
      (select count(*) from pg_proc) as functions,
      (select count(*) from pg_extension) as extensions`);
    return rows;
  } finally {
    await client.end();
  }
}

const WRITES = [
  'update workers set slots = 9',
  'delete from workers',
  "insert into workers (id) values ('x')",
  'truncate workers',
  'with gone as (delete from workers returning *) select * from gone',
  'explain analyze delete from workers',
  'create table mine (n int)',
  'create temp table mine (n int)',
  'select * into mine from workers',
  "copy workers to program 'touch /tmp/elbow-query-escaped'",
  "copy (select 1) to '/tmp/elbow-query-escaped'",
  "copy workers from '/etc/passwd'",
  'do $$ begin delete from workers; end $$',
  "do $$ begin perform set_config('role', 'none', true); execute 'delete from workers'; end $$",
  'call nothing()',
  'set transaction read write',
  'set role elbow',
  'set session authorization elbow',
  'reset role',
  'alter role elbow_reader set default_transaction_read_only = off',
  'alter role elbow_reader superuser',
  "alter role elbow_reader password 'mine'",
  'alter database elbow set default_transaction_read_only = off',
  "alter system set log_statement = 'none'",
  'grant all on workers to elbow_reader',
  'commit',
  'begin; delete from workers; commit',
  'select 1; delete from workers',
  'select 1; set transaction read write; delete from workers',
  'listen everything',
  "select lo_import('/etc/passwd')",
  'select lo_create(0)',
  "select nextval('sweeps_id_seq')",
  'create extension dblink',
  "select dblink('dbname=elbow', 'delete from workers')",
  '/* select */ delete from workers',
  '-- select\ndelete from workers',
  '(delete from workers)',
  'vacuum',
  'lock table workers',
  'select * from workers for update',
];

describe.each(Object.keys(ways) as (keyof typeof ways)[])('a role that %s', (way) => {
  it('reads', async () => {
    expect(
      await ask(
        way,
        'select id from workers',
        '/* a */ -- b\n (select 1 as n)',
        'show transaction_read_only',
      ),
    ).toEqual([[{ id: 'lab:1' }], [{ n: 1 }], [{ transaction_read_only: 'on' }]]);
  });

  it('can do nothing else', async () => {
    const before = await traces();
    for (const sql of WRITES) {
      const [answer] = await ask(way, sql);
      expect(answer, sql).toMatchObject({ code: 'query-failed' });
    }
    expect(await traces()).toEqual(before);
  });

  it('keeps no setting, from one statement to the next', async () => {
    const [, after] = await ask(
      way,
      "select set_config('default_transaction_read_only', 'off', false), set_config('statement_timeout', '0', false)",
      "select current_setting('default_transaction_read_only') as writes, current_setting('statement_timeout') as timeout",
    );
    expect(after).toMatchObject([{ timeout: '30s' }]);
    const [write] = await ask(way, 'with gone as (delete from workers returning *) select * from gone');
    expect(write).toMatchObject({ code: 'query-failed' });
  });
});

it('the role that logs in reads no file, runs no program, and becomes nobody else', async () => {
  const answers = await ask(
    'logs in',
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('/')",
    "select lo_export(1, '/tmp/elbow-query-escaped')",
    "select set_config('role', 'elbow', true)",
    "select set_config('session_authorization', 'elbow', true)",
    "select query_to_xml('select pg_read_file(''/etc/passwd'')', true, true, '')",
    'select * from pg_authid',
    'select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user',
    'select pg_reload_conf()',
  );
  for (const answer of answers.slice(0, 7)) expect(answer).toMatchObject({ code: 'query-failed' });
  expect(answers.at(-1)).toMatchObject({ code: 'query-failed' });
});
