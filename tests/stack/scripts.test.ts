import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { freshFolder, standIn } from './support.js';

const scripts = join(packageRoot, 'scripts');

describe.each(['start.mjs', 'build.mjs', 'test.mjs'])('%s on a machine that lacks everything', (script) => {
  it('names all that is missing at once, what to do, and ends with 5 before it does anything', () => {
    const ended = spawnSync(process.execPath, [join(scripts, script)], {
      env: { PATH: freshFolder() },
      encoding: 'utf8',
    });
    expect(ended.status).toBe(5);
    for (const name of ['npm', 'python3', 'C++ compiler', 'make']) expect(ended.stderr).toContain(name);
    expect(ended.stderr).toContain('apt-get install build-essential');
    expect(ended.stderr).not.toContain('    at ');
  });
});

it('a Python without pip is named', () => {
  const bin = freshFolder();
  for (const name of ['npm', 'g++', 'make']) standIn(bin, name, 'exit 0');
  standIn(bin, 'python3', 'exit 1');
  const ended = spawnSync(process.execPath, [join(scripts, 'build.mjs')], {
    env: { PATH: bin },
    encoding: 'utf8',
  });
  expect(ended.status).toBe(5);
  expect(ended.stderr).toContain('python3 has no pip');
  expect(ended.stderr).not.toContain('npm is not');
});

describe('the installed dependencies', () => {
  const lock = {
    '': { name: 'x' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-o', optional: true },
  };
  const installed = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

  /** Whether the build script, in a folder of its own, takes what is installed as what the lockfile says. */
  async function areCurrent(packages: object | null): Promise<boolean> {
    const root = freshFolder();
    cpSync(scripts, join(root, 'scripts'), { recursive: true });
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }));
    mkdirSync(join(root, 'node_modules'));
    const file = join(root, 'node_modules', '.package-lock.json');
    if (packages) writeFileSync(file, JSON.stringify({ packages }));
    const build = (await import(pathToFileURL(join(root, 'scripts', 'build.mjs')).href)) as {
      areDependenciesCurrent(): boolean;
    };
    return build.areDependenciesCurrent();
  }

  it('are current when each is there in its version', async () => {
    expect(await areCurrent(installed)).toBe(true);
  });

  it.each([
    ['nothing was installed to its end', null],
    ['one is missing', {}],
    ['one has another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['one has another content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } }],
    ['one is too many', { ...installed, 'node_modules/b': { version: '1.0.0', integrity: 'sha512-b' } }],
  ])('are not when %s', async (_what, packages) => {
    expect(await areCurrent(packages)).toBe(false);
  });
});
