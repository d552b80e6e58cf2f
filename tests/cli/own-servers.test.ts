/** `init` and `doctor` on servers that elbow did not start. */
import { hostname } from 'node:os';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { inspectDatabase, migrate } from '../../src/storage/index.js';
import { run } from './support.js';
import { env, sql, storage, temporal, useServers } from './servers.js';

useServers();

const DAY_MS = 24 * 3_600_000;
const KEYWORD = 2;
const INT = 3;

/** A namespace as somebody else has left it. */
async function namespace(name: string, days: number, attributes: Record<string, number>): Promise<void> {
  // A local test environment has a plain connection.
  const connection = temporal.client.connection as Connection;
  await connection.workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: msToTs(days * DAY_MS),
  });
  if (Object.keys(attributes).length === 0) return;
  await connection.operatorService.addSearchAttributes({ namespace: name, searchAttributes: attributes });
}

const init = (name: string, more: NodeJS.ProcessEnv = {}) =>
  run(['init', '--json'], { env: { ...env, TEMPORAL_NAMESPACE: name, ...more } });

interface Document {
  readonly ok: boolean;
  readonly checks: readonly { name: string; state: string; found: string; hint: string | null }[];
}

async function doctor(more: NodeJS.ProcessEnv = {}): Promise<Document & { code: number }> {
  const ran = await run(['doctor', '--control-only', '--json'], { env: { ...env, ...more } });
  return { ...(JSON.parse(ran.stdout) as Document), code: ran.code };
}

const check = ({ checks }: Document, name: string) => checks.find((one) => one.name === name);

/** Runs statements in a database as the user of its address. */
async function as(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

describe('init', () => {
  it('raises a retention that is too short, leaves a longer one, and changes nothing the second time', async () => {
    await namespace('short', 3, {});
    expect(JSON.parse((await init('short')).stdout)).toMatchObject({ raisedFromDays: 3, retentionDays: 90 });
    expect(JSON.parse((await init('short')).stdout)).toMatchObject({
      raisedFromDays: null,
      retentionDays: 90,
    });
    await namespace('long', 400, {});
    expect(JSON.parse((await init('long')).stdout)).toMatchObject({
      raisedFromDays: null,
      retentionDays: 400,
    });
  });

  it('refuses a namespace where an attribute of elbow’s name has another type', async () => {
    await namespace('mistyped', 90, { ElbowTrial: KEYWORD });
    const { code, stdout } = await init('mistyped');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'temporal-refused',
        message: expect.stringMatching(/ElbowTrial is Keyword, not Int/),
        hint: expect.stringMatching(/TEMPORAL_NAMESPACE/),
      },
    });
  });

  it('says what there is no room for, why, and what to do by hand', async () => {
    await namespace('full', 90, { TheirFirst: INT, TheirSecond: INT });
    const { code, stdout } = await init('full');
    expect(code).toBe(4);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
    expect(error.code).toBe('temporal-refused');
    expect(error.message).toMatch(/cannot add the search attributes ElbowSweep, .* to the namespace full/);
    expect(error.hint).toMatch(/has 2 Int of others; .*3 Int in all.*namespace of its own/);
    expect(error.hint).toContain('--name ElbowTrial --type Int');
  });

  it('gives the reading role the password of ELBOW_READER_URL, and no other role', async () => {
    const readerUrl = env['ELBOW_READER_URL']!.replace(/:[^:@]*@/, ':other%20word@');
    await expect(as(readerUrl, 'select 1')).rejects.toThrow(/password/);
    const first = await init('reading', { ELBOW_READER_URL: readerUrl });
    expect(JSON.parse(first.stdout)).toMatchObject({ reader: 'ready', readerLogin: 'set' });
    await as(readerUrl, 'select * from trial_results');
    await expect(as(readerUrl, 'delete from workers')).rejects.toThrow(/permission denied|read-only/);
    const other = readerUrl.replace('elbow_reader', 'elbow');
    expect(JSON.parse((await init('reading', { ELBOW_READER_URL: other })).stdout)).toMatchObject({
      readerLogin: 'other',
    });
    const nobody = readerUrl.replace(/:[^:@]*@/, '@');
    expect((await init('reading', { ELBOW_READER_URL: nobody })).stdout).toMatch(/has no password/);
    // As it was, for the other tests.
    await init('reading');
  });

  it('works for a user who may not make roles, whose queries then run under the user itself', async () => {
    await sql("create role plain login password 'plain'");
    await sql('create database plain owner plain');
    const url = env['DATABASE_URL']!.replace(/\/\/.*@/, '//plain:plain@').replace(/\/[^/]*$/, '/plain');
    const own: NodeJS.ProcessEnv = { ...env, DATABASE_URL: url };
    delete own['ELBOW_READER_URL'];
    expect(await migrate({ url })).toMatchObject({ reader: 'foreign' });
    const query = await run(['query', 'select count(*) from trial_results'], { env: own });
    expect(query, query.stderr).toMatchObject({ code: 0 });
    const write = await run(['query', 'delete from workers'], { env: own });
    expect(write.stderr).toMatch(/Queries can only read/);
    const found = check(await doctor({ DATABASE_URL: url, ELBOW_READER_URL: '' }), 'reading role');
    expect(found).toMatchObject({
      state: 'warn',
      hint: expect.stringContaining('grant elbow_reader to plain'),
    });
  });
});

