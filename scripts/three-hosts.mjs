/**
 * `npm run try:three-hosts`: three hosts, one of which is cut off in the middle of a sweep.
 *
 * Temporal's production server with its databases in Postgres, both set up by what is in deploy/, and a worker for
 * workflows are on the host `control`; `one` and `two` have a worker for trials each. The hosts are network namespaces,
 * so that what one cannot reach it really cannot. The same sweep of real trainings is run undisturbed, then with `two`
 * cut off for a while, then with `two` cut off until the sweep has ended. Every trial must succeed once, to the bits of
 * the undisturbed sweep, and the writes of the host that comes back must change nothing.
 *
 * Options: --parts DIR (where Temporal's server is kept, by default ELBOW_HOME/parts), --keep (leave the logs).
 * It needs Linux, root, iproute2, psql, Go for the first time, and what `npm test` has brought into ELBOW_HOME.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, root } from './build.mjs';
import { createHosts } from './three-hosts/hosts.mjs';
import { createNetwork, namespacesLeft } from './three-hosts/network.mjs';
import { environment, leftovers, must, run, until } from './three-hosts/processes.mjs';
import { bringSchema, buildServer, startServer, version } from './three-hosts/temporal.mjs';

const HEARTBEAT_MS = 5_000;
const SPEC = 'space: { samplesPerClass: [100, 200], epochs: 8, patience: 8 }\nreplicates: 4\n';
const TRIALS = 8;
/** Trials at once: one fewer than slots, so that the one that is lost finds a free slot at once. */
const AT_ONCE = 2;
const note = (line) => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** A claim of the try; what does not hold ends it. */
function expect(isTrue, what) {
  if (!isTrue) throw new Error(`expected: ${what}`);
  note(`holds: ${what}`);
}

async function checkMachine() {
  if (process.getuid() !== 0) throw new Error('expected root: network namespaces are made');
  for (const program of ['ip', 'unshare', 'bash', 'psql']) {
    const { code } = await run(['sh', '-c', `command -v ${program}`]);
    if (code !== 0) throw new Error(`expected the program ${program} on PATH`);
  }
}

/** Servers, hosts and workers; `undo` is filled as they come up, and is run backwards. */
async function setUp(scratch, parts, source, undo) {
  const folder = await buildServer(parts, note);
  const network = await createNetwork(['control', 'one', 'two']);
  undo.push(() => network.remove());
  const password = () => randomBytes(24).toString('hex');
  const values = {
    POSTGRES_PASSWORD: password(),
    ELBOW_DB_PASSWORD: password(),
    ELBOW_READER_PASSWORD: password(),
    TEMPORAL_DB_PASSWORD: password(),
  };
  const address = network.address('control');
  const postgres = (what, ...rest) => {
    const script = join(root, 'scripts', 'three-hosts', 'postgres.mjs');
    const command = network.on('control', process.execPath, script, what, join(scratch, 'postgres'), ...rest);
    return must(command, { env: environment(values) });
  };
  undo.push(() => postgres('stop'));
  await postgres('start', address, network.subnet);
  const place = { folder, values, hosts: { postgres: address }, scratch };
  await bringSchema(network, 'control', place);
  // A second time, as at each `docker compose up`.
  await bringSchema(network, 'control', place);
  const server = await startServer(network, 'control', place);
  undo.push(() => server.stop());
  note(`Temporal's server ${version} and Postgres are up on ${address}`);

  const databaseUrl = (user, secret) => `postgresql://${user}:${secret}@${address}:5432/elbow`;
  const settings = {
    TEMPORAL_ADDRESS: `${address}:7233`,
    DATABASE_URL: databaseUrl('elbow', values.ELBOW_DB_PASSWORD),
    ELBOW_READER_URL: databaseUrl('elbow_reader', values.ELBOW_READER_PASSWORD),
    ELBOW_HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_MS),
    ELBOW_LOCAL_WORKER: 'no',
    // A folder that all hosts see, as an NFS server's would be; it is not cut off.
    ELBOW_ARTIFACTS: join(scratch, 'artifacts'),
    ELBOW_CHECKPOINT_SECONDS: '0',
  };
  mkdirSync(settings.ELBOW_ARTIFACTS, { mode: 0o700 });
  const hosts = createHosts(network, { scratch, settings, source });
  // Only starts sweeps and looks at them.
  hosts.prepare('control', null);
  hosts.prepare('one', 'cifar10');
  // Brings it itself, from the package among the parts.
  hosts.prepare('two', null);
  return { network, hosts };
}

