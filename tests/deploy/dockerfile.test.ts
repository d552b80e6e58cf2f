/** deploy/Dockerfile and .dockerignore, read as `npm run try:images` reads them when it builds the images for real. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contextFiles } from '../../scripts/images/context.mjs';
import { readStages } from '../../scripts/images/dockerfile.mjs';
import { COMMAND_GROUPS } from '../../src/cli/commands.js';
import { packageRoot } from '../../src/paths.js';

const path = join(packageRoot, 'deploy', 'Dockerfile');
const text = readFileSync(path, 'utf8');
const stages = readStages(path);
const targets = ['control', 'cpu-worker', 'gpu-worker'];

describe('the Dockerfile', () => {
  it('starts every stage from a base that is pinned by a version, or from another stage', () => {
    for (const [name, { from }] of Object.entries(stages)) {
      if (!(from in stages)) expect(from, name).toMatch(/^node:\d+\.\d+\.\d+-[a-z]+-slim$/);
    }
  });

  it('starts elbow as a user by number, under tini, with a health check of elbow’s own', () => {
    for (const name of targets) {
      const { config } = stages[name]!;
      expect(config.user, name).toBe('10001:10001');
      expect(config.entrypoint, name).toEqual(['tini', '--']);
      expect(config.stopSignal, name).toBe('SIGTERM');
      expect(config.healthcheck, name).toEqual(['elbow', 'workers', '--here']);
      expect(config.command?.slice(0, 2), name).toEqual(['elbow', 'worker']);
    }
    const commands = Object.values(COMMAND_GROUPS).flatMap((group) => Object.keys(group));
    expect(commands).toEqual(expect.arrayContaining(['worker', 'workers']));
  });

  it('takes no secret, downloads by nothing but package managers and elbow, and leaves compilers behind', () => {
    expect(text).not.toMatch(/PASSWORD|SECRET|TOKEN|DATABASE_URL/);
    expect(text).not.toMatch(/^ADD |curl|wget/m);
    const installs = stages['base']!.steps.filter(({ kind }) => kind === 'run').map(({ script }) => script);
    expect(installs.join()).not.toMatch(/g\+\+|python3|make\b/);
    for (const name of targets) expect(stages[name]!.from).toBe('base');
  });
});

describe('.dockerignore', () => {
  const files = contextFiles(packageRoot);

  it('lets through what is built from, and every migration', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'package-lock.json',
        '.npmrc',
        'tsconfig.json',
        'tsconfig.api.json',
        'scripts/build.mjs',
        'scripts/bring-parts.mjs',
        'prisma/schema.prisma',
        'prisma/migrations/20261124000001_tables/migration.sql',
        'src/native/register.cc',
        'src/spec/presets/quickstart.yaml',
      ]),
    );
  });

  it('keeps out what is secret, made, or of no use there', () => {
    expect(
      files.filter((file) =>
        /(^|\/)\.env|^(tests|docs|deploy|dist|node_modules|\.git)\b|generated/.test(file),
      ),
    ).toEqual([]);
  });
});
