import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './support.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-fit-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fit(content: string, ...options: string[]) {
  const file = join(folder, 'scores.csv');
  writeFileSync(file, content);
  return run(['fit', file, ...options], { cwd: folder });
}

const SIZES = [10, 20, 50, 100, 200, 500, 1000];
/** Differs from replicate to replicate by about a hundredth. */
const score = (n: number, seed: number): number =>
  0.8 - 1.1 * n ** -0.35 + 0.01 * Math.sin(12.9898 * n + 78.233 * seed);
const rows = SIZES.flatMap((n) => [1, 2, 3].map((seed) => [n, score(n, seed), seed] as const));
const CSV = `n,score,seed\n${rows.map((row) => row.join(',')).join('\n')}\n`;

describe('elbow fit', () => {
  it('tells the curve, the elbow, the target and the families', async () => {
    const { code, stdout, stderr } = await fit(
      CSV,
      '--target',
      '0.75',
      '--test-size',
      '10000',
      '--pool',
      '50000',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[▁-█]{7} {2}0\.\d+ at 10 to 0\.\d+ at 1,000$/m);
    expect(stdout).toMatch(/^ *1,000 +3 +0\.(?:69|70)\d +0\.\d+ – 0\.\d+ +0\.\d+ – 0\.\d+$/m);
    expect(stdout).toMatch(/^ *4,000 +fitted +0\.7\d\d +0/m);
    expect(stdout).toMatch(/^Elbow not reached: the doubling from 500 to 1,000 brings 0\.0\d+/m);
    expect(stdout).toMatch(/^Target 0\.75: about [\d,]+ samples per class/m);
    expect(stdout).toMatch(/^Families by how likely they are: /m);
    expect(stdout).toMatch(/^Kneedle: /m);
    expect(stdout).toMatch(
      /^Straight line in log n: 0\.\d+ \+ 0\.\d+·ln n, R² 0\.9\d\d; it does not hold \(p < 0\.001\)\.$/m,
    );
    expect(stderr).toBe('');
  });

  it('prints one JSON document, the same each time, whatever the order, the separator and the decimal sign', async () => {
    const plain = JSON.parse((await fit(CSV, '--json')).stdout) as { arms: Record<string, unknown>[] };
    expect(plain.arms).toHaveLength(1);
    expect(plain.arms[0]).toMatchObject({
      arm: '',
      sizes: SIZES.map((n) => ({ n, replicates: 3 })),
      elbow: { state: 'not-reached', n: null },
      at: [{ n: 2000 }, { n: 4000 }],
      logLinear: { holds: false },
      target: null,
      warnings: [{ code: 'no-test-size' }, { code: 'no-pool' }],
    });
    const [header, ...lines] = CSV.trimEnd().split('\n');
    const semicolons = [header, ...lines.toReversed()]
      .map((line) => line!.replaceAll(',', ';').replaceAll('.', ','))
      .join('\r\n');
    const other = await fit(`\uFEFF${semicolons}`, '--decimal-comma', '--json');
    expect(JSON.parse(other.stdout)).toEqual(plain);
    const tabs = await fit(CSV.replaceAll(',', '\t'), '--json');
    expect(JSON.parse(tabs.stdout)).toEqual(plain);
  });

  it('takes other columns, several arms, standard errors and losses', async () => {
    const table = [
      'run,labels,loss,error',
      ...SIZES.flatMap((n) => ['a', 'b'].map((arm) => `${arm},${n},${1 - score(n, 0)},0.01`)),
    ];
    const options = [
      '--n',
      'labels',
      '--score',
      'loss',
      '--arm',
      'run',
      '--se',
      'error',
      '--minimize',
      '--json',
    ];
    const { code, stdout } = await fit(table.join('\n'), ...options, '--at', '3000');
    expect(code).toBe(0);
    const { arms } = JSON.parse(stdout) as {
      arms: { arm: string; at: { score: number; lo: number }[]; warnings: { code: string }[] }[];
    };
    expect(arms.map(({ arm }) => arm)).toEqual(['a', 'b']);
    expect(arms[0]!.at).toHaveLength(1);
    expect(arms[0]!.at[0]!.lo).toBeGreaterThan(0);
    expect(arms[0]!.at[0]!.score).toBeLessThan(1 - score(1000, 0) + 0.02);
    expect(arms[0]!.warnings.map(({ code: warning }) => warning)).not.toContain('one-replicate');
  });

  it('compares arms in pairs by replicate', async () => {
    const table = [
      'arm,n,score,seed',
      ...rows.flatMap(([n, value, seed]) => [
        `plain,${n},${value},${seed}`,
        `better,${n},${value + 0.05 + 0.001 * Math.cos(n * seed)},${seed}`,
        `same,${n},${value + 0.001 * Math.sin(n * seed)},${seed}`,
      ]),
    ].join('\n');
    const { stdout } = await fit(table);
    expect(stdout).toMatch(/^Arms compared at 1,000 per class, in pairs by replicate$/m);
    expect(stdout).toMatch(
      /^ {2}plain – better: -0\.0\d+ \(-0\.0\d+ to -0\.0\d+; 3 replicates; p < 0\.001\): different$/m,
    );
    expect(stdout).toMatch(/^ {2}plain – same: .*: equivalent within 0\.01$/m);
    expect(stdout).toMatch(/^p values are of 3 comparisons together \(Holm\)\.$/m);
    const { comparisons } = JSON.parse((await fit(table, '--compare', 'mean', '--json')).stdout) as {
      comparisons: { at: unknown; a: string; b: string; verdict: string }[];
    };
    expect(comparisons.map(({ at, a, b, verdict }) => [at, a, b, verdict])).toEqual([
      ['mean', 'plain', 'better', 'different'],
      ['mean', 'plain', 'same', 'equivalent'],
      ['mean', 'better', 'same', 'different'],
    ]);
  });

  it('compares no pairs of very many arms, and stops between two of them when it is told to', async () => {
    const table = [
      'arm,n,score,seed',
      ...Array.from({ length: 31 }, (_, arm) => [10, 20].map((n) => `${arm},${n},0.5,1`)).flat(),
    ];
    const many = await fit(table.join('\n'));
    expect(many.code).toBe(0);
    expect(many.stdout).not.toContain('compared');
    expect(many.stderr).toMatch(/More than 30 arms are not compared/);
    const stopped = await run(['fit', join(folder, 'scores.csv')], { signal: AbortSignal.abort() });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toBe('');
  });

  it('answers what is too thin, with a warning', async () => {
    const one = await fit('n,score\n10,0.5\n');
    expect(one.code).toBe(0);
    expect(one.stdout).toMatch(/^Elbow: cannot be said\.$/m);
    expect(one.stderr).toMatch(/One size is too few for a curve/);
    const three = await fit('n,score\n10,0.5\n20,0.55\n40,0.58\n');
    expect(three.code).toBe(0);
    expect(three.stderr).toMatch(/^One score a size:/m);
  });

  it.each([
    ['an empty file', '', /expected a header line with the columns n and score, got an empty file/],
    ['no rows', 'n,score\n', /expected rows below the header, got none/],
    [
      'no such column',
      'size,score\n10,0.5\n',
      /scores\.csv:1: expected a column n, got size, score\n {2}`--n NAME` names the column/,
    ],
    ['a column twice', 'n,score,n\n10,0.5,1\n', /expected one column n, got two/],
    ['a size of 0', 'n,score\n0,0.5\n', /scores\.csv:2: expected a size above 0, got 0/],
    ['a word', 'n,score\n10,high\n20,0.5\n', /scores\.csv:2: expected a number in column score, got "high"/],
    ['NaN', 'n,score\n10,NaN\n', /expected a number in column score, got "NaN"/],
    ['an infinite number', 'n,score\n10,1e999\n', /expected a number in column score, got "1e999"/],
    ['nothing', 'n,score\n10\n', /expected a number in column score, got nothing/],
    ['a decimal comma', 'n;score\n10;0,5\n', /got "0,5"\n {2}`--decimal-comma` reads numbers with a comma/],
    [
      'a seed twice',
      'n,score,seed\n10,0.5,1\n10,0.6,1\n',
      /scores\.csv:3: expected size 10 of seed 1 once, got it in line 2 already/,
    ],
    [
      'two standard errors of a size',
      'n,score,se,seed\n10,0.5,0.1,1\n10,0.6,0.1,2\n',
      /scores\.csv:3: expected size 10 with a standard error once, got it in line 2 already/,
    ],
    ['a standard error of 0', 'n,score,se\n10,0.5,0\n', /expected a standard error above 0, got 0/],
    ['percent', 'n,score\n10,50\n', /expected scores from 0 to 1, got 50 at size 10\n {2}`--range LO,HI`/],
    [
      'hundreds of sizes',
      `n,score\n${Array.from({ length: 201 }, (_, i) => `${i + 1},0.5`).join('\n')}\n`,
      /expected at most 200 different sizes, got 201\n {2}Keep those/,
    ],
    ['a quote that does not end', 'n,score\n10,"0.5\n', /expected a CSV file: /],
  ])('refuses %s, and says where', async (_, content, message) => {
    const { code, stderr } = await fit(content);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('tells all wrong rows at once', async () => {
    const { stderr } = await fit('n,score\nten,0.5\n20,\n-1,0.5\n');
    expect(stderr).toMatch(/:2: .*\n.*:3: .*\n.*:4: /);
  });

  it.each([
    [['--delta', '0'], /expected a number above 0 after --delta, got 0/],
    [['--confidence', '95'], /expected a number between 0 and 1 after --confidence, got 95/],
    [['--at', '5000,many'], /expected sizes above 0 after --at/],
    [['--margin', '0'], /expected a number above 0 after --margin, got 0/],
    [['--compare', 'best'], /expected a size or `mean` after --compare, got best/],
    [['--range', '1,0'], /expected two ends after --range/],
    [['--test-size', '100', '--range', '0,100'], /expected scores from 0 to 1 with --test-size/],
    [['--test-size', '0.5'], /expected a whole number from 1 on after --test-size, got 0\.5/],
    [['--seed', 'replicate'], /expected a column replicate, got n, score, seed/],
  ])('refuses %j', async (options, message) => {
    const { code, stderr } = await fit(CSV, ...options);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says which file cannot be read', async () => {
    const { code, stderr } = await run(['fit', join(folder, 'nothing.csv')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/nothing\.csv cannot be read: ENOENT/);
    const told = await run(['fit', join(folder, 'nothing.csv'), '--json']);
    expect(JSON.parse(told.stdout)).toMatchObject({ error: { code: 'scores-unusable' } });
  });

  it('writes a page with its files, and in report.json what --json prints', async () => {
    const plain = JSON.parse((await fit(CSV, '--target', '0.75', '--at', '3000', '--json')).stdout) as object;
    const options = ['--target', '0.75', '--at', '3000', '--report', 'page'];
    const { code, stdout, stderr } = await fit(CSV, ...options);
    expect(code).toBe(0);
    const page = join(folder, 'page', 'report.html');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(page);
    expect(stderr).toMatch(/^Beside it: report\.json, curves\.csv, curve\.svg, curve\.png$/m);
    expect(readFileSync(page, 'utf8')).toContain('<h1>scores.csv</h1>');
    const json = JSON.parse(readFileSync(join(folder, 'page', 'report.json'), 'utf8')) as object;
    expect(json).toMatchObject({ ...plain, page: { title: 'scores.csv', target: 0.75 } });
    const [header, ...lines] = readFileSync(join(folder, 'page', 'curves.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(header).toBe(
      'arm,samples_per_class,replicates,mean,std,plain_low,plain_high,pooled_low,pooled_high,new_images_low,new_images_high',
    );
    expect(lines).toHaveLength(SIZES.length);
    const both = JSON.parse((await fit(CSV, ...options, '--json')).stdout) as { files: string[] };
    expect(both).toMatchObject({ ...plain, files: expect.arrayContaining([page]) as unknown });
  });

  it('refuses a folder that cannot be written to', async () => {
    const { code, stderr } = await fit(CSV, '--report', 'scores.csv');
    expect(code).toBe(2);
    expect(stderr).toMatch(/the report cannot be written to .*scores\.csv/);
    expect(stderr).toContain('--report DIR');
  });
});
