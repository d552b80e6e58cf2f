/** `elbow/curves` as somebody else's project takes it: the example of docs/curves.md, by the package's name. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules', '.bin', 'tsc');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-consumer-'));
  // As `npm install PATH` does.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'elbow'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
});
afterAll(() => rmSync(folder, { recursive: true }));

function compile(code: string): string {
  writeFileSync(join(folder, 'consumer.ts'), code);
  const options = ['--strict', '--module', 'NodeNext', '--target', 'ES2022', '--lib', 'ES2022,DOM'];
  return execFileSync(tsc, [...options, 'consumer.ts'], { cwd: folder, encoding: 'utf8' });
}

/** Ends the program when it asks for a package that only trainings and servers need. */
const HOOKS = `export async function resolve(name, context, next) {
  if (/tensorflow|temporal|prisma/.test(name)) throw new Error('asked for ' + name);
  return next(name, context);
}`;

describe('elbow/curves', () => {
  it('fits and compares in a project of its own, with types, and loads nothing that trains or serves', () => {
    const docs = readFileSync(join(root, 'docs', 'curves.md'), 'utf8');
    const example = /^```ts\n([^`]*?from 'elbow\/curves'[\s\S]*?)^```$/m.exec(docs)![1]!;
    compile(example);
    const hooks = `data:text/javascript,${encodeURIComponent(HOOKS)}`;
    writeFileSync(
      join(folder, 'hooks.mjs'),
      `import { register } from 'node:module';\nregister(${JSON.stringify(hooks)});\n`,
    );
    const said = execFileSync(process.execPath, ['--import', './hooks.mjs', 'consumer.js'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(said).toMatch(
      /^2000: 0\.7\d \(0\.\d\d to 0\.\d\d\)\n4000: 0\.7\d \(.*\)\nelbow: not-reached, target: (true|null)\ndifferent\n$/,
    );
  });

  it('tells a consumer of a field that is not there', () => {
    let told = '';
    try {
      compile("import { fitCurve } from 'elbow/curves';\nfitCurve([]).elbowOf;\n");
    } catch (error) {
      told = (error as { stdout: string }).stdout;
    }
    expect(told).toContain("Property 'elbowOf' does not exist on type 'CurveFit'");
  });

  it('is all that the package exports', () => {
    writeFileSync(
      join(folder, 'inside.mjs'),
      "await import('elbow/dist/src/curves/fit.js').catch(({ code }) => console.log(code));\n",
    );
    const said = execFileSync(process.execPath, ['inside.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(said).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });
});
