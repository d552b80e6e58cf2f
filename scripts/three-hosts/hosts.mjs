/** The hosts of the try: elbow's commands, workers and what is seen of the sweeps, each in the place where it runs. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { root } from '../build.mjs';
import { environment, run, start } from './processes.mjs';

const main = join(root, 'dist', 'src', 'cli', 'main.js');

/**
 * @param settings variables that all hosts share
 * @param source the ELBOW_HOME whose parts all use and whose data sets some have
 */
export function createHosts(network, { scratch, settings, source }) {
  const home = (host) => join(scratch, host);
  const env = (host) => environment({ ...settings, ELBOW_HOME: home(host) });
  return {
    home,
    env,
    /** A home with the parts that are there, and with a data set or without. */
    prepare: (host, dataset) => {
      mkdirSync(home(host), { mode: 0o700 });
      symlinkSync(join(source, 'parts'), join(home(host), 'parts'));
      if (dataset)
        cpSync(join(source, 'data', dataset), join(home(host), 'data', dataset), { recursive: true });
    },
    elbow: (host, ...args) =>
      run(network.on(host, process.execPath, main, ...args), { env: env(host), cwd: scratch }),
    worker: (host, ...args) => {
      const log = join(scratch, `${host}.log`);
      const command = network.on(host, process.execPath, main, 'worker', ...args);
      const worker = start(command, { env: env(host), cwd: scratch, log });
      return { ...worker, said: () => readFileSync(log, 'utf8') };
    },
    watch: (host) =>
      watch(network.on(host, process.execPath, join(root, 'scripts/three-hosts/watch.mjs')), env(host)),
  };
}

/** What attempts look like now; and it can be waited until they look otherwise. */
function watch(command, env) {
  const child = spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let now = { at: Date.now(), rows: [] };
  let waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    now = JSON.parse(line);
    waiting = waiting.filter((one) => !one());
  });
  return {
    rows: (sweep) => now.rows.filter((row) => row.sweep === sweep),
    /** Resolves to the time at which the rows of a sweep first were as wanted. */
    when: (what, sweep, isTrue, limitMs = 300_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`waited ${limitMs / 1000} s in vain for ${what}`)),
          limitMs,
        );
        const look = () => {
          if (!isTrue(now.rows.filter((row) => row.sweep === sweep))) return false;
          clearTimeout(timer);
          resolve(now.at);
          return true;
        };
        if (!look()) waiting.push(look);
      }),
    stop: () =>
      new Promise((resolve) => {
        child.on('close', resolve);
        child.kill('SIGTERM');
      }),
  };
}