async function initialise(hosts) {
  const first = await hosts.elbow('control', 'init', '--json');
  expect(first.code === 0 && JSON.parse(first.stdout).isNew, 'init makes the namespace and migrates');
  const second = await hosts.elbow('one', 'init', '--json');
  const { isNew, added, migrations, reader, readerLogin } = JSON.parse(second.stdout);
  expect(
    !isNew && added.length === 0 && migrations.length === 0,
    'init changes nothing the second time, from another host',
  );
  expect(reader === 'ready' && readerLogin === 'set', 'the role that reads is there and logs in');
}

async function startWorkers(hosts, undo) {
  const workers = {
    control: hosts.worker('control', '--control-only'),
    one: hosts.worker('one', '--no-control', '--slots', '2'),
    two: hosts.worker('two', '--no-control', '--slots', '1'),
  };
  undo.push(() => Promise.all(Object.values(workers).map((worker) => worker.stop())));
  for (const host of Object.keys(workers)) {
    await until(`the worker on ${host}`, async () => {
      if (!workers[host].isRunning())
        throw new Error(`the worker on ${host} ended:\n${workers[host].said()}`);
      return (await hosts.elbow(host, 'workers', '--here')).code === 0;
    });
  }
  for (const host of Object.keys(workers)) {
    const doctor = await hosts.elbow(
      host,
      'doctor',
      '--json',
      ...(host === 'control' ? ['--control-only'] : []),
    );
    const { ok, checks } = JSON.parse(doctor.stdout);
    const failed = checks
      .filter(({ state }) => state === 'fail')
      .map(({ name, found }) => `${name}: ${found}`);
    expect(
      ok && doctor.code === 0,
      `doctor finds nothing wrong on ${host} (${checks.length} checks)${failed.join('; ')}`,
    );
  }
  return workers;
}

