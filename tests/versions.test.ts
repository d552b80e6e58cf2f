import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HARMLESS, trainingFiles, trainingVersion, workflowsVersion } from '../scripts/code-digest.mjs';
import { packageRoot } from '../src/paths.js';
import { compareVersions, readVersions } from '../src/versions.js';
import type { WorkflowVersion } from '../src/versions.js';
describe('the versions of a build', () => {
  it('are those of the sources as they are', async () => {
    const { training, workflows } = readVersions();
    expect(training).toBe(await trainingVersion(packageRoot));
    expect(workflows.id).toMatch(new RegExp(`-${await workflowsVersion(packageRoot)}$`));
    expect(workflows.builtAt).toBeGreaterThan(0);
  });

  it('count all that decides the bits of a training: what else it calls is named as harmless', () => {
    const files = new Set(trainingFiles(packageRoot));
    expect(files.size).toBeGreaterThan(80);
    const called = new Set<string>();
    for (const file of [...files].filter((name) => name.endsWith('.ts'))) {
      for (const [statement, from] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) [^;]*?from '(\.[^']+)\.js';/gms,
      )) {
        if (/^(?:import|export) type /.test(statement)) continue;
        const path = join(dirname(file), `${from}.ts`);
        if (!files.has(path)) called.add(relative(join(packageRoot, 'src'), path));
      }
    }
    const unknown = [...called].filter((path) => !HARMLESS.some((name) => path.startsWith(name)));
    expect(unknown).toEqual([]);
    // And nothing is named in vain.
    expect(HARMLESS.filter((name) => ![...called].some((path) => path.startsWith(name)))).toEqual([]);
  });
});

describe('of two versions of the workflow code', () => {
  const of = (elbow: string, builtAt = 0, id = `${elbow}-${builtAt}`): WorkflowVersion => ({
    id,
    elbow,
    builtAt,
  });

  it.each([
    ['the number counts, and not its text', of('0.9.2', 9), of('0.10.0', 1)],
    ['a release comes after its betas', of('1.0.0-beta.2', 9), of('1.0.0', 1)],
    ['of one number the later build', of('1.0.0', 1), of('1.0.0', 2)],
    ['of builds of one moment always the same', of('1.0.0', 1, 'a'), of('1.0.0', 1, 'b')],
  ])('is newer: %s', (_what, older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  it('neither is, where they are one', () => {
    expect(compareVersions(of('1.0.0', 1, 'a'), of('1.0.0', 2, 'a'))).toBe(0);
  });
});
