/** What a build of images is given of the checkout. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ignore from '@balena/dockerignore';

/** Files of the build's context that .dockerignore lets through, relative to it. */
export function contextFiles(context) {
  const filter = ignore({ ignorecase: false }).add(readFileSync(join(context, '.dockerignore'), 'utf8'));
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(context, path);
      // Hundreds of thousands of files that the first line of .dockerignore keeps out.
      if (['node_modules', '.git'].includes(name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (!filter.ignores(name)) found.push(name);
    }
  };
  walk(context);
  return found;
}
