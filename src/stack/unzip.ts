/** Takes chosen members out of a zip file, such as a Python wheel. */
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { ElbowError } from '../errors.js';

/**
 * Unzips members into a folder.
 * @param place the member's path below `folder`, or null to leave it out
 * @param options mode of the files; default 0644
 * @returns how many files were written
 * @throws Error when the file is no zip; ElbowError `install-digest` when a member would leave the folder
 */
export async function unzip(
  file: string,
  folder: string,
  place: (member: string) => string | null,
  options: { readonly signal: AbortSignal; readonly mode?: number },
): Promise<number> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
  let written = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      const below = place(entry.fileName);
      if (below === null) continue;
      if (normalize(below).startsWith(`..${sep}`)) {
        throw new ElbowError('install-digest', `${file} has a member outside its folder: ${entry.fileName}`);
      }
      const path = join(folder, below);
      mkdirSync(dirname(path), { recursive: true });
      await pipeline(
        await zip.openReadStreamPromise(entry),
        createWriteStream(path, { mode: options.mode ?? 0o644 }),
        {
          signal: options.signal,
        },
      );
      written += 1;
    }
  } finally {
    zip.close();
  }
  return written;
}
