/**
 * What parts of elbow are known by: a digest of their code. Comments and the way it is written count for nothing. The build
 * keeps them in dist/build.json, where workers and trainers read them.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Folders and files under src that decide the bits of a training, and the packages that it computes with. */
export const TRAINING = {
  code: [
    'augmentation',
    'data',
    'models',
    'named.ts',
    'native',
    'native-operations.ts',
    'predict',
    'random.ts',
    'safetensors.ts',
    'spec/known.ts',
    'spec/params.ts',
    'spec/settings.ts',
    'trainer/environment.ts',
    'training',
  ],
  packages: /^node_modules\/@tensorflow\//,
};

/**
 * What else of elbow that code calls: it says why something failed, finds files and writes them, or says what a sweep file
 * means, which the stored spec and the trial's parameters say, too. `tests/versions.test.ts` finds what is on neither list.
 */
export const HARMLESS = [
  'cpu.ts',
  'durable-file.ts',
  'errors.ts',
  'native-files.ts',
  'native-library.ts',
  'paths.ts',
  'spec/',
  'stack/',
  'versions.ts',
  'wrap-text.ts',
];

/** Files of a path, sorted. */
const filesOf = (path) => {
  if (!existsSync(path)) throw new Error(`${path}, which a digest is made of, is not there`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
};

/** Files of the code that decides the bits of a training. */
export const trainingFiles = (root) => TRAINING.code.flatMap((path) => filesOf(join(root, 'src', path)));

/** @param files of the package at `root` @returns 12 hex digits */
async function digestOf(root, files, packages) {
  const { default: ts } = await import('typescript');
  const hash = createHash('sha256');
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const compilerOptions = {
      removeComments: true,
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
    };
    const code = file.endsWith('.ts') ? ts.transpileModule(text, { compilerOptions }).outputText : text;
    hash.update(`${relative(root, file)}\n${code}\n`);
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, { version }] of Object.entries(lock.packages))
    if (packages.test(path)) hash.update(`${path} ${version}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** Of all that decides the bits of a training but the machine. */
export const trainingVersion = (root) => digestOf(root, trainingFiles(root), TRAINING.packages);

/** Of the code that workflows run. */
export const workflowsVersion = (root) =>
  digestOf(root, filesOf(join(root, 'workflows')), /^node_modules\/@temporalio\/workflow$/);
