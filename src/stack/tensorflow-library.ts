/** TensorFlow's native library, unpacked from its wheels into ELBOW_HOME/parts. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { elbowHome, homeFolders } from '../paths.js';
import type { StackOptions } from './options.js';
import { downloadWheel } from './packages.js';
import { NVIDIA_WHEELS, TENSORFLOW_CPU, TENSORFLOW_GPU, TENSORFLOW_VERSION } from './parts.js';
import type { Wheel } from './parts.js';
import { unzip } from './unzip.js';
import { diskFull, firstWay, isDiskFull } from './ways.js';

export type TensorflowKind = 'cpu' | 'gpu';

/** Written last: a folder that has it is whole. */
const MARK = 'elbow-part.json';

export const LIBRARY = 'libtensorflow_cc.so.2';
export const FRAMEWORK = 'libtensorflow_framework.so.2';

/** Where the library of a kind is, or will be: LIBRARY, FRAMEWORK, include/ and for GPUs nvidia/. */
export const libraryFolder = (home: string, kind: TensorflowKind): string =>
  join(homeFolders.parts(home), `tensorflow-${kind}-${TENSORFLOW_VERSION}`);

/** What is needed of a TensorFlow wheel: two libraries and the headers of its C interface. */
export function placeTensorflow(member: string): string | null {
  const below = /^tensorflow\/(libtensorflow_cc\.so\.2|libtensorflow_framework\.so\.2)$/.exec(member)?.[1];
  if (below) return below;
  return /^tensorflow\/include\/(tensorflow|tsl|xla)\/.*\.h$/.test(member)
    ? member.slice('tensorflow/'.length)
    : null;
}

/** What is needed of an nvidia wheel: `nvidia/PART/lib` and the programs and bitcode that compile kernels; no static libraries. */
export function placeNvidia(member: string): string | null {
  return /^nvidia\/[^/]+\/(lib|bin|nvvm)\//.test(member) && !member.endsWith('.a') ? member : null;
}

/** The wheels of a kind, with what is taken out of each. */
export function wheelsOf(
  kind: TensorflowKind,
): readonly { wheel: Wheel; place: (member: string) => string | null }[] {
  if (kind === 'cpu') return [{ wheel: TENSORFLOW_CPU, place: placeTensorflow }];
  return [
    { wheel: TENSORFLOW_GPU, place: placeTensorflow },
    ...NVIDIA_WHEELS.map((wheel) => ({ wheel, place: placeNvidia })),
  ];
}

/**
 * Brings the library unless it is there. A wheel that was unpacked is not brought again when a later one breaks.
 * @returns its folder
 * @throws ElbowError as `firstWay`
 */
export async function obtainLibrary(kind: TensorflowKind, options: StackOptions): Promise<string> {
  const folder = libraryFolder(elbowHome(options.env), kind);
  if (existsSync(join(folder, MARK))) return folder;
  const draft = `${folder}.partial`;
  mkdirSync(draft, { recursive: true });
  for (const { wheel, place } of wheelsOf(kind)) {
    const mark = join(draft, `.${wheel.name}-${wheel.version}.done`);
    if (existsSync(mark)) continue;
    const name = `pip download ${wheel.name}==${wheel.version}`;
    const bring = (): Promise<void> => bringWheel(wheel, draft, place, options);
    await firstWay(
      `TensorFlow (${wheel.name} ${wheel.version})`,
      [{ name, bring }],
      'Give this machine a way to the Python package index (a proxy or mirror is set as pip expects it), or copy ' +
        `${folder} from a machine that has it, then run the same command again.`,
    );
    writeFileSync(mark, '');
  }
  const wheels = wheelsOf(kind).map(({ wheel }) => `${wheel.name} ${wheel.version} sha256:${wheel.sha256}`);
  writeFileSync(
    join(draft, MARK),
    `${JSON.stringify({ kind, version: TENSORFLOW_VERSION, wheels }, null, 2)}\n`,
  );
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

async function bringWheel(
  wheel: Wheel,
  draft: string,
  place: (member: string) => string | null,
  options: StackOptions,
): Promise<void> {
  const file = await downloadWheel(wheel, options);
  try {
    options.note(`unpacking ${wheel.name} ${wheel.version}`);
    await unzip(file, draft, place, { signal: options.signal, mode: 0o755 });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    rmSync(draft, { recursive: true, force: true });
    throw diskFull(`${wheel.name} ${wheel.version}`, draft, error);
  } finally {
    rmSync(dirname(file), { recursive: true, force: true });
  }
}
