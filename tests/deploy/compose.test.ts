/** deploy/compose.yaml, as far as it can be judged without a Docker engine: dclint has the Compose specification's schema. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/paths.js';
import { readSettings } from '../../src/workers/index.js';

interface Service {
  readonly image: string;
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly resources?: { readonly limits?: object } };
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
}

const deploy = join(packageRoot, 'deploy');
const text = readFileSync(join(deploy, 'compose.yaml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const example = readFileSync(join(deploy, '.env.example'), 'utf8');
const services = Object.entries(compose.services);

/** Names and values of a file like .env. */
const settings = new Map(
  example
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
);
/** Every `${NAME…}` of the file: its name and what follows it. */
const uses = [...text.matchAll(/\$\{(\w+)([^}]*)\}/g)].map(([, name, rest]) => ({
  name: name!,
  rest: rest!,
}));

/** What dclint says of a file: its exit code and text. */
function lint(path: string): { code: number | null; said: string } {
  const bin = join(
    dirname(createRequire(import.meta.url).resolve('dclint/package.json')),
    'bin',
    'dclint.cjs',
  );
  // Images are built here and named, so that all services of one kind share one; the order of keys is a matter of taste.
  const ended = spawnSync(process.execPath, [bin, path, '--quiet', '--disable-rule', 'no-build-and-image'], {
    encoding: 'utf8',
  });
  return { code: ended.status, said: `${ended.stdout}${ended.stderr}`.trim() };
}

describe('compose.yaml', () => {
  it('is what the Compose specification allows, and a mistake would be seen', () => {
    expect(lint(join(deploy, 'compose.yaml'))).toEqual({ code: 0, said: '' });
    const folder = mkdtempSync(join(tmpdir(), 'elbow-compose-'));
    try {
      const wrong = text.replace('    shm_size: 256mb\n', '    shm_sizes: 256mb\n');
      expect(wrong).not.toBe(text);
      writeFileSync(join(folder, 'compose.yaml'), wrong);
      const { code, said } = lint(join(folder, 'compose.yaml'));
      expect(code).not.toBe(0);
      expect(said).toMatch(/shm_sizes|schema/i);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('publishes every port on 127.0.0.1 alone', () => {
    const ports = services.flatMap(([, { ports: all = [] }]) => all);
    expect(ports.length).toBeGreaterThanOrEqual(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{\w+:-\d+\}:\d+$/);
  });

  it('has no password of its own: each is asked for by name, and empty in .env.example', () => {
    const secrets = [...settings.keys()].filter((name) => /PASSWORD|SECRET|TOKEN|KEY/.test(name));
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    for (const name of secrets) expect(settings.get(name), name).toBe('');
    for (const { name, rest } of uses.filter((use) => /PASSWORD/.test(use.name))) {
      expect(rest, name).toBe(`:?set ${name} in .env`);
    }
    for (const [name, { environment = {} }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        if (/PASSWORD|PWD|SECRET|_URL$/.test(key))
          expect(value, `${name}.${key}`).toMatch(/\$\{\w+PASSWORD:\?/);
      }
    }
  });

  it('takes nothing from .env that .env.example does not have, with the same default, and the other way round', () => {
    expect([...new Set(uses.map(({ name }) => name))].sort()).toEqual([...settings.keys()].sort());
    for (const { name, rest } of uses.filter((use) => use.rest.startsWith(':-'))) {
      expect(rest.slice(2), name).toBe(settings.get(name));
    }
  });

  it('pins every image by a version, elbow’s own by a tag of the user’s', () => {
    for (const [name, { image }] of services) {
      expect(image, name).toMatch(
        /^(elbow-[a-z-]+:\$\{ELBOW_TAG:-latest\}|[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?)$/,
      );
    }
  });

  it('limits every service, and restarts those that stay', () => {
    for (const [name, { deploy: { resources } = {}, restart }] of services) {
      expect(resources?.limits, name).toMatchObject({ cpus: expect.any(String), memory: expect.any(String) });
      const ends = ['init', 'temporal-schema', 'cli'].includes(name);
      if (ends) expect(restart, name).toMatch(/^(no|on-failure:\d+)$/);
      else expect(restart, name).toBe('unless-stopped');
    }
  });

  it('starts workers with options that they take, after init', () => {
    const workers = services.filter(([, { command }]) => command?.[1] === 'worker');
    expect(workers.map(([name]) => name)).toEqual(['control', 'cpu-worker', 'gpu-worker']);
    for (const [name, { command, depends_on }] of workers) {
      const words = command!.map((word) => word.replace(/\$\{(\w+):-([^}]*)\}/, '$2'));
      const option = (flag: string): string | undefined => words[words.indexOf(flag) + 1];
      const isControl = words.includes('--control-only');
      const taken = readSettings(
        isControl ? { trials: false } : { pool: option('--pool'), slots: option('--slots'), control: false },
        {},
      );
      expect(taken.slots > 0, name).toBe(!isControl);
      expect(depends_on?.['init'], name).toEqual({ condition: 'service_completed_successfully' });
    }
  });

  it('mounts and builds from files that are there', () => {
    for (const [name, { volumes = [], build }] of services) {
      for (const volume of volumes.filter((one) => one.startsWith('./'))) {
        expect(existsSync(join(deploy, volume.split(':')[0]!)), `${name}: ${volume}`).toBe(true);
      }
      if (!build) continue;
      expect(join(deploy, build.context, build.dockerfile)).toBe(join(deploy, 'Dockerfile'));
      expect(readFileSync(join(deploy, 'Dockerfile'), 'utf8')).toContain(` AS ${build.target}\n`);
    }
    const named = services.flatMap(([, { volumes = [] }]) => volumes).filter((one) => /^[a-z]+:/.test(one));
    expect([...new Set(named.map((one) => one.split(':')[0]))].sort()).toEqual(
      Object.keys(compose.volumes).sort(),
    );
  });
});
