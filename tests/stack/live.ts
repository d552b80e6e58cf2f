/** A stack that really runs, looked at from outside: its processes, addresses, files and status. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { expect } from 'vitest';
import { stackFiles } from '../../src/stack/state.js';
import type { StackState } from '../../src/stack/state.js';
import type { TestHome } from '../support/elbow.js';

/** Processes of a home, as pid and command line. */
export function processesOf({ home }: TestHome): { pid: number; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        if (!environment.includes(`ELBOW_HOME=${home}`)) return [];
        return [
          { pid: Number(pid), line: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') },
        ];
      } catch {
        return [];
      }
    });
}

export const count = (stack: TestHome, part: RegExp): number =>
  processesOf(stack).filter(({ line }) => part.test(line)).length;
export const TEMPORAL = /server start-dev/;
export const WORKER = /workers\/main\.js/;
export const POSTMASTER = /postgres.* -D /;

export const pidOf = (file: string): number =>
  (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
export const stateOf = ({ home }: TestHome): StackState =>
  JSON.parse(readFileSync(stackFiles.state(home), 'utf8')) as StackState;

interface StatusDocument {
  readonly temporal: { up: boolean; address: string; namespace: string; ui: string; embedded: boolean };
  readonly database: { up: boolean; url: string; embedded: boolean };
  readonly workers: readonly { host: string; pool: string; slots: number; busy: number; version: string }[];
}

export async function statusOf(stack: TestHome): Promise<{ code: number | null; document: StatusDocument }> {
  const ended = await stack.elbow('status', '--json');
  return { code: ended.code, document: JSON.parse(ended.stdout) as StatusDocument };
}

export async function up(stack: TestHome): Promise<string> {
  const ended = await stack.elbow('up');
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stderr;
}

/** Addresses on which a process listens, as /proc/net writes them. */
export function listeningAddresses(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const LISTEN = '0A';
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9]!))
      .map((fields) => fields[1]!.split(':')[0]!),
  );
}