/** Everything of a sweep that must be equal: no clocks, no names of machines. */
async function resultsOf(hosts, sweep) {
  const query = async (sql) => {
    const { code, stdout, stderr } = await hosts.elbow('control', 'query', sql, '--json');
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return {
    trials: await query(
      `select trial, status, attempt, epochs, best_epoch, train_loss, val_loss, test_loss, train_accuracy, val_accuracy,
         test_accuracy, weights from trial_results where sweep = '${sweep}' order by 1`,
    ),
    epochs: await query(
      `select trial, attempt, epoch, train_loss, train_accuracy, val_loss, val_accuracy from epoch_metrics
       where sweep = '${sweep}' order by 1, 2, 3`,
    ),
  };
}

/** A digest over all rows of a sweep as they stand in the tables, log lines and leases included. */
async function rowsDigest(hosts, sweep) {
  const of = (table, join_) =>
    `select '${table}' as name, count(*) as rows, md5(string_agg(x::text, E'\\n' order by x::text)) as digest
     from ${table} x ${join_} join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id where s.name = '${sweep}'`;
  const parts = [
    `select 'trial_attempts' as name, count(*) as rows, md5(string_agg(a::text, E'\\n' order by a::text)) as digest
     from trial_attempts a join trials t on t.id = a.trial_id join sweeps s on s.id = t.sweep_id where s.name = '${sweep}'`,
    of('trial_epochs', 'join trial_attempts a on a.id = x.attempt_id'),
    of('trial_logs', 'join trial_attempts a on a.id = x.attempt_id'),
  ];
  const { code, stdout, stderr } = await hosts.elbow('control', 'query', parts.join(' union all '), '--json');
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const hostsOf = (rows) => [...new Set(rows.map(({ host }) => host))].sort();

async function startSweep(hosts, name) {
  for (const args of [
    ['run', 'spec.yaml', '--name', name, '--detach'],
    ['concurrency', name, String(AT_ONCE)],
  ]) {
    const { code, stdout, stderr } = await hosts.elbow('control', ...args);
    if (code !== 0) throw new Error(`elbow ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
  }
}

async function runUndisturbed(hosts, seen) {
  const began = Date.now();
  await startSweep(hosts, 'undisturbed');
  const { code, stderr } = await hosts.elbow('control', 'watch', 'undisturbed');
  if (code !== 0) throw new Error(`undisturbed ended with ${code}\n${stderr}`);
  const rows = seen.rows('undisturbed');
  expect(
    rows.length === TRIALS && hostsOf(rows).join() === 'one,two',
    `the undisturbed sweep ran on both hosts, in ${seconds(Date.now() - began)}`,
  );
  return resultsOf(hosts, 'undisturbed');
}

/** Starts the sweep and cuts `two` off while it trains. Returns the trial that it had then, and when. */
async function startAndCut(name, { network, hosts, seen }) {
  await startSweep(hosts, name);
  const isRunningOnTwo = ({ status, host, epochs }) => status === 'running' && host === 'two' && epochs >= 1;
  const running = (rows, on) => rows.filter(({ status, host }) => status === 'running' && host === on);
  await seen.when(
    'a trial of host two in its second epoch, and one at most on host one',
    name,
    (rows) => rows.some(isRunningOnTwo) && running(rows, 'one').length <= 1,
  );
  await network.cut('two');
  const cutAt = Date.now();
  const row = seen.rows(name).find(isRunningOnTwo);
  note(`${name}: two is cut off; it was training trial ${row.trial}, ${row.epochs} epochs of it stored`);
  const elsewhereAt = await seen.when('the trial to run elsewhere', name, (rows) => {
    const now = rows.find(({ trial }) => trial === row.trial);
    return now.host !== 'two' && now.lease > row.lease;
  });
  note(`${name}: trial ${row.trial} runs on one, ${seconds(elsewhereAt - cutAt)} after the cut`);
  return { trial: row.trial, epochs: row.epochs, cutAt, untilElsewhereMs: elsewhereAt - cutAt };
}

const figuresOf = ({ trial, epochs, untilElsewhereMs }, { untilHeardMs }) => ({
  trial,
  epochs,
  untilElsewhereMs,
  untilHeardMs,
});

async function mend({ network, hosts, workers }) {
  const said = workers.two.said().length;
  await network.mend('two');
  const mendedAt = Date.now();
  await until(
    'the worker on two to be heard of',
    async () => (await hosts.elbow('two', 'workers', '--here')).code === 0,
  );
  return { said, mendedAt, untilHeardMs: Date.now() - mendedAt };
}

/**
 * Waits until the execution on the host that is back has ended, and looks in Postgres' log for what it still wanted to
 * write: statements that ask for its lease, which is not the newest any more, and end in a rollback.
 */
async function expectLateWrites(name, { trial }, { network, workers, scratch }, { said, mendedAt }) {
  const ending = `(sweep.${name}.trial.${trial})`;
  await until('the execution that was cut off to end', () => workers.two.said().slice(said).includes(ending));
  const asked = await until('a late write to reach Postgres', () =>
    lateWrites(join(scratch, 'postgres.log'), network.address('two'), mendedAt),
  );
  expect(
    asked > 0,
    `${name}: ${asked} late ${asked === 1 ? 'write' : 'writes'} of host two reached Postgres, and came to nothing`,
  );
  return asked;
}

/** How many transactions of an address asked for a lease after that time and were rolled back. */
function lateWrites(log, address, since) {
  const open = new Set();
  let refused = 0;
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, time, host, session, statement] =
      /^(\S+ \S+) UTC (\S+)\(\d+\) \[(\d+)\] LOG: .*?(?:statement|execute [^:]*): (.*)$/.exec(line) ?? [];
    if (host !== address || Date.parse(`${time.replace(' ', 'T')}Z`) < since) continue;
    if (/select lease, status from trial_attempts/.test(statement)) open.add(session);
    else if (/^rollback/.test(statement) && open.delete(session)) refused++;
    else if (/^commit/.test(statement)) open.delete(session);
  }
  return refused;
}

/**
 * The trial that was cut off went on from the checkpoint that its host had brought to the store. The last one may have been on
 * its way, and there is none after the last epoch: an epoch is what may be lost.
 */
async function expectResumed(hosts, name, { trial, epochs }) {
  const { stdout } = await hosts.elbow('control', 'logs', name, String(trial));
  const [, after] = /brought the checkpoint after epoch (\d+)/.exec(stdout) ?? [];
  expect(
    Number(after) >= epochs - 1,
    `${name}: trial ${trial} went on after epoch ${after}, from the checkpoint in the artifact store`,
  );
}

async function expectSame(hosts, name, undisturbed) {
  const { trials, epochs } = await resultsOf(hosts, name);
  expect(
    trials.length === TRIALS &&
      trials.every(({ status, attempt }) => status === 'succeeded' && attempt === 1),
    `${name}: each of ${TRIALS} trials succeeded once`,
  );
  expect(
    JSON.stringify({ trials, epochs }) === JSON.stringify(undisturbed),
    `${name}: ${epochs.length} epochs, test scores and weights are those of the undisturbed sweep, to the bit`,
  );
}

/** The host is back while the sweep still runs, and takes trials again. */
async function cutForAWhile(all, undisturbed) {
  const { hosts, seen } = all;
  const cut = await startAndCut('cut-for-a-while', all);
  const before = new Set(
    seen
      .rows('cut-for-a-while')
      .filter(({ host }) => host === 'two')
      .map(({ trial }) => trial),
  );
  const back = await mend(all);
  const offMs = Date.now() - cut.cutAt;
  const lateWrites = await expectLateWrites('cut-for-a-while', cut, all, back);
  const ended = await hosts.elbow('control', 'watch', 'cut-for-a-while');
  expect(ended.code === 0, 'cut-for-a-while: the sweep finished');
  const rows = seen.rows('cut-for-a-while');
  expect(
    rows.find(({ trial }) => trial === cut.trial).host === 'one',
    `the trial that was cut off ended on one`,
  );
  await expectResumed(hosts, 'cut-for-a-while', cut);
  await expectSame(hosts, 'cut-for-a-while', undisturbed);
  const again = rows.filter(({ host, trial }) => host === 'two' && !before.has(trial)).length;
  return { ...figuresOf(cut, back), offMs, lateWrites, trialsOnTwoAfterwards: again };
}

/** The host is back when the sweep has ended; what it then writes comes too late. */
async function cutUntilTheEnd(all, undisturbed) {
  const { hosts } = all;
  const name = 'cut-until-the-end';
  const cut = await startAndCut(name, all);
  const ended = await hosts.elbow('control', 'watch', name);
  expect(ended.code === 0, `${name}: the sweep finished without host two`);
  const before = await rowsDigest(hosts, name);
  const offMs = Date.now() - cut.cutAt;
  const back = await mend(all);
  const lateWrites = await expectLateWrites(name, cut, all, back);
  expect((await rowsDigest(hosts, name)) === before, `${name}: the late writes of host two changed no row`);
  await expectResumed(hosts, name, cut);
  await expectSame(hosts, name, undisturbed);
  return { ...figuresOf(cut, back), offMs, lateWrites };
}

async function tryAll(scratch, parts, source, undo) {
  writeFileSync(join(scratch, 'spec.yaml'), SPEC);
  const { network, hosts } = await setUp(scratch, parts, source, undo);
  await initialise(hosts);
  const workers = await startWorkers(hosts, undo);
  const seen = hosts.watch('control');
  undo.push(() => seen.stop());
  const all = { network, hosts, workers, seen, scratch };
  const undisturbed = await runUndisturbed(hosts, seen);
  const figures = {
    heartbeatTimeoutMs: HEARTBEAT_MS,
    cutForAWhile: await cutForAWhile(all, undisturbed),
    cutUntilTheEnd: await cutUntilTheEnd(all, undisturbed),
  };
  console.log(JSON.stringify(figures, null, 2));
}

async function main() {
  const { values: options } = parseArgs({
    options: { parts: { type: 'string' }, keep: { type: 'boolean' } },
  });
  await checkMachine();
  await build();
  const { elbowHome } = await import(join(root, 'dist', 'src', 'paths.js'));
  const source = elbowHome();
  if (!existsSync(join(source, 'data', 'cifar10')))
    throw new Error(`expected CIFAR-10 in ${source}: run npm start first`);
  const scratch = mkdtempSync(join(tmpdir(), 'elbow-three-hosts-'));
  const parts = options.parts ?? join(source, 'parts');
  mkdirSync(parts, { recursive: true });
  const undo = [];
  const interrupted = new Promise((_resolve, reject) => {
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => reject(new Error('interrupted')));
  });
  const work = tryAll(scratch, parts, source, undo);
  const failure = await Promise.race([work, interrupted]).then(
    () => null,
    (error) => error,
  );
  const failures = failure === null ? [] : [failure];
  for (const step of undo.reverse()) await step().catch((error) => failures.push(error));
  // What an interrupt broke off fails now, and is no news.
  work.catch(() => undefined);
  const left = leftovers();
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  if (options.keep || failures.length > 0) console.log(`logs: ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
  if (failures.length > 0) throw failures[0];
  expect(left.length === 0 && namespacesLeft().length === 0, 'nothing is left: no process, no namespace');
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
// What was interrupted may still wait for something.
process.exit();
