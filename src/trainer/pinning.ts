/** Cores that a process is kept to, by the program `taskset` of util-linux. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

/** `0-3,8` as numbers; of what is no list, none. */
export function coresIn(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const range = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    if (!range) return [];
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}

/** As hexadecimal digits, the least core last: the form that every `taskset` takes. */
export const maskOf = (cores: readonly number[]): string =>
  cores.reduce((mask, core) => mask | (1n << BigInt(core)), 0n).toString(16);

/**
 * The cores that this process may use (its control group and affinity), neighbours next to each other: those of a package,
 * and within it those that share a core. Empty where the system does not tell.
 */
export function allowedCores(): readonly number[] {
  const cores = coresIn(/^Cpus_allowed_list:\s*(.*)$/m.exec(textOf('/proc/self/status'))?.[1] ?? '');
  const placed = cores.map((core) => {
    const topology = (name: string): number =>
      Number(textOf(`/sys/devices/system/cpu/cpu${core}/topology/${name}`) || 0);
    return { core, pack: topology('physical_package_id'), twin: topology('core_id') };
  });
  return placed.sort((a, b) => a.pack - b.pack || a.twin - b.twin || a.core - b.core).map(({ core }) => core);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

let found: string | null | undefined;

/** The path of `taskset`: a process may have another PATH than the worker. */
function taskset(): string | null {
  found ??=
    (process.env['PATH'] ?? '')
      .split(delimiter)
      .map((folder) => join(folder, 'taskset'))
      .find((path) => isAbsolute(path) && existsSync(path)) ?? null;
  return found;
}

/** Whether `taskset` is there and may be used. */
export async function canPin(): Promise<boolean> {
  const [core] = allowedCores();
  const program = taskset();
  if (core === undefined || program === null) return false;
  try {
    await promisify(execFile)(program, [maskOf([core]), process.execPath, '--version']);
    return true;
  } catch {
    return false;
  }
}

/**
 * Options of `fork` for a process that is kept to cores, where `taskset` is there: it becomes the process, under the same
 * pid. Node's own options of a worker, such as a debugger's port, are not its children's.
 * @param cores null for any
 */
export function pinnedTo(cores: readonly number[] | null): {
  readonly execPath: string;
  readonly execArgv: string[];
} {
  const program = cores === null ? null : taskset();
  if (cores === null || program === null) return { execPath: process.execPath, execArgv: [] };
  return { execPath: program, execArgv: [maskOf(cores), process.execPath] };
}

/** Cores for so many threads: a trial that has more threads than its slot has cores is not kept to them. */
export const coresFor = (cores: readonly number[] | null, threads: number): readonly number[] | null =>
  cores !== null && threads <= cores.length ? cores : null;
