/** elbow's own operations for TensorFlow: where their sources lie, where they lie once compiled, and who can run them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cpuFeatures } from './cpu.js';

const require = createRequire(import.meta.url);

/**
 * How the sources are compiled. Sums are made as the sources write them: no product is joined to a sum that does not say so,
 * so that all compilers give the same bits.
 */
export const OPERATIONS_FLAGS: readonly string[] = [
  '-std=c++17',
  '-O3',
  '-mavx2',
  '-mfma',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fvisibility=hidden',
];

/** The folder of the C++ sources and their headers. */
export const operationsSources = (): string => join(import.meta.dirname, 'native');

let digest: string | undefined;

/** SHA-256 of the sources and their flags, the first eight hex digits: equal digests give equal bits. */
export function operationsDigest(): string {
  if (digest === undefined) {
    const hash = createHash('sha256').update(OPERATIONS_FLAGS.join(' '));
    const folder = operationsSources();
    for (const name of readdirSync(folder).sort()) {
      hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
    }
    digest = hash.digest('hex').slice(0, 8);
  }
  return digest;
}

/** The installed TensorFlow.js package. */
const packageFolder = (): string => dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));

/** The compiled library, of these very sources; in TensorFlow.js' package, so that both come and go together. */
export const operationsFile = (folder = packageFolder()): string =>
  join(folder, 'lib', `elbow_operations-${operationsDigest()}.node`);

/** Whether the operations are there and this CPU can run them. */
export const hasOperations = (): boolean => existsSync(operationsFile()) && canRunOperations();

/** Whether this CPU has the instructions that the operations are made of. */
export const canRunOperations = (): boolean =>
  (['avx2', 'fma'] as const).every((feature) => cpuFeatures().includes(feature));
