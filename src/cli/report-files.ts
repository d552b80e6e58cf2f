/** What a command says of a report that it has written. */
import { dirname, relative } from 'node:path';
import type { Output } from './output.js';

/** The page on stdout, and what lies beside it. @param files absolute paths, the page first */
export function tellFiles(files: readonly string[], out: Output): void {
  const [page = '', ...others] = files;
  out.result(page);
  out.note(`Beside it: ${others.map((file) => relative(dirname(page), file)).join(', ')}`);
}
