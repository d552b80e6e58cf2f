/** What a process takes of the machine's memory. */
import { readFileSync } from 'node:fs';

/** Resident memory of a process in MB (10⁶ bytes); null when it has ended. */
export function residentMb(pid: number): number | null {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return null;
  }
}
