/** The GPUs of a machine, as `nvidia-smi` lists them, and which of them a worker is to use. */
import { ElbowError, messageOf } from '../errors.js';
import { lastLines, runProgram } from './run-program.js';

export interface GpuDevice {
  /** As `nvidia-smi` numbers it; null for a part of a GPU (MIG), which has none. */
  readonly index: number | null;
  /** By which CUDA knows it, whatever order it numbers GPUs in. */
  readonly uuid: string;
  readonly name: string;
  /** In MB (10⁶ bytes); null where it is not told. */
  readonly memoryMb: number | null;
}

export interface FoundDevices {
  /** Those that CUDA_VISIBLE_DEVICES leaves, in its order. */
  readonly devices: readonly GpuDevice[];
  /** Why there are none, as a sentence without its end; null where there are some. */
  readonly problem: string | null;
}

const QUERY = ['--query-gpu=index,uuid,name,memory.total', '--format=csv,noheader,nounits'];
const ANSWER_MS = 15_000;

/** Asks `nvidia-smi`. @throws ElbowError `interrupted` */
export async function findDevices(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<FoundDevices> {
  const none = (problem: string): FoundDevices => ({ devices: [], problem });
  const ended = await runProgram('nvidia-smi', QUERY, { env, signal, timeoutMs: ANSWER_MS }).catch(
    (error: unknown) => (signal.aborted ? Promise.reject(error as Error) : messageOf(error)),
  );
  if (typeof ended === 'string') return none(ended.includes('ENOENT') ? 'nvidia-smi is not on PATH' : ended);
  if (ended.code !== 0) return none(`nvidia-smi failed: ${lastLines(`${ended.stdout}\n${ended.stderr}`, 1)}`);
  const all = ended.stdout.split('\n').flatMap(deviceIn);
  if (all.length === 0) return none('nvidia-smi lists no GPU');
  const visible = env['CUDA_VISIBLE_DEVICES'];
  if (visible === undefined) return { devices: all, problem: null };
  const devices = visibleOf(all, visible);
  return devices.length > 0
    ? { devices, problem: null }
    : none(`CUDA_VISIBLE_DEVICES="${visible}" leaves none of ${devicesText(all)}`);
}

/** @param line `0, GPU-8b1c…, NVIDIA H100 80GB HBM3, 81559`, of mebibytes */
function deviceIn(line: string): GpuDevice[] {
  const [index = '', uuid = '', ...rest] = line.split(',').map((part) => part.trim());
  const mebibytes = Number(rest.at(-1));
  if (!/^\d+$/.test(index) || uuid === '' || rest.length < 2) return [];
  const memoryMb = mebibytes > 0 ? (mebibytes * 2 ** 20) / 1e6 : null;
  return [{ index: Number(index), uuid, name: rest.slice(0, -1).join(', '), memoryMb }];
}

/** As CUDA reads the variable: up to the first entry that is none. Parts of a GPU are named by it alone. */
function visibleOf(all: readonly GpuDevice[], visible: string): GpuDevice[] {
  const devices: GpuDevice[] = [];
  for (const entry of visible.split(',').map((part) => part.trim())) {
    const device = entry.startsWith('MIG-')
      ? { index: null, uuid: entry, name: 'part of a GPU', memoryMb: null }
      : deviceNamed(all, entry);
    if (!device || devices.some(({ uuid }) => uuid === device.uuid)) break;
    devices.push(device);
  }
  return devices;
}

/** By number, or by UUID or so much of it that no other has it; undefined where none or several are meant. */
function deviceNamed(all: readonly GpuDevice[], name: string): GpuDevice | undefined {
  if (/^\d+$/.test(name)) return all.find(({ index }) => index === Number(name));
  const meant = name === '' ? [] : all.filter(({ uuid }) => uuid.startsWith(name));
  return meant.length === 1 ? meant[0] : undefined;
}

/** `0 (NVIDIA H100 80GB HBM3, GPU-8b1c…), 1 (…)` */
const devicesText = (devices: readonly GpuDevice[]): string =>
  devices.map(({ index, name, uuid }) => `${index ?? uuid} (${name}, ${uuid})`).join(', ');

/**
 * The devices that a worker is to use.
 * @param asked numbers and UUIDs as `nvidia-smi` tells them, separated by commas; undefined for all
 * @throws ElbowError `usage` for one that is not there, or named twice
 */
export function chooseDevices(
  asked: string | undefined,
  { devices, problem }: FoundDevices,
): readonly GpuDevice[] {
  if (asked === undefined) return devices;
  const wrong = (message: string): ElbowError =>
    new ElbowError('usage', message, {
      hint:
        problem === null
          ? `There ${devices.length === 1 ? 'is' : 'are'} ${devicesText(devices)}.`
          : `There are none: ${problem}.`,
    });
  const chosen: GpuDevice[] = [];
  for (const name of asked.split(',').map((part) => part.trim())) {
    const device = deviceNamed(devices, name);
    if (!device) {
      throw wrong(
        `--devices takes numbers or UUIDs of GPUs as nvidia-smi lists them, separated by commas, and not ${JSON.stringify(name)}`,
      );
    }
    if (chosen.includes(device)) throw wrong(`--devices names GPU ${device.index ?? device.uuid} twice`);
    chosen.push(device);
  }
  return chosen;
}
