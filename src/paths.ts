/** Where elbow's own files are: the package, and `ELBOW_HOME` with everything that is brought or kept. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of elbow's package.json, whether this file runs from source or from dist. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(start: string): string {
  let folder = start;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${start}`);
    folder = parent;
  }
  return folder;
}

interface Manifest {
  readonly version: string;
}

/** Elbow's version, from its package.json. */
export const elbowVersion: string = // The file is elbow's own, checked in.
  (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest).version;

/** `ELBOW_HOME`, or the user's data folder: `$XDG_DATA_HOME/elbow`, `~/.local/share/elbow`. Absolute. */
export function elbowHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env['ELBOW_HOME']) return resolve(env['ELBOW_HOME']);
  const base = env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  return join(base, 'elbow');
}

/** Folders of `ELBOW_HOME`. */
export const homeFolders = {
  /** Downloads and unpacked programs and libraries, by name and version. */
  parts: (home: string): string => join(home, 'parts'),
  /** Data sets, decoded. */
  data: (home: string): string => join(home, 'data'),
  /** Trained networks, by digest. */
  models: (home: string): string => join(home, 'models'),
  /** Of trials that are being trained, one folder an attempt. */
  checkpoints: (home: string): string => join(home, 'checkpoints'),
  /** The local stack: ports, passwords, database files, pid files. */
  stack: (home: string): string => join(home, 'stack'),
  logs: (home: string): string => join(home, 'logs'),
  /** Of `elbow report`, where no other folder is named; one folder a sweep. */
  reports: (home: string): string => join(home, 'reports'),
};

/** A compiled entry point, such as `src/trainer/process.js`. */
export const compiled = (relative: string): string => join(packageRoot, 'dist', relative);
