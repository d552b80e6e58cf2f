/**
 * The trainer process: loads TensorFlow once, then does one job after the other as its supervisor asks. It ends with
 * its supervisor: when the channel to it closes, nobody is there any more to use what it would compute.
 */
import util from 'node:util';
import { cpuFeatures } from '../cpu.js';
import type { Dataset } from '../data/index.js';
import { ElbowError } from '../errors.js';
import type { MemoryRequest } from '../models/index.js';
import { cancelled, failureOf } from './failures.js';
import { gpuMb, residentMb } from './memory.js';
import { planMemory, type MemoryPlan, type SlotMemory } from './plan.js';
import type { FromTrainer, PredictJob, ToTrainer, TrainJob } from './protocol.js';

/** Step messages are for showing progress: people see no more of them than this. */
const STEP_MESSAGE_MS = 250;
/** A training that does not yield starves messages; yielding more often than this only takes time. */
const YIELD_MS = 20;

const send = (message: FromTrainer): void => {
  if (process.connected) process.send?.(message);
};

let cancelledId = -1;

/** tfjs-node calls functions of node:util that are gone since Node 23. */
function restoreUtil(): void {
  const is: Record<string, (value: unknown) => boolean> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: (value) => Array.isArray(value),
    isString: (value) => typeof value === 'string',
    isNumber: (value) => typeof value === 'number',
    isBoolean: (value) => typeof value === 'boolean',
    isFunction: (value) => typeof value === 'function',
    isObject: (value) => typeof value === 'object' && value !== null,
  };
  const target = util as unknown as Record<string, unknown>;
  for (const [name, check] of Object.entries(is)) target[name] ??= check;
}

/** Messages of the supervisor are looked at when the event loop turns. */
function createPause(id: number): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= YIELD_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      last = performance.now();
    }
    if (cancelledId === id) throw cancelled();
  };
}

async function main(): Promise<void> {
  restoreUtil();
  const { fileMapper, isGpu, predict, tensorflowVersion, train, trainingVersion } =
    await import('../training/index.js');
  const { openDataset } = await import('../data/index.js');
  /** Before any data: a trainer that has trained keeps memory that it will use again. */
  const libraryMb = residentMb(process.pid) ?? 0;
  const deviceMb = isGpu() ? await gpuMb(process.env) : null;
  /** The data set of the last job: a sweep has one. */
  let loaded: { key: string; dataset: Dataset } | undefined;

  const datasetOf = async (
    { dataset, dataDir }: Pick<TrainJob, 'dataDir' | 'dataset'>,
    note: (text: string) => void,
  ): Promise<Dataset> => {
    const key = `${dataDir}/${JSON.stringify(dataset)}`;
    if (loaded?.key !== key) {
      // The supervisor ends a process that is to be stopped while it decodes.
      const { signal } = new AbortController();
      const readFile = fileMapper();
      loaded = {
        key,
        dataset: await openDataset(dataset, { dataDir, note, signal, ...(readFile && { readFile }) }),
      };
    }
    return loaded.dataset;
  };

  const planOf = (request: MemoryRequest, memory: SlotMemory, { train, test }: Dataset): MemoryPlan => {
    if (deviceMb !== null) {
      return planMemory(request, { limitMb: deviceMb, shareMb: null, source: 'the memory of the GPU' }, 0);
    }
    return planMemory(request, memory, libraryMb + (train.byteLength + test.byteLength) / 1e6);
  };

  const run = async (id: number, job: TrainJob, memory: SlotMemory): Promise<void> => {
    let lastStep = 0;
    let plan: MemoryPlan | undefined;
    try {
      const dataset = await datasetOf(job, (text) => send({ type: 'log', id, text }));
      send({ type: 'data', id, digest: dataset.digest });
      const outcome = await train(
        { ...job, dataset },
        {
          onPlan: (request) => {
            plan = planOf(request, memory, dataset);
            for (const text of plan.notes) send({ type: 'log', id, text });
            send({ type: 'plan', id, expected: plan.expected, hint: plan.hint });
            if (plan.refusal) throw plan.refusal;
          },
          onStep: (epoch, step, steps) => {
            const now = performance.now();
            if (now - lastStep < STEP_MESSAGE_MS) return;
            lastStep = now;
            send({ type: 'step', id, epoch, step, steps });
          },
          onBegin: (epoch) => send({ type: 'begin', id, epoch }),
          onCheckpoint: (path) => send({ type: 'checkpoint', id, path }),
          onEpoch: (metrics) => send({ type: 'epoch', id, metrics }),
          onNote: (text) => send({ type: 'log', id, text }),
          pause: createPause(id),
        },
      );
      send({ type: 'done', id, outcome });
    } catch (error) {
      sendFailure(id, error, plan);
    }
  };

  const answer = async (id: number, job: PredictJob): Promise<void> => {
    try {
      const onNote = (text: string): void => send({ type: 'log', id, text });
      const hooks = {
        dataset: () => datasetOf(job, onNote),
        onNote,
        pause: createPause(id),
      };
      send({ type: 'predicted', id, prediction: await predict(job, hooks) });
    } catch (error) {
      sendFailure(id, error);
    }
  };

  process.on('message', (message: ToTrainer) => {
    switch (message.type) {
      case 'train':
        void run(message.id, message.job, message.memory);
        break;
      case 'predict':
        void answer(message.id, message.job);
        break;
      case 'cancel':
        cancelledId = message.id;
        break;
    }
  });
  send({
    type: 'ready',
    environment: {
      node: process.version,
      tensorflow: tensorflowVersion(),
      device: isGpu() ? 'gpu' : 'cpu',
      cpuFeatures: cpuFeatures().join(' '),
      trainingVersion: trainingVersion(),
    },
  });
}

function sendFailure(id: number, error: unknown, plan?: MemoryPlan): void {
  if (error instanceof ElbowError && error.code === 'trial-cancelled') send({ type: 'cancelled', id });
  else send({ type: 'failed', id, ...failureOf(error, plan) });
}

process.on('disconnect', () => process.exit(0));
// The supervisor decides when a trainer ends: Ctrl-C in a terminal reaches the whole process group.
process.on('SIGINT', () => undefined);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
