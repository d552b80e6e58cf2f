/** TensorFlow for the trainers: library and addon in place, checked by loading them. */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ElbowError, asElbowError, messageOf } from '../errors.js';
import { FILES } from '../native-files.js';
import { compiledFile, digestOf, type NativeLibrary } from '../native-library.js';
import { OPERATIONS } from '../native-operations.js';
import { elbowHome, homeFolders } from '../paths.js';
import { planTensorflow } from './gpu.js';
import type { GpuPlan } from './gpu.js';
import { withLock } from './lock.js';
import { placeFilesAddon, placeOperations, removeOperations } from './native-libraries.js';
import type { StackOptions } from './options.js';
import { readText } from './read-text.js';
import { TENSORFLOW_VERSION } from './parts.js';
import { lastLines, runProgram } from './run-program.js';
import { addonPath, areLinksWhole, linkLibrary, placeAddon, tensorflowPackage } from './tensorflow-addon.js';
import type { Package } from './tensorflow-addon.js';
import { obtainLibrary } from './tensorflow-library.js';
import type { TensorflowKind } from './tensorflow-library.js';

export interface Tensorflow {
  /** What trainings run on. */
  readonly kind: 'cpu' | 'gpu';
  readonly version: string;
  /** Why the CPU, or which GPU. */
  readonly reason: string;
}

/** What was found when the addon was last loaded, kept beside the links it is about. */
interface Stamp extends Tensorflow {
  /** Of the library that is linked; a machine with a GPU that cannot be used has `gpu` here and `cpu` above. */
  readonly library: TensorflowKind;
  readonly gpus: string;
  readonly operations: LibraryStamp;
  readonly files: LibraryStamp;
}

/** Of one of elbow's own libraries: which one, and why it is not there. */
interface LibraryStamp {
  readonly digest: string;
  readonly missing: string | null;
}

/** Whether a library is as it was left: there, or found impossible in this very state. */
const isAsLeft = (library: NativeLibrary, stamp: LibraryStamp | undefined, pack: Package): boolean =>
  stamp?.digest === digestOf(library) &&
  (stamp.missing !== null || existsSync(compiledFile(library, pack.folder)));

const stampPath = (pack: Package): string => join(pack.folder, 'deps', 'elbow.json');

function readStamp(pack: Package): Stamp | null {
  try {
    // Written by `settle` alone.
    return JSON.parse(readText(stampPath(pack))) as Stamp;
  } catch {
    return null;
  }
}

/** Whether what is linked now is what the plan wants, and was seen to load. */
function settled(pack: Package, plan: GpuPlan): Tensorflow | null {
  const stamp = readStamp(pack);
  if (!stamp || stamp.version !== TENSORFLOW_VERSION || stamp.gpus !== plan.gpus) return null;
  if (!existsSync(addonPath(pack.folder)) || !areLinksWhole(pack.folder)) return null;
  if (!isAsLeft(OPERATIONS, stamp.operations, pack) || !isAsLeft(FILES, stamp.files, pack)) return null;
  const reason = plan.kind === 'cpu' ? plan.reason : stamp.reason;
  return { kind: stamp.kind, version: stamp.version, reason };
}

/** Loads the addon and asks it; the addon alone, because TensorFlow.js around it takes a second longer. */
const PROBE_SCRIPT = `
const binding = require(process.argv[1]);
process.stdout.write(JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));
`;

export interface Probe {
  readonly version: string;
  readonly gpu: boolean;
  /** What TensorFlow wrote to stderr. */
  readonly said: string;
}

/**
 * Loads TensorFlow in a process of its own.
 * @throws ElbowError `install-build` when it does not load
 */
export async function probeTensorflow(options: Pick<StackOptions, 'env' | 'signal'>): Promise<Probe> {
  const path = addonPath(tensorflowPackage().folder);
  const ended = await runProgram(process.execPath, ['-e', PROBE_SCRIPT, path], {
    env: options.env,
    signal: options.signal,
    timeoutMs: 120_000,
  });
  if (ended.code !== 0) {
    const lines = ended.stderr.split('\n').filter((line) => /Error|cannot open|undefined symbol/.test(line));
    const why = lastLines(lines.length > 0 ? lines.slice(0, 2).join('\n') : ended.stderr, 2);
    throw new ElbowError('install-build', `TensorFlow does not load: ${why || `ended with ${ended.code}`}`, {
      hint: 'Remove node_modules/@tensorflow/tfjs-node-gpu/deps and run `elbow up`: it is then put together anew.',
    });
  }
  // The script above writes exactly this.
  return { ...(JSON.parse(ended.stdout) as { version: string; gpu: boolean }), said: ended.stderr };
}

/**
 * Sees to TensorFlow: the GPU's library where `nvidia-smi` shows a GPU, else the CPU's, and the addon over it. What is
 * in node_modules already, of the right version and loading, is left alone wherever its library lies.
 * @throws ElbowError of the exit code 5 with everything that was tried
 */