describe('doctor', () => {
  it('names what each leg was expected to be, and what to do, where nothing was prepared', async () => {
    const document = await doctor({ TEMPORAL_NAMESPACE: 'nowhere' });
    expect(document).toMatchObject({ code: 6, ok: false });
    expect(check(document, 'Temporal')).toMatchObject({ state: 'ok' });
    expect(check(document, 'namespace')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('expected the namespace nowhere'),
      hint: expect.stringContaining('`elbow init` makes it'),
    });
    await namespace('bare', 7, { ElbowTrial: KEYWORD });
    const bare = await doctor({ TEMPORAL_NAMESPACE: 'bare' });
    expect(check(bare, 'namespace')).toMatchObject({
      state: 'warn',
      found: expect.stringMatching(/90 days, it is 7$/),
    });
    expect(check(bare, 'search attributes')).toMatchObject({
      state: 'fail',
      found: 'ElbowTrial expected as Int, is Keyword',
    });
  });

  it('says that nobody takes workflows, and which worker Postgres hears of but Temporal does not', async () => {
    const none = await doctor();
    expect(check(none, 'workflows')).toMatchObject({
      state: 'fail',
      hint: expect.stringContaining('--control-only'),
    });
    expect(check(none, 'workers')).toMatchObject({ state: 'fail', found: 'none is alive' });
    const lab = { id: 'lab:7', host: 'lab', pid: 7, version: '0.1.0', device: null };
    await storage.seeWorker({ ...lab, pool: '', slots: 0 });
    expect(check(await doctor(), 'workers')).toMatchObject({
      state: 'fail',
      found: 'lab:7 (workflows alone); none runs trials',
    });
    await storage.seeWorker({ ...lab, pool: 'far', slots: 2 });
    expect(check(await doctor(), 'pool far')).toMatchObject({
      state: 'warn',
      found: expect.stringMatching(/^expected to ask Temporal for trials: lab:7;/),
    });
    // One that is put aside asks for nothing, and no network is to blame.
    await storage.setAside('lab:7', 'put aside by hand');
    expect(check(await doctor(), 'pool far')).toMatchObject({
      state: 'warn',
      found: 'put aside: lab:7 (put aside by hand); 0 of 1 workers take trials',
      hint: expect.stringContaining('--release'),
    });
    await storage.removeWorker('lab:7');
  });

  it('looks at rights, at the reading role, and at the password of its own', async () => {
    const whole = await doctor();
    for (const name of ['Postgres', 'schema', 'rights', 'reading role', 'clock']) {
      expect(check(whole, name), name).toMatchObject({ state: 'ok' });
    }
    await sql('grant insert on sweeps to elbow_reader');
    expect(check(await doctor(), 'reading role')).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(/may change sweeps/),
    });
    await sql('revoke insert on sweeps from elbow_reader');
    await sql('revoke select on attempts from elbow_reader');
    expect(check(await doctor(), 'reading role')).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(/may not read attempts/),
    });
    await sql('grant select on attempts to elbow_reader');
    const wrong = env['ELBOW_READER_URL']!.replace(/:[^:@]*@/, ':wrong@');
    const login = check(await doctor({ ELBOW_READER_URL: wrong }), 'reading role');
    expect(login).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(/elbow_reader:\*\*\*@.*password/),
    });
    await sql("create role weak login password 'weak'");
    const weak = env['DATABASE_URL']!.replace(/\/\/.*@/, '//weak:weak@');
    await sql('grant usage on schema public to weak');
    await sql('grant select on all tables in schema public to weak');
    expect(check(await doctor({ DATABASE_URL: weak }), 'rights')).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(/^weak may not read and write .*trials/),
    });
  });

  it('sees a clock that is off', async () => {
    const url = env['DATABASE_URL']!;
    expect(Math.abs((await inspectDatabase(url, null)).clock.aheadMs)).toBeLessThan(1_000);
    // A server ten seconds ahead, for who looks into this schema first.
    await sql('create schema ahead');
    await sql(
      "create function ahead.clock_timestamp() returns timestamptz language sql as $$ select pg_catalog.clock_timestamp() + interval '10 s' $$",
    );
    const skewed = `${url}?options=${encodeURIComponent('-c search_path=ahead,pg_catalog,public')}`;
    expect(check(await doctor({ DATABASE_URL: skewed }), 'clock')).toMatchObject({
      state: 'warn',
      found: expect.stringMatching(/within 2 s of Postgres' clock: this machine is (9|10)\d{2,3} ms behind/),
    });
  });

  it('names servers out of reach, without passwords', async () => {
    const far = await doctor({
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      DATABASE_URL: 'postgresql://me:s3cret@127.0.0.1:9/elbow',
    });
    expect(check(far, 'Temporal')).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('expected an answer at 127.0.0.1:9'),
    });
    expect(check(far, 'Postgres')).toMatchObject({
      state: 'fail',
      found: expect.stringMatching(/expected an answer of .*127\.0\.0\.1:9.*ECONNREFUSED/),
    });
    expect(JSON.stringify(far)).not.toContain('s3cret');
  });

  it('leaves out what only trials need, where none are to run', async () => {
    const names = (await doctor()).checks.map(({ name }) => name);
    expect(names).not.toEqual(expect.arrayContaining(['TensorFlow']));
    expect(names).not.toEqual(expect.arrayContaining(['Temporal CLI']));
  });
});

