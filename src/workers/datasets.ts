/** A worker on another machine than the one where a sweep was started brings the sweep's data set itself. */
import { Worker as Thread } from 'node:worker_threads';
import type { Trainers } from '../../activities/index.js';
import { isPresent } from '../data/index.js';
import { ElbowError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { compiled, elbowHome, homeFolders } from '../paths.js';
import type { StackOptions } from '../stack/index.js';

export interface BringOrder {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
}

export type BringMessage =
  | { readonly kind: 'note'; readonly line: string }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | null;
    };

/**
 * Trainers that bring a published data set before the first training that needs it. One of somebody's own is not
 * brought: its trials fail with `data-missing` and say what to copy.
 */
export function withDatasets(trainers: Trainers, options: StackOptions): Trainers {
  const folder = homeFolders.data(elbowHome(options.env));
  /** By name: slots that begin at once wait for one download. */
  const underWay = new Map<string, Promise<void>>();
  const bring = (name: string): Promise<void> => {
    const current = underWay.get(name);
    if (current) return current;
    options.note(`the data set ${name} is not here; bringing it`);
    const begun = bringInThread(name, options).finally(() => underWay.delete(name));
    underWay.set(name, begun);
    return begun;
  };
  return {
    run: async (job, hooks) => {
      const { dataset } = job;
      if (typeof dataset === 'string' && !isPresent(dataset, folder)) {
        hooks.onLog('elbow', `the data set ${dataset} is not on this machine: it is brought first`);
        await untilAborted(bring(dataset), hooks.signal);
      }
      return trainers.run(job, hooks);
    },
  };
}

/** A trial that is told to stop does not wait for the data; others may want it, so it is brought all the same. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new ElbowError('trial-cancelled', 'stopped while its data set was brought'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What it means for a trial that a data set could not be brought: another machine may have it, or reach it. */
function ofTrial(code: ErrorCode): ErrorCode {
  if (code === 'install-disk-full') return 'disk-full';
  if (code === 'install-digest') return 'data-damaged';
  return code.startsWith('install-') ? 'data-missing' : code;
}

function bringInThread(name: string, options: StackOptions): Promise<void> {
  const { env, signal } = options;
  return new Promise((resolve, reject) => {
    const order: BringOrder = { name, env: { ...env } };
    const thread = new Thread(compiled('src/workers/bring-thread.js'), { workerData: order });
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', stop);
      void thread.terminate();
      settle();
    };
    // Whoever waits hears of the worker's end by itself.
    const stop = (): void => end(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    thread.on('message', (message: BringMessage) => {
      switch (message.kind) {
        case 'note':
          return options.note(message.line);
        case 'done':
          return end(resolve);
        case 'failed': {
          const { code, message: text, hint } = message;
          return end(() => reject(new ElbowError(ofTrial(code), text, hint === null ? {} : { hint })));
        }
      }
    });
    thread.on('error', (error) => end(() => reject(error)));
    thread.on('exit', (code) => {
      // One that was stopped is no failure of the trials that wait.
      if (!signal.aborted) end(() => reject(new Error(`the thread that brings ${name} ended with ${code}`)));
    });
  });
}
