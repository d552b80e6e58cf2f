/** Files of `ELBOW_HOME` are the user's alone, and no name reaches a shell or a place outside. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { everythingBelow } from '../support/secrets.js';

const MINUTES = 60_000;
/** What a shell, a path, an option parser, SQL or HTML would make something else of. */
const HOSTILE = '-rf $(touch x) `touch y`; touch z; \'"\n<script>alert(1)</script> | tee w & ..';
let stack: TestHome;
let umask: number;

beforeAll(async () => {
  // As careless as a user can be.
  umask = process.umask(0);
  stack = createHome();
  mkdirSync(join(stack.home, 'models'), { mode: 0o777 });
  expect((await stack.elbow('up')).code).toBe(0);
}, 3 * MINUTES);

afterAll(async () => {
  process.umask(umask);
  await stack.remove();
}, MINUTES);

/** Files that some shell would have made. */
const touched = (): string[] =>
  everythingBelow(join(stack.home, '..'))
    .map(({ path }) => path)
    .filter((path) => /^[wxyz]$/.test(path.split('/').at(-1)!));

describe('names that a shell would take apart', () => {
  it(
    'are but names: of sweep files, folders, data, classes, parameters and reports',
    async () => {
      const folder = join(stack.scratch, HOSTILE.replaceAll('/', '∕'));
      mkdirSync(folder);
      const inside = (name: string): string => join(folder, name);
      const rows = Array.from(
        { length: 100 },
        (_, i) => `${i % 2 ? '<b>$(touch x)</b>' : '";touch y'},${i % 2},${i}`,
      );
      writeFileSync(
        inside('$(touch x).csv'),
        [
          'kind,a,b',
          ...rows.map((row) =>
            row
              .replace('";', '"";')
              .replace(/^""/, '"""')
              .replace(/,/, row.startsWith('"') ? '",' : ','),
          ),
        ].join('\n'),
      );
      writeFileSync(
        inside('data.yaml'),
        'name: data\ndataset: { csv: "$(touch x).csv", label: kind }\nspace: { model: mlp, samplesPerClass: 10, epochs: 1 }\n',
      );
      writeFileSync(inside('program $(touch x).mjs'), PROGRAM);
      const value = JSON.stringify(HOSTILE);
      writeFileSync(
        inside('program.yaml'),
        `name: program\ntrainable: { command: [node, "program $(touch x).mjs", "{text}", "a{text}b"], env: { TEXT: ${value} } }\n` +
          `space: { text: [${value}, plain] }\nobjective: { metric: score, direction: maximize }\n`,
      );
      const data = await stack.elbow('run', inside('data.yaml'));
      expect(data.code, data.stderr).toBe(0);
      const program = await stack.elbow('run', inside('program.yaml'));
      expect(program.code, program.stderr).toBe(0);
      // The arguments and the variable came as they were written, each one argument.
      expect(JSON.parse(readFileSync(inside('told.json'), 'utf8'))).toEqual([
        HOSTILE,
        `a${HOSTILE}b`,
        HOSTILE,
      ]);
      const out = inside('$(touch x) report');
      for (const sweep of ['program', 'data']) {
        expect((await stack.elbow('report', sweep, '--out', out)).code).toBe(0);
        const page = readFileSync(join(out, 'report.html'), 'utf8');
        expect(page).not.toContain('<script>alert');
        expect(page).not.toContain('<b>$(touch');
      }
      expect(
        (await stack.elbow('export', 'data', '0', '--format', 'tfjs', '--out', inside('`touch y`'))).code,
      ).toBe(0);
      for (const args of [
        ['show', 'program'],
        ['trial', 'program', '0'],
        ['logs', 'program', '0'],
        ['list'],
        ['datasets', inside('$(touch x).csv')],
        ['predict', 'data', '0', inside('$(touch x).csv')],
        ['rerun', 'program', '--where', "params->>'text' = '$(touch x)'"],
      ]) {
        expect((await stack.elbow(...args)).code, args.join(' ')).not.toBe(1);
      }
      expect(touched()).toEqual([]);
    },
    4 * MINUTES,
  );

  it(
    'are refused as names of sweeps, everywhere, and nothing is made or removed',
    async () => {
      const before = everythingBelow(stack.scratch).map(({ path }) => path);
      const home = (): string[] =>
        everythingBelow(stack.home)
          .map(({ path }) => path)
          .filter((path) => !/\/(stack|logs)\//.test(path));
      const kept = home();
      const names = [
        '../../escaped',
        '$(touch x)',
        "'; drop table sweeps; --",
        '--',
        '-x',
        'a\nb',
        '/etc/passwd',
        '.',
        '',
      ];
      const commands = (name: string): string[][] => [
        ['show', name],
        ['report', name],
        ['rm', name, '--yes'],
        ['logs', name, '0'],
        ['rerun', name, '--yes'],
        ['predict', name, '0', name],
        ['export', name, '0', '--out', name],
        ['run', name],
        ['run', 'smoke', '--name', name, '--dry-run'],
      ];
      for (const name of names.slice(0, 3)) {
        for (const args of commands(name))
          expect([2, 4], args.join(' ')).toContain((await stack.elbow(...args)).code);
      }
      for (const name of names.slice(3)) {
        for (const args of [
          ['rm', name, '--yes'],
          ['report', name],
        ]) {
          expect((await stack.elbow(...args)).code, args.join(' ')).toBe(2);
        }
      }
      expect(everythingBelow(stack.scratch).map(({ path }) => path)).toEqual(before);
      expect(home()).toEqual(kept);
      expect(touched()).toEqual([]);
      expect(await queryRows(stack, 'select count(*) as n from sweeps')).toEqual([{ n: 2 }]);
    },
    5 * MINUTES,
  );
});

describe('files', () => {
  it(
    'of ELBOW_HOME are the user’s alone, whatever the umask; results elsewhere have the user’s modes',
    async () => {
      expect((await stack.elbow('report', 'data')).code).toBe(0);
      expect((await stack.elbow('doctor')).code).not.toBe(1);
      const open = everythingBelow(stack.home).filter(({ mode }) => (mode & 0o077) !== 0);
      expect(open.map(({ path, mode }) => `${mode.toString(8)} ${path}`)).toEqual([]);
      for (const name of ['stack', 'models', 'logs', 'reports'])
        expect(existsSync(join(stack.home, name)), name).toBe(true);
      const below = everythingBelow(stack.scratch);
      const modeOf = (end: string): string => below.find(({ path }) => path.endsWith(end))!.mode.toString(8);
      expect(modeOf('/report.html')).toBe('666');
      expect(modeOf('$(touch x) report')).toBe('777');
      expect(modeOf('/told.json')).toBe('666');
      expect(modeOf('/model.json')).toBe('666');
      expect(statSync(stack.scratch).mode & 0o777).toBe(0o777);
    },
    2 * MINUTES,
  );

  it(
    'that hold a password of the local stack are two, and no command prints the owner’s',
    async () => {
      const state = JSON.parse(readFileSync(join(stack.home, 'stack', 'stack.json'), 'utf8')) as {
        postgres: { password: string; readerPassword: string };
      };
      const holds = (secret: string): string[] =>
        everythingBelow(stack.home)
          .filter(({ path, isFile }) => isFile && readFileSync(path, 'latin1').includes(secret))
          .map(({ path }) => path.slice(stack.home.length + 1))
          .sort();
      expect(holds(state.postgres.password)).toEqual(['stack/stack.json']);
      expect(holds(state.postgres.readerPassword)).toEqual(['stack/pgpass', 'stack/stack.json']);
      for (const args of [['status'], ['status', '--json'], ['doctor', '--json'], ['up'], ['up', '--json']]) {
        const { stdout, stderr } = await stack.elbow(...args);
        expect(stdout + stderr, args.join(' ')).not.toContain(state.postgres.password);
        // Of the role that only reads, and where a program asks for it.
        const isForPrograms = args.includes('--json') && args[0] !== 'doctor';
        expect((stdout + stderr).includes(state.postgres.readerPassword), args.join(' ')).toBe(isForPrograms);
      }
    },
    2 * MINUTES,
  );
});

const PROGRAM = `import { writeFileSync } from 'node:fs';
if (process.argv[2] !== 'plain') writeFileSync('told.json', JSON.stringify([...process.argv.slice(2), process.env.TEXT]));
console.log(JSON.stringify({ score: 1 }));
`;
