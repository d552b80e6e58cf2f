import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, type TestHome } from '../support/elbow.js';

let machine: TestHome;

beforeAll(() => {
  machine = createHome();
});

afterAll(async () => {
  await machine.remove();
});

/** Writes a sweep file and gives its name. */
function sweep(name: string, text: string | Buffer): string {
  writeFileSync(join(machine.scratch, name), text);
  return name;
}

const setting = (line: string): string => `name: a\nspace:\n  ${line}\n`;
const sizes = (value: string): string => `name: sizes\nspace:\n  samplesPerClass: ${value}\n`;

describe('a wrong sweep file starts nothing, exits with 2 and says where and what', () => {
  const cases: readonly [string, string | Buffer, RegExp][] = [
    ['empty.yaml', '', /empty/i],
    ['binary.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe]), /text|binary|UTF-8/i],
    ['huge.yaml', `name: huge\n# ${'x'.repeat(3_000_000)}\n`, /MiB|bytes|MB/],
    ['cyclic.yaml', 'name: cyclic\nspace: &a\n  model: *a\n', /alias|cycl|refers to itself/i],
    ['unknown.yaml', 'name: unknown\nspace:\n  optimiser: adam\n', /unknown\.yaml:3:3.*optimiser|optimizer/s],
    ['zero.yaml', sizes('0'), /zero\.yaml:3:\d+/],
    ['negative.yaml', sizes('-1'), /negative\.yaml:3:\d+/],
    ['fraction.yaml', sizes('1.5'), /1\.5/],
    ['toomany.yaml', sizes('6000'), /5,?000/],
    ['word.yaml', sizes('"ten"'), /ten/],
    [
      'two.yaml',
      'name: Two Words\nspace:\n  batchSize: 0\n',
      /two\.yaml:1:.*two\.yaml:3:.*the default, 64;/s,
    ],
    [
      'rate.yaml',
      setting('learningRate: -1'),
      /rate\.yaml:3:17: .*above 0, got -1\n +.*the default, 0\.001;/,
    ],
    [
      'loss.yaml',
      setting('loss: foo'),
      /loss\.yaml:3:9: .*cross-entropy, mse, .*\n +.*the default, cross-entropy;/,
    ],
    ['near.yaml', setting('loss: mse2'), /near\.yaml:3:9: .*\n +Did you mean `mse`/],
    [
      'shapes.yaml',
      'name: a\nspace: { model: mine }\nnetworks:\n  mine:\n    - { conv: 8, size: 40 }\n    - flatten\n    - dense: classes\n',
      /shapes\.yaml:5:7: .*40×40, its input is 32×32×3\n +Pool less before it/,
    ],
  ];
  it.each(cases)('%s', async (name, text, expected) => {
    const ended = await machine.elbow('run', sweep(name, text));
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toMatch(expected);
    expect(ended.stdout).toBe('');
  });

  it('takes a size of 1', async () => {
    const ended = await machine.elbow('run', sweep('one.yaml', sizes('1')), '--dry-run');
    expect(ended.code, ended.stderr).toBe(0);
  });

  it('names the nearest preset or file for one that does not exist, and refuses a folder', async () => {
    const missing = await machine.elbow('run', 'quikstart');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/quickstart/);
    mkdirSync(join(machine.scratch, 'folder.yaml'), { recursive: true });
    expect((await machine.elbow('run', 'folder.yaml')).code).toBe(2);
  });

  it('carries the same in JSON', async () => {
    const ended = await machine.elbow('run', sweep('json.yaml', sizes('0')), '--json');
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      error: { code: 'spec-invalid', where: { file: expect.stringContaining('json.yaml'), line: 3 } },
    });
  });
});

describe('a wrong command exits with 2 and names the right one', () => {
  it.each([
    [['rnu'], /run/],
    [['list', '--jsno'], /--json/],
    [['frobnicate'], /--help/],
    [['run'], /FILE/i],
    [['logs', 'x'], /number/i],
  ] as const)('elbow %j', async (args, expected) => {
    const ended = await machine.elbow(...args);
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toMatch(expected);
  });
});

describe('without a stack', () => {
  it.each(['list', 'show', 'report'])('elbow %s exits with 4 and names `elbow up`', async (command) => {
    const ended = await machine.elbow(command, ...(command === 'list' ? [] : ['x']));
    expect(ended.code, ended.stderr).toBe(4);
    expect(ended.stderr).toMatch(/elbow up/);
  });

  it('says which database it cannot reach, without its password', async () => {
    machine.env['TEMPORAL_ADDRESS'] = '127.0.0.1:9';
    machine.env['DATABASE_URL'] = 'postgresql://me:s3cret@127.0.0.1:9/elbow';
    try {
      const ended = await machine.elbow('list');
      expect(ended.code).toBe(4);
      expect(ended.stderr).toMatch(/127\.0\.0\.1:9/);
      expect(ended.stderr + ended.stdout).not.toMatch(/s3cret/);
    } finally {
      delete machine.env['DATABASE_URL'];
      delete machine.env['TEMPORAL_ADDRESS'];
    }
  });
});
