/** `ELBOW_HOME` as its user's alone. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homeFolders } from '../paths.js';

/**
 * Makes the home, if it is missing, and takes from other users what an earlier elbow let them read: its folders. A home that
 * was there keeps its own mode, because who has made it may have other things in it.
 */
export function keepHomePrivate(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  for (const folder of Object.values(homeFolders).map((path) => path(home))) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    // A link leads to what is somebody else's to decide, and so does another user's folder.
    if (found?.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0) {
      chmodSync(folder, found.mode & 0o700);
    }
  }
}
