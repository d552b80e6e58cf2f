import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canRunOperations, operationsFile } from '../../src/native-operations.js';
import { FILES, filesAddon } from '../../src/native-files.js';
import { placeFilesAddon, placeOperations, removeOperations } from '../../src/stack/native-libraries.js';
import type { StackOptions } from '../../src/stack/options.js';
import { findCompiler, tensorflowPackage, type Package } from '../../src/stack/tensorflow-addon.js';

let folder: string;
let notes: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-operations-'));
  mkdirSync(join(folder, 'home'));
  notes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A package that is linked to the library that is there. */
function packageIn(name: string): Package {
  const path = join(folder, name);
  mkdirSync(join(path, 'lib'), { recursive: true });
  symlinkSync(join(tensorflowPackage().folder, 'deps'), join(path, 'deps'));
  return { folder: path, version: '0' };
}

const options = (env: NodeJS.ProcessEnv): StackOptions => ({
  env: { ...process.env, ELBOW_HOME: join(folder, 'home'), ...env },
  signal: new AbortController().signal,
  note: (line) => void notes.push(line),
});
const place = (pack: Package, env: NodeJS.ProcessEnv = {}): Promise<string | null> =>
  placeOperations(pack, options(env));

describe.skipIf(!canRunOperations())("elbow's own operations", () => {
  it('are compiled once, kept, and put in the place of older ones', async () => {
    const pack = packageIn('first');
    const path = operationsFile(pack.folder);
    writeFileSync(join(dirname(path), 'elbow_operations-00000000.node'), 'of another state of the sources');
    expect(await place(pack)).toBeNull();
    expect(readdirSync(dirname(path))).toEqual([path.slice(dirname(path).length + 1)]);
    expect(notes).toEqual([expect.stringContaining('compiling')]);
    const second = packageIn('second');
    expect(await place(second, { CXX: '/bin/false' })).toBeNull();
    expect(existsSync(operationsFile(second.folder))).toBe(true);
    expect(notes).toHaveLength(1);
  }, 120_000);

  it.each([
    ['/bin/false', 'could not be compiled'],
    ['/no/such/compiler', '/no/such/compiler'],
  ])('are done without, and why is said, where %s is the compiler', async (compiler, why) => {
    const pack = packageIn('first');
    expect(await place(pack, { CXX: compiler })).toContain(why);
    expect(notes.at(-1)).toContain("trainings use TensorFlow's own");
    expect(existsSync(operationsFile(pack.folder))).toBe(false);
    expect(
      readdirSync(join(folder, 'home'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      ),
    ).toEqual([]);
  });

  it('say a full disk as such, so that the next `up` tries again', async () => {
    const compiler = join(folder, 'compiler');
    writeFileSync(
      compiler,
      '#!/bin/sh\necho "fatal error: error writing to x.s: No space left on device" >&2\nexit 1\n',
      {
        mode: 0o755,
      },
    );
    await expect(place(packageIn('first'), { CXX: compiler })).rejects.toMatchObject({
      code: 'install-disk-full',
    });
  });
});

describe('the addon that maps files', () => {
  it('is compiled once without anything of the CPU, beside operations that are taken out where a GPU trains', async () => {
    const pack = packageIn('first');
    const operations = operationsFile(pack.folder);
    writeFileSync(operations, 'of a time without a GPU');
    removeOperations(pack);
    expect(existsSync(operations)).toBe(false);
    expect(await placeFilesAddon(pack, options({}))).toBeNull();
    expect(existsSync(filesAddon(pack.folder))).toBe(true);
    expect(await placeFilesAddon(packageIn('second'), options({ CXX: '/bin/false' }))).toBeNull();
    expect(notes).toEqual([expect.stringMatching(/^compiling elbow's addon that maps files/)]);
    expect(FILES.flags.join(' ')).not.toMatch(/-m/);
  });

  it('is done without where there is no compiler, and why is said', async () => {
    expect(await placeFilesAddon(packageIn('first'), options({ CXX: '/bin/false' }))).toContain(
      'could not be compiled',
    );
    expect(notes.at(-1)).toContain('each trainer keeps a copy of the data');
  });
});

it('takes the compiler that is there, with the options that come with it', () => {
  writeFileSync(join(folder, 'c++'), '');
  expect(findCompiler({ PATH: folder })).toEqual(['c++']);
  expect(findCompiler({ PATH: folder, CXX: 'c++ -m64' })).toEqual(['c++', '-m64']);
  expect(findCompiler({ PATH: join(folder, 'empty') })).toBeNull();
});
