/**
 * Hosts as network namespaces of Linux, joined by a bridge in a namespace of its own: the machine's own network knows
 * nothing of them. Each has one address and no way out.
 */
import { readdirSync } from 'node:fs';
import { must, run } from './processes.mjs';

const SUBNET = '10.91.0';

/** Namespaces of this try's form, also those that a killed one left. */
const NAME = /^elbow3-(\d+)-/;

export async function createNetwork(names) {
  const id = process.pid;
  const nameOf = (host) => `elbow3-${id}-${host}`;
  const bridge = nameOf('switch');
  const made = [];
  const add = async (namespace) => {
    await must(['ip', 'netns', 'add', namespace]);
    made.push(namespace);
  };
  const remove = async () => {
    for (const namespace of made.splice(0)) await run(['ip', 'netns', 'delete', namespace]);
  };
  try {
    await add(bridge);
    await must(['ip', '-n', bridge, 'link', 'add', 'br0', 'type', 'bridge']);
    await must(['ip', '-n', bridge, 'link', 'set', 'br0', 'up']);
    for (const [i, host] of names.entries()) {
      const namespace = nameOf(host);
      await add(namespace);
      const pair = ['eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', host, 'netns', bridge];
      await must(['ip', 'link', 'add', ...pair]);
      await must(['ip', '-n', bridge, 'link', 'set', host, 'master', 'br0', 'up']);
      await must(['ip', '-n', namespace, 'addr', 'add', `${SUBNET}.${i + 1}/24`, 'dev', 'eth0']);
      for (const link of ['lo', 'eth0']) await must(['ip', '-n', namespace, 'link', 'set', link, 'up']);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    subnet: `${SUBNET}.0/24`,
    address: (host) => `${SUBNET}.${names.indexOf(host) + 1}`,
    /** The command line that runs a command on a host, under that host's name. */
    on: (host, ...command) => [
      ...['ip', 'netns', 'exec', nameOf(host), 'unshare', '--uts', 'sh', '-c'],
      'echo "$0" > /proc/sys/kernel/hostname && exec "$@"',
      host,
      ...command,
    ],
    /** Pulls the host's cable, at the switch. */
    cut: (host) => must(['ip', '-n', bridge, 'link', 'set', host, 'down']),
    mend: (host) => must(['ip', '-n', bridge, 'link', 'set', host, 'up']),
    remove,
  };
}

/** Namespaces of tries whose process is gone or is this one. */
export function namespacesLeft() {
  let names = [];
  try {
    names = readdirSync('/run/netns');
  } catch {
    // The folder is there once there was a namespace.
  }
  const isAlive = (pid) => readdirSync('/proc').includes(pid);
  return names.filter((name) => {
    const pid = NAME.exec(name)?.[1];
    return pid !== undefined && (Number(pid) === process.pid || !isAlive(pid));
  });
}
