/** Files that are there whole or not at all, also after a power cut. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file beside its place, waits until it is on the disk, then moves it there. Of two writers the last one wins.
 * @param mode of the file before the umask; left out: the user's alone
 * @throws what the file system throws; nothing is left then
 */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
  const draft = `${path}.${process.pid}`;
  try {
    const file = openSync(draft, 'w', mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  // The name is an entry of the folder, which has to reach the disk, too.
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