export async function ensureTensorflow(options: StackOptions): Promise<Tensorflow> {
  const pack = tensorflowPackage();
  const plan = await planTensorflow(options.env, options.signal);
  const ready = settled(pack, plan);
  if (ready) return ready;
  const home = elbowHome(options.env);
  mkdirSync(homeFolders.parts(home), { recursive: true });
  const onWait = (): void => options.note('another elbow is bringing TensorFlow; waiting for it');
  const locked = { signal: options.signal, onWait };
  return withLock(`tensorflow in ${realpathSync(homeFolders.parts(home))}`, locked, () =>
    // Two homes may share one node_modules.
    withLock(`tensorflow in ${realpathSync(pack.folder)}`, locked, async () => {
      const done = settled(pack, plan) ?? (await adopt(pack, plan, options));
      if (done) return done;
      if (plan.kind === 'gpu') {
        try {
          return await install(pack, 'gpu', plan, options);
        } catch (error) {
          const failure = asElbowError(error, 'install-unavailable');
          if (failure.code === 'interrupted' || failure.code === 'install-prerequisite') throw failure;
          options.note(`TensorFlow for the GPU could not be installed; taking the CPU's: ${failure.message}`);
          // Not tried again by itself: without a network every `up` would wait for it.
          const reason = `${plan.reason}, but TensorFlow for the GPU could not be installed (${failure.code}); remove ${stampPath(pack)} to have it tried again`;
          return await install(pack, 'cpu', { ...plan, reason }, options);
        }
      }
      return install(pack, 'cpu', plan, options);
    }),
  );
}

/** An addon that is there without a stamp, or whose GPU changed: taken as it is when it loads with the right version. */
async function adopt(pack: Package, plan: GpuPlan, options: StackOptions): Promise<Tensorflow | null> {
  if (!existsSync(addonPath(pack.folder)) || !areLinksWhole(pack.folder)) return null;
  const linked = existsSync(join(pack.folder, 'deps', 'nvidia')) ? 'gpu' : 'cpu';
  if (linked !== plan.kind) return null;
  const probe = await probeTensorflow(options).catch((error: unknown) => {
    if (options.signal.aborted) throw error;
    options.note(`putting TensorFlow together anew: ${messageOf(error)}`);
    return null;
  });
  return probe?.version === TENSORFLOW_VERSION ? settle(pack, linked, plan, probe, options) : null;
}

async function install(
  pack: Package,
  kind: TensorflowKind,
  plan: GpuPlan,
  options: StackOptions,
): Promise<Tensorflow> {
  const library = await obtainLibrary(kind, options);
  linkLibrary(pack.folder, library);
  await placeAddon(pack, options);
  const probe = await probeTensorflow(options);
  if (probe.version !== TENSORFLOW_VERSION) {
    throw new ElbowError(
      'install-digest',
      `TensorFlow ${probe.version} was loaded, expected ${TENSORFLOW_VERSION}`,
    );
  }
  return settle(pack, kind, plan, probe, options);
}

/** Brings elbow's own libraries, and writes down what was seen. */
async function settle(
  pack: Package,
  library: TensorflowKind,
  plan: GpuPlan,
  probe: Probe,
  options: StackOptions,
): Promise<Tensorflow> {
  const result = judge(library, plan, probe);
  const stamp: Stamp = {
    ...result,
    library,
    gpus: plan.gpus,
    operations: { digest: digestOf(OPERATIONS), missing: await operationsFor(result, pack, options) },
    files: { digest: digestOf(FILES), missing: await placeFilesAddon(pack, options) },
  };
  writeFileSync(stampPath(pack), `${JSON.stringify(stamp, null, 2)}\n`);
  return result;
}

/** The operations are for CPUs alone. @returns why they are not there, else null */
async function operationsFor(
  { kind }: Tensorflow,
  pack: Package,
  options: StackOptions,
): Promise<string | null> {
  if (kind === 'cpu') return placeOperations(pack, options);
  removeOperations(pack);
  return 'trainings run on the GPU';
}

/** What trainings run on, and why, after TensorFlow was loaded. */
export function judge(library: TensorflowKind, plan: GpuPlan, probe: Probe): Tensorflow {
  const version = probe.version;
  if (library === 'cpu') return { kind: 'cpu', version, reason: plan.reason };
  if (probe.gpu) return { kind: 'gpu', version, reason: plan.reason };
  const why = probe.said.split('\n').filter((line) => /cuda|gpu|dlerror|libcu/i.test(line));
  const said = lastLines(why.join('\n'), 1).replace(/^[A-Z]\d+ [^\]]*\] /, '');
  return {
    kind: 'cpu',
    version,
    reason: `${plan.reason}, but TensorFlow lists no GPU${said ? `: ${said}` : ''}`,
  };
}
