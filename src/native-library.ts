/** Libraries of C++ that elbow brings as sources and compiles once: where they lie, and where they lie compiled. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

export interface NativeLibrary {
  /** Of the compiled file: letters and underscores. */
  readonly name: string;
  /** What it is, as people read of it: "elbow's operations for TensorFlow". */
  readonly title: string;
  /** The folder of its sources and headers. */
  readonly sources: string;
  /** How they are compiled. */
  readonly flags: readonly string[];
}

const digests = new Map<string, string>();

/** SHA-256 of the sources and their flags, the first eight hex digits: equal digests give equal bits. */
export function digestOf({ name, sources, flags }: NativeLibrary): string {
  let digest = digests.get(name);
  if (digest === undefined) {
    const hash = createHash('sha256').update(flags.join(' '));
    for (const file of readdirSync(sources).sort()) {
      hash.update(`${file}\n`).update(readFileSync(join(sources, file)));
    }
    digest = hash.digest('hex').slice(0, 8);
    digests.set(name, digest);
  }
  return digest;
}

/** The installed TensorFlow.js package. */
const packageFolder = (): string => dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));

/** The compiled library, of these very sources; in TensorFlow.js' package, so that both come and go together. */
export const compiledFile = (library: NativeLibrary, folder = packageFolder()): string =>
  join(folder, 'lib', `${library.name}-${digestOf(library)}.node`);