describe('a health check', () => {
  it('passes while a worker of this machine is heard of, and fails else', async () => {
    const here = () => run(['workers', '--here'], { env });
    const common = { pool: 'default', slots: 1, version: '0.1.0', device: null };
    await storage.seeWorker({ ...common, id: 'lab:1', host: 'lab', pid: 1 });
    expect(await here()).toMatchObject({ code: 4, stdout: '' });
    await storage.seeWorker({ ...common, id: 'here:1', host: hostname(), pid: 1 });
    const healthy = await here();
    expect(healthy.code).toBe(0);
    expect(healthy.stdout).not.toContain('lab:1');
    await sql("update workers set last_seen_at = now() - interval '40 seconds' where id = 'here:1'");
    expect((await here()).code).toBe(4);
    for (const id of ['lab:1', 'here:1']) await storage.removeWorker(id);
  });
});

describe('a machine that is not to train', () => {
  it('starts no worker at `up`', async () => {
    const ran = await run(['up', '--json'], { env: { ...env, ELBOW_LOCAL_WORKER: 'no' } });
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      temporal: { up: true },
      database: { up: true },
      workers: [],
    });
    const wrong = await run(['up'], { env: { ...env, ELBOW_LOCAL_WORKER: 'maybe' } });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/ELBOW_LOCAL_WORKER takes yes or no, not "maybe"/);
  });
});
