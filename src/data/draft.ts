/** How a data set comes to its folder: put together beside it, and in place at once. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { diskFull, isDiskFull } from '../stack/index.js';

export interface Places {
  /** `ELBOW_HOME/data`. */
  readonly root: string;
  /** Where the data set is to be. */
  readonly folder: string;
  /** Where it is put together, on the same disk. */
  readonly draft: string;
}

export const placesOf = (root: string, name: string): Places => ({
  root,
  folder: join(root, name),
  draft: join(root, `.${name}.draft`),
});

/**
 * Puts a data set together in its draft, over whatever a killed one left there, and moves it into place.
 * @param label what is said to be too large where no space is left
 * @throws ElbowError `install-disk-full`; whatever `work` throws, with nothing left behind
 */
export async function putTogether(
  label: string,
  { root, folder, draft }: Places,
  work: () => Promise<void>,
): Promise<void> {
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await work();
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } catch (error) {
    throw isDiskFull(error) ? diskFull(label, root, error) : error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
