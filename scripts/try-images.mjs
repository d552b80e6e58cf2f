/**
 * `npm run try:images`: builds the images of deploy/Dockerfile without a Docker engine, and starts them.
 *
 * Each stage is a layer over a Debian made by debootstrap with Node from its npm package, and each instruction is done in it
 * as Docker would (scripts/images/). Then what the images start is started as user 10001 with tini as process 1, against a
 * local stack: control and cpu-worker must report healthy, train a small sweep that the control image's CLI starts, and
 * end in order when they are told to. What it cannot show: Docker's own builder, networks, volumes and limits.
 *
 * Options: --gpu (build gpu-worker, too, some 4 GB; it is started where there is no GPU, on the CPU), --cache DIR (base
 * images, by default ELBOW_HOME/parts/images), --layers DIR (keep what was built there, and go on from what is there: for work
 * on this script), --keep (leave the logs). It needs Linux, root, and Debian's packages.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, root } from './build.mjs';
import { createBuilder, layerBytes } from './images/build.mjs';
import { readStages } from './images/dockerfile.mjs';
import { startContainer } from './images/rootfs.mjs';
import { environment, leftovers, run, until } from './three-hosts/processes.mjs';

const note = (line) => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
const expect = (isTrue, what) => {
  if (!isTrue) throw new Error(`expected: ${what}`);
  note(`holds: ${what}`);
};

const SPEC = 'name: from-images\nspace: { samplesPerClass: [20, 50], epochs: 2 }\n';

/** A local stack without a worker, for the containers to reach. */
async function startServers(scratch, source, undo) {
  const home = join(scratch, 'home');
  mkdirSync(home);
  symlinkSync(join(source, 'parts'), join(home, 'parts'));
  const env = environment({ ELBOW_HOME: home, ELBOW_LOCAL_WORKER: 'no' });
  const elbow = (...args) => run([process.execPath, join(root, 'dist/src/cli/main.js'), ...args], { env });
  undo.push(() => elbow('down'));
  const up = await elbow('up', '--json');
  const status = JSON.parse(up.stdout);
  expect(
    status.temporal.up && status.database.up && status.workers.length === 0,
    'the local stack is up, without a worker',
  );
  const { readState } = await import(join(root, 'dist', 'src', 'stack', 'state.js'));
  const { postgres } = readState(home);
  return { elbow, env: { TEMPORAL_ADDRESS: status.temporal.address, DATABASE_URL: postgres.url } };
}

const healthy = (container, config, hostname) =>
  until(`${hostname} to be healthy`, async () => {
    if (!container.isRunning()) throw new Error(`${hostname} has ended:\n${container.said()}`);
    return (await container.exec(...config.healthcheck)).code === 0;
  });

async function tryAll(scratch, { gpu, cache, layers }, source, undo) {
  const stages = readStages(join(root, 'deploy', 'Dockerfile'));
  const buildStage = createBuilder(stages, { context: root, cache, layers, note });
  const targets = ['control', 'cpu-worker', ...(gpu ? ['gpu-worker'] : [])];
  const images = {};
  for (const target of targets) {
    images[target] = await buildStage(target);
    note(`${target}: built, ${Math.round(layerBytes(images[target]) / 1e6)} MB over its base`);
  }
  const { env, elbow } = await startServers(scratch, source, undo);
  const containers = {};
  for (const target of targets) {
    const { config } = stages[target];
    const log = join(scratch, `${target}.log`);
    containers[target] = await startContainer(images[target], config, { hostname: target, env, log });
    undo.push(() => containers[target].stop());
    await healthy(containers[target], config, target);
    expect(true, `${target}: \`${config.command.join(' ')}\` is up, its health check passes`);
  }
  const control = containers['control'];
  const doctor = await containers['cpu-worker'].exec('elbow', 'doctor');
  expect(
    doctor.code === 0,
    `doctor finds nothing wrong in cpu-worker${doctor.code === 0 ? '' : `\n${doctor.stdout}`}`,
  );
  const whose = await control.exec(
    'sh',
    '-c',
    'id -u; ps -o pid= -C tini 2>/dev/null; cat /proc/1/comm; touch /opt/elbow/x 2>&1',
  );
  expect(
    /^10001\n(.*\n)?tini\n.*(denied|Permission)/s.test(whose.stdout),
    'processes are of user 10001 under tini, and cannot change the image',
  );
  writeFileSync(join(scratch, 'spec.yaml'), SPEC);
  const ran = await control.exec(
    'sh',
    '-c',
    `printf '%s' "$0" > /tmp/spec.yaml && exec elbow run /tmp/spec.yaml`,
    SPEC,
  );
  expect(
    ran.code === 0,
    `a sweep that the control image starts finishes${ran.code === 0 ? '' : `:\n${ran.stdout}${ran.stderr}`}`,
  );
  const rows = JSON.parse(
    (await elbow('query', "select status, worker from trial_results where sweep = 'from-images'", '--json'))
      .stdout,
  );
  expect(
    rows.length === 2 &&
      rows.every(({ status, worker }) => status === 'succeeded' && worker.startsWith('cpu-worker')),
    'its trials ran in cpu-worker',
  );
  for (const target of targets) {
    const ms = await containers[target].end();
    expect(
      containers[target].exitCode() === 0,
      `${target} ended in order, ${(ms / 1000).toFixed(1)} s after SIGTERM`,
    );
  }
  const left = JSON.parse((await elbow('workers', '--json')).stdout);
  expect(left.length === 0, 'they signed off: no worker is on the list');
}

const { values: options } = parseArgs({
  options: {
    gpu: { type: 'boolean' },
    cache: { type: 'string' },
    layers: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const undo = [];
let failure = null;
const scratch = mkdtempSync(join(tmpdir(), 'elbow-images-'));
try {
  if (process.getuid() !== 0) throw new Error('expected root: file systems are mounted');
  await build();
  const { elbowHome } = await import(join(root, 'dist', 'src', 'paths.js'));
  const source = elbowHome();
  await tryAll(
    scratch,
    {
      gpu: options.gpu === true,
      cache: options.cache ?? join(source, 'parts', 'images'),
      layers: options.layers ?? join(scratch, 'layers'),
    },
    source,
    undo,
  );
} catch (error) {
  failure = error;
}
for (const step of undo.reverse()) await step().catch((error) => (failure ??= error));
for (const { pid } of leftovers()) process.kill(pid, 'SIGKILL');
if (options.keep) console.log(`left: ${scratch}`);
else rmSync(scratch, { recursive: true, force: true });
if (failure) console.error(failure);
process.exit(failure ? 1 : 0);
