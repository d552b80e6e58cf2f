/** Processes of a test's stack, for tests that kill them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestHome } from './elbow.js';

/** Pids of a stack's processes whose command line holds `part`. */
export function pidsOf({ home }: TestHome, part: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return (
          environment.includes(`ELBOW_HOME=${home}`) &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part)
        );
      } catch {
        return false;
      }
    });
}

/** Under a user namespace the pid file still carries the pid as this machine sees it. */
export function postmasterOf({ home }: TestHome): number {
  const file = join(home, 'stack', 'postgres', 'postmaster.pid');
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}
