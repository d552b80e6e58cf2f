import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseSweep } from '../../src/spec/index.js';
import { elbow, ended, env, storage, useServers } from './servers.js';

useServers();

describe('a report of several sweeps', () => {
  beforeAll(async () => {
    await ended('seen');
    await ended('other');
  });

  it('compares them on one page, by default in a folder of both names', async () => {
    const { code, stdout, stderr } = await elbow('report', 'seen', 'other');
    expect(code).toBe(0);
    const page = join(env['ELBOW_HOME']!, 'reports', 'seen+other', 'report.html');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(page);
    expect(stderr).toMatch(/^Beside it: report\.json, curves\.csv, curve\.svg, curve\.png$/m);
    expect(readFileSync(page, 'utf8')).toContain('<h1>seen and other</h1>');
    const curves = readFileSync(join(page, '..', 'curves.csv'), 'utf8').split('\n');
    expect(curves[0]).toMatch(/^sweep,arm,arm_hash,samples_per_class,/);
    const sweeps = new Set(curves.slice(1, -1).map((line) => line.split(',')[0]));
    expect(sweeps).toEqual(new Set(['seen', 'other']));
  });

  it('is one JSON document, of what the options ask of all of them', async () => {
    const out = join(env['HOME']!, 'compared');
    const json = await elbow('report', 'seen', 'other', '--out', out, '--json', '--target', '0.7');
    const document = JSON.parse(json.stdout) as { files: string[]; arms: { label: string }[] };
    expect(document).toMatchObject({
      target: 0.7,
      arePaired: true,
      sweeps: [
        { name: 'seen', trials: 4, succeeded: 3 },
        { name: 'other', trials: 4, succeeded: 3 },
      ],
      differences: [],
    });
    expect(document.arms.map(({ label }) => label)).toContain('other optimizer=sgd');
    const names = ['report.html', 'report.json', 'curves.csv', 'curve.svg', 'curve.png'];
    expect(document.files).toEqual(names.map((name) => join(out, name)));
    expect(document.files.every((file) => existsSync(file))).toBe(true);
  });

  it('of other data is refused with sweeps-differ, and of a sweep twice; nothing is written', async () => {
    const out = join(env['HOME']!, 'not-compared');
    const twice = await elbow('report', 'seen', 'seen', '--out', out);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain('expected each sweep once, got seen twice');
    const source = 'name: digits\ndataset: mnist\nspace: { samplesPerClass: [10, 20] }\n';
    await storage.createSweep(parseSweep(source, 'digits.yaml'), source);
    const { code, stdout } = await elbow('report', 'seen', 'digits', '--out', out, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'sweeps-differ',
        message: 'expected sweeps that can be compared, got data set: cifar10 in seen and mnist in digits',
        hint: expect.stringContaining('same data') as unknown,
      },
    });
    expect((await elbow('report', 'seen', 'nowhere', '--out', out)).code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});
