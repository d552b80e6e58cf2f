/** Another build of elbow beside the one that is tested: the same code, by other versions. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiled, packageRoot } from '../../src/paths.js';

export interface BuildVersions {
  /** Of package.json. */
  readonly elbow: string;
  /** Of the training code; the tested build's when left out. */
  readonly training?: string;
  /** Of the workflow code; the tested build's when left out. */
  readonly workflows?: string;
}

/**
 * @param folder that is not there yet
 * @returns its command line's entry
 */
export function copyBuild(folder: string, { elbow, ...versions }: BuildVersions): string {
  mkdirSync(folder, { recursive: true });
  const read = (path: string): object => JSON.parse(readFileSync(path, 'utf8')) as object;
  const write = (path: string, content: object): void =>
    writeFileSync(join(folder, path), JSON.stringify(content));
  write('package.json', { ...read(join(packageRoot, 'package.json')), version: elbow });
  cpSync(join(packageRoot, 'dist'), join(folder, 'dist'), { recursive: true });
  write('dist/build.json', { ...read(compiled('build.json')), ...versions });
  // Presets are read from the sources.
  for (const name of ['node_modules', 'prisma', 'src'])
    symlinkSync(join(packageRoot, name), join(folder, name));
  return join(folder, 'dist', 'src', 'cli', 'main.js');
}
