import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The commit that is checked out in a folder, in hex; null where there is none (an installed package). */
export function gitCommit(folder: string): string | null {
  const git = join(folder, '.git');
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    if (!head.startsWith('ref: ')) return isCommit(head) ? head : null;
    const ref = head.slice('ref: '.length);
    const loose = join(git, ref);
    if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
    const packed = readFileSync(join(git, 'packed-refs'), 'utf8').split('\n');
    return packed.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0] ?? null;
  } catch {
    // No repository, or one of a form that is not read here: the version says enough.
    return null;
  }
}

const isCommit = (text: string): boolean => /^[0-9a-f]{40,64}$/.test(text);
