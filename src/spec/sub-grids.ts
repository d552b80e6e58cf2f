/** Checks of `arms` that a schema cannot make: they look at several entries, or at what stands above them. */
import { ElbowError } from '../errors.js';
import { pathText, show, type Places } from './problems.js';
import { isMapping } from './settings.js';
import type { Path } from './source.js';

const entriesOf = (value: unknown): readonly unknown[] =>
  isMapping(value) && Array.isArray(value['arms']) ? value['arms'] : [];

/** Names that stand at two entries: arms of both would be called the same. */
export function repeatedNames(value: unknown, places: Places): ElbowError[] {
  const names = entriesOf(value).map((entry) => (isMapping(entry) ? entry['name'] : undefined));
  return names.flatMap((name, i) => {
    if (typeof name !== 'string' || names.indexOf(name) === i) return [];
    const path: Path = ['arms', i, 'name'];
    return new ElbowError(
      'spec-invalid',
      `\`${pathText(path)}\`: expected each name once, got ${show(name)} again`,
      {
        where: places.whereIs(path),
        hint: 'Put the settings into one entry, or give this one another name.',
      },
    );
  });
}

/**
 * Settings of `space` that were laid over the file (`--set`) and would change nothing, because every entry of `arms`
 * sets them itself. In the file they are a value that nobody uses; typed, they are a wish that would be lost.
 * @param file the sweep file as messages call it
 */
export function uselessSettings(value: unknown, places: Places, file: string): ElbowError[] {
  const entries = entriesOf(value);
  const space = isMapping(value) && isMapping(value['space']) ? value['space'] : {};
  if (entries.length === 0) return [];
  return Object.keys(space).flatMap((key) => {
    const path: Path = ['space', key];
    const where = places.whereIsKey(path);
    if (where.file === file || !entries.every((entry) => isMapping(entry) && Object.hasOwn(entry, key)))
      return [];
    return new ElbowError(
      'spec-invalid',
      `\`${pathText(path)}\`: every entry of \`arms\` sets ${key} itself`,
      {
        where,
        hint: 'Lay other entries over it: `--set arms=[{…}]`; `elbow schema` tells what they take.',
      },
    );
  });
}
