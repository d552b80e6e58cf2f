/**
 * Temporal's production server: built from its Go modules, set up by deploy/temporal/schema.sh, started with the very
 * environment that deploy/compose.yaml gives it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../build.mjs';
import { environment, must, start, until } from './processes.mjs';

const deploy = join(root, 'deploy');
const compose = parse(readFileSync(join(deploy, 'compose.yaml'), 'utf8'), { merge: true });

/** The version of the image in compose.yaml: `1.32.0`. */
export const version = compose.services.temporal.image.split(':')[1];

const PROGRAMS = { 'temporal-server': 'cmd/server', 'temporal-sql-tool': 'cmd/tools/sql' };

/**
 * Builds the server and its tool for schemas, unless they are in the folder. Takes three minutes on a quiet machine of
 * two cores, once.
 * @returns the folder of both programs
 */
export async function buildServer(parts, note) {
  const folder = join(parts, `temporal-server-${version}`);
  if (Object.keys(PROGRAMS).every((name) => existsSync(join(folder, name)))) return folder;
  note(`building Temporal's server ${version} from its Go modules`);
  const draft = `${folder}.draft-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    const packages = Object.values(PROGRAMS).map((path) => `go.temporal.io/server/${path}@v${version}`);
    await must(['go', 'install', ...packages], { env: { ...process.env, GOBIN: draft } });
    for (const [name, path] of Object.entries(PROGRAMS))
      renameSync(join(draft, path.split('/').at(-1)), join(draft, name));
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/**
 * What a service of compose.yaml has in its environment, with `${NAME…}` filled in and the names of hosts replaced.
 * @param values of what compose.yaml takes from .env
 * @param hosts what the name of a service is in the network of the try
 */
export function serviceEnvironment(service, values, hosts) {
  const fill = (text) =>
    String(text).replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_all, name, kind, rest) => {
      if (values[name] !== undefined) return values[name];
      if (kind === '-') return rest;
      throw new Error(`${service}: ${name} is not set`);
    });
  return Object.fromEntries(
    Object.entries(compose.services[service].environment ?? {}).map(([name, text]) => [
      name,
      hosts[fill(text)] ?? fill(text),
    ]),
  );
}

/** Brings the schema of both databases; as the service `temporal-schema`. */
export function bringSchema(network, host, { folder, values, hosts }) {
  const env = environment({
    ...serviceEnvironment('temporal-schema', values, hosts),
    PATH: `${folder}:${process.env.PATH}`,
  });
  return must(network.on(host, 'sh', join(deploy, 'temporal', 'schema.sh')), { env });
}

/** Starts the server, as the service `temporal` and the entry point of its image do. */
export async function startServer(network, host, { folder, values, hosts, scratch }) {
  const address = network.address(host);
  const env = environment({
    ...serviceEnvironment('temporal', values, hosts),
    BIND_ON_IP: address,
    DYNAMIC_CONFIG_FILE_PATH: join(deploy, 'temporal', 'dynamic-config.yaml'),
  });
  const server = start(network.on(host, join(folder, 'temporal-server'), 'start'), {
    env,
    cwd: scratch,
    log: join(scratch, 'temporal.log'),
  });
  await until("Temporal's server to answer", async () => {
    if (!server.isRunning())
      throw new Error(`Temporal's server ended:\n${readFileSync(server.log, 'utf8').slice(-2000)}`);
    // From the host itself: this machine has no way to it.
    const script = `require('net').connect(7233,'${address}').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))`;
    return must(network.on(host, process.execPath, '-e', script)).then(
      () => true,
      () => false,
    );
  });
  return server;
}
