/** How fast this machine trains: measured in real trainer processes, and kept in `ELBOW_HOME`. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { writeDurably } from '../durable-file.js';
import { ElbowError, messageOf } from '../errors.js';
import { elbowHome, elbowVersion, homeFolders } from '../paths.js';
import type { TrainerPool } from '../trainer/index.js';
import { countedText } from './text.js';
import type { MachineSpeed, Speed } from './duration.js';

/**
 * The networks of the presets, with their batches, quickest first. What else there is is taken as one of these, in
 * proportion to its work.
 */
const MEASURED = [
  { model: 'lenet', batchSize: 64 },
  { model: 'vgg11', batchSize: 64 },
  { model: 'vgg16', batchSize: 128 },
] as const;

/** A network is measured for so long, in milliseconds, after its first step, which makes what later ones reuse. */
const MEASURE_MS = 3_000;
/** On a busy or slow machine the large networks are left out rather than waited for: after this, all is ended. */
const LIMIT_MS = 30_000;
/** More trainers at once would take long to start, and these show already how slots hinder each other. */
const MOST_TRAINERS = 4;
/** Training images for an epoch that is longer than that: 1,200 of each class. */
const SAMPLES_PER_CLASS = 1_500;

/** What was measured, and with what. */
export interface MeasuredSpeed extends MachineSpeed {
  readonly elbow: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly device: 'cpu' | 'gpu';
}

interface Options {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

const pathOf = (env: NodeJS.ProcessEnv): string => join(elbowHome(env), 'speed.json');

/** The last measurement; null where there is none, or another version of elbow made it. */
export function readSpeed(env: NodeJS.ProcessEnv): MeasuredSpeed | null {
  const path = pathOf(env);
  if (!existsSync(path)) return null;
  try {
    // Written by `measureSpeed` of some version; one of another version is not looked into.
    const kept = JSON.parse(readFileSync(path, 'utf8')) as MeasuredSpeed;
    return kept.elbow === elbowVersion ? kept : null;
  } catch {
    // Half a file is no measurement: the next one replaces it.
    return null;
  }
}

/** Why nothing can be measured yet, or null. */
export async function hindrance({ env, signal }: Pick<Options, 'env' | 'signal'>): Promise<string | null> {
  const [{ probeTensorflow }, { isPresent }] = await Promise.all([
    import('../stack/index.js'),
    import('../data/index.js'),
  ]);
  try {
    await probeTensorflow({ env, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return `TensorFlow does not load here yet (${messageOf(error)}): \`elbow up\` brings it.`;
  }
  if (isPresent('cifar10', homeFolders.data(elbowHome(env)))) return null;
  return 'The data set cifar10 is not there yet: `elbow run smoke` brings it, and runs a sweep in seconds.';
}

/**
 * Trains each network for a few steps, in as many trainers at once as the local worker has slots, and keeps the result.
 * The first network is always measured, the others as far as 30 seconds reach.
 * @throws ElbowError of trainers; `interrupted`
 */
export async function measureSpeed(options: Options): Promise<MeasuredSpeed> {
  const { env, signal, note } = options;
  const [{ createTrainerPool }, { probeTensorflow }, { readSettings }] = await Promise.all([
    import('../trainer/index.js'),
    import('../stack/index.js'),
    import('../workers/index.js'),
  ]);
  const device = (await probeTensorflow({ env, signal })).gpu ? 'gpu' : 'cpu';
  const { slots } = readSettings({ device }, env);
  const trainers = Math.min(slots, MOST_TRAINERS);
  const [load = 0] = loadavg();
  if (load > availableParallelism() / 2) {
    note(`other programs keep this machine busy (load ${load.toFixed(1)}): the times are those beside them`);
  }
  const pool = createTrainerPool({ slots: trainers, env });
  const speeds: Speed[] = [];
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    for (const network of MEASURED) {
      note(`measuring ${network.model} in ${countedText(trainers, 'trainer')}`);
      const until = speeds.length === 0 ? signal : limit;
      const rates = await Promise.all(
        Array.from({ length: trainers }, () => rateOf(pool, network, until, options)),
      );
      const sum = rates.reduce((total, rate) => total + rate, 0);
      if (Math.min(...rates) > 0) speeds.push({ ...network, imagesPerSecond: sum / trainers });
      else note(`${network.model} takes too long here; its times will follow from those of smaller networks`);
    }
  } finally {
    await pool.close();
  }
  const measured = {
    elbow: elbowVersion,
    measuredAt: new Date().toISOString(),
    device,
    slots,
    speeds,
  } as const;
  writeDurably(pathOf(env), `${JSON.stringify(measured, null, 2)}\n`);
  return measured;
}

/** Images per second of one trainer, from the end of its first step on; 0 where the limit came before its second. */
async function rateOf(
  pool: TrainerPool,
  { model, batchSize }: (typeof MEASURED)[number],
  limit: AbortSignal,
  { env, signal }: Options,
): Promise<number> {
  const [{ withDefaults }, { deafHooks }] = await Promise.all([
    import('../spec/index.js'),
    import('../trainer/index.js'),
  ]);
  const enough = new AbortController();
  let first: { at: number; step: number; steps: number } | undefined;
  let rate = 0;
  const onStep = ({ epoch, step, steps }: { epoch: number; step: number; steps: number }): void => {
    // Between epochs is validation, which is no step.
    if (epoch !== 1 || enough.signal.aborted) return;
    const at = performance.now();
    first ??= { at, step, steps };
    const done = step - first.step;
    if (done === 0) return;
    rate = (done * batchSize * 1000) / (at - first.at);
    if (at - first.at >= MEASURE_MS) enough.abort();
  };
  const onEpoch = (): void => {
    enough.abort();
    // Steps are told four times a second: on a quick machine an epoch is over before the second message.
    if (rate > 0 || first === undefined) return;
    rate = ((first.steps - first.step) * batchSize * 1000) / (performance.now() - first.at);
  };
  try {
    await pool.run(
      {
        dataset: 'cifar10',
        dataDir: homeFolders.data(elbowHome(env)),
        params: withDefaults({ model, batchSize, epochs: 1 }),
        samplesPerClass: SAMPLES_PER_CLASS,
        sweepSeed: 42,
        replicate: 0,
        threads: 1,
        objective: 'val_accuracy',
        unfamiliar: false,
        keep: null,
      },
      {
        signal: AbortSignal.any([signal, limit, enough.signal]),
        ...deafHooks,
        onStep,
        onEpoch,
      },
    );
  } catch (error) {
    if (signal.aborted) throw new ElbowError('interrupted', 'The measurement was given up.');
    if (!enough.signal.aborted && !limit.aborted) throw error;
  }
  return rate;
}
