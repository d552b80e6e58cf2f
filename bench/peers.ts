/** The frameworks that elbow is measured beside, each in a Python process of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../src/paths.js';

export type Mode = 'training' | 'inference';

export interface Task {
  readonly model: 'lenet' | 'vgg16';
  readonly mode: Mode;
  readonly threads: number;
  /** Images per step; of an evaluation 500. */
  readonly batch: number;
  /** Samples per class. */
  readonly size: number;
  readonly epochs: number;
  /** Whether peers that can train on the machine's GPU do so; else they see none. */
  readonly gpu: boolean;
  /** Folder of CIFAR-10's binary files. */
  readonly data: string;
  readonly python: string;
}

export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly script: string;
  /** Ways to run it, of which the fastest counts. */
  readonly variants: readonly string[];
}

const known = [
  {
    name: 'Keras',
    script: 'training-keras.py',
    versionOf: 'import keras, tensorflow; print(keras.__version__)',
    variants: ['graph', 'jit'],
  },
  {
    name: 'PyTorch',
    script: 'training-torch.py',
    versionOf: 'import torch; print(torch.__version__)',
    variants: ['eager', 'channels-last', 'compile'],
  },
] as const;

/** Hides the GPUs of a machine. */
export const NO_GPU = { CUDA_VISIBLE_DEVICES: '' };

// oneDNN is off by default on CPUs without AVX-512: with it Keras is a third to twice as fast there.
const environment = (threads: number, gpu: boolean): NodeJS.ProcessEnv => ({
  ...process.env,
  TF_CPP_MIN_LOG_LEVEL: '3',
  ...(gpu ? {} : NO_GPU),
  TF_ENABLE_ONEDNN_OPTS: '1',
  OMP_NUM_THREADS: String(threads),
});

/** Those that this Python can import. */
export function findPeers(python: string, note: (line: string) => void): readonly Peer[] {
  return known.flatMap(({ versionOf, ...peer }) => {
    const found = spawnSync(python, ['-c', versionOf], { encoding: 'utf8', env: environment(1, false) });
    if (found.status === 0) return [{ ...peer, version: found.stdout.trim() }];
    note(`${peer.name} is left out: ${python} cannot import it (bench/README.md says how to install it)`);
    return [];
  });
}

/** @returns images per second. @throws Error with what the script said */
export function measurePeer(peer: Peer, variant: string, task: Task): number {
  const { data, model, mode, threads, batch, size, epochs, gpu } = task;
  const script = join(packageRoot, 'bench', peer.script);
  const args = [script, data, model, mode, variant, ...[threads, batch, size, epochs].map(String)];
  const ran = spawnSync(task.python, args, { encoding: 'utf8', env: environment(threads, gpu) });
  const rate = Number(ran.stdout.trim().split('\n').at(-1));
  if (ran.status === 0 && rate > 0) return rate;
  throw new Error(`${peer.name} (${variant}) failed:\n${ran.stderr.trim().split('\n').slice(-5).join('\n')}`);
}

/** Tries every variant once; what does not run on this machine, such as one that needs a compiler, is left out. */
export function fastestVariant(peer: Peer, task: Task, note: (line: string) => void): string | null {
  let best: { variant: string; rate: number } | null = null;
  for (const variant of peer.variants) {
    try {
      const rate = measurePeer(peer, variant, task);
      note(`${peer.name} ${variant}: ${Math.round(rate).toLocaleString('en-US')} images/s`);
      if (!best || rate > best.rate) best = { variant, rate };
    } catch (error) {
      note((error as Error).message);
    }
  }
  return best?.variant ?? null;
}
