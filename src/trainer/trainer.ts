/** One trainer process, as its supervisor sees it. */
import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ElbowError } from '../errors.js';
import { compiled } from '../paths.js';
import type { Outcome } from '../storage/storage.js';
import { NO_NEED, type Need } from './admission.js';
import type { Slot } from './dealing.js';
import { trainerEnvironment } from './environment.js';
import { cancelled, endFailure, heed } from './failures.js';
import type { TrainerHooks } from './hooks.js';
import { machineMb, residentMb } from './memory.js';
import { coresFor, pinnedTo } from './pinning.js';
import { megabytes, NO_PLAN, slotMemory } from './plan.js';
import type { FromTrainer, PredictJob, Prediction, ToTrainer, TrainJob } from './protocol.js';

/** Loading TensorFlow takes a second, on a busy machine or a cold disk many. */
const START_LIMIT_MS = 120_000;
/** A step of the largest networks takes seconds, loading the data too; nothing takes this long. */
const SILENCE_LIMIT_MS = 15 * 60_000;
/** A trainer ends between two steps, and writes a checkpoint; then it is told, then it is killed. */
const CANCEL_GRACE_MS = 8_000;
/** SIGTERM ends a trainer at once, unless it is stopped or the machine stands still. */
const END_GRACE_MS = 2_000;
const MEMORY_LOOK_MS = 200;
const LAST_LINES = 15;
/** What TensorFlow tells at every start at any log level, and nobody needs to know. */
const CHATTER = /absl::InitializeLog\(\)|oneDNN custom operations are on/;

export interface TrainerOptions {
  readonly threads: number;
  readonly env: NodeJS.ProcessEnv;
  /** Resident memory above which the trainer is ended, in MB (10⁶ bytes); null for none. */
  readonly memoryLimitMb: number | null;
  /** Trainers that run at the same time, integer ≥ 1. */
  readonly slots: number;
  /** Silence after which it counts as hung, in milliseconds; left out for 15 minutes. */
  readonly silenceLimitMs?: number | undefined;
  /** Whose GPU and cores it has; left out for whatever there is. */
  readonly slot?: Slot | undefined;
  /** Once it is aborted, whoever aborts it ends what does not end by itself, and may wait longer. */
  readonly stopping?: AbortSignal | undefined;
}

type ReadyEnvironment = Extract<FromTrainer, { type: 'ready' }>['environment'];

interface ConversationOptions {
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly isStart: boolean;
  readonly cancel?: ToTrainer;
}

export class Trainer {
  readonly threads: number;
  /** Jobs it has been given. */
  jobs = 0;
  /** What it keeps of the memory while it waits for the next job. */
  holds: Need = NO_NEED;
  private readonly child: ChildProcess;
  private readonly options: TrainerOptions;
  private readonly lines: string[] = [];
  private readonly exited: Promise<void>;
  private environment: ReadyEnvironment | undefined;
  private onLine: TrainerHooks['onLog'] | undefined;
  /** Why it was ended from here, to be told instead of the bare signal. */
  private reason: ElbowError | undefined;
  /** What was expected of the memory of the job that runs. */
  private plan = NO_PLAN;

  constructor(options: TrainerOptions) {
    const { env, slot, threads } = options;
    this.options = options;
    this.threads = threads;
    this.child = fork(compiled('src/trainer/process.js'), [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...pinnedTo(coresFor(slot?.cores ?? null, threads)),
      env: trainerEnvironment(env, threads, slot),
    });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.once('error', () => resolve());
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: this.child[stream]! }).on('line', (text) => {
        if (CHATTER.test(text)) return;
        this.lines.push(text);
        if (this.lines.length > LAST_LINES) this.lines.shift();
        this.onLine?.(stream, text);
      });
    }
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.connected;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends the process: asked first, then made to. */
  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** Ends it at once, whatever it does. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /**
   * Waits until TensorFlow is loaded.
   * @throws ElbowError `trainer-start`; `trial-cancelled` when the signal was aborted
   */
  start(signal: AbortSignal): Promise<void> {
    if (this.environment) return Promise.resolve();
    return this.conversation<void>({ signal, limitMs: START_LIMIT_MS, isStart: true }, (message, resolve) => {
      if (message.type !== 'ready') return;
      this.environment = message.environment;
      resolve();
    });
  }

  /**
   * Trains one job.
   * @throws ElbowError with the code of what went wrong; `trial-cancelled` when the signal was aborted
   */
  run(job: TrainJob, hooks: TrainerHooks): Promise<Outcome> {
    return this.work(hooks, (id) => this.train(id, job, hooks));
  }

  /**
   * Answers pictures.
   * @throws ElbowError as `run`
   */
  predict(job: PredictJob, hooks: Pick<TrainerHooks, 'signal' | 'onLog'>): Promise<Prediction> {
    return this.work(hooks, (id) => {
      const conversation = this.conversation<Prediction>(
        this.aboutJob(hooks.signal, id),
        (message, resolve, reject) => {
          if (message.type === 'ready' || message.id !== id) return;
          if (message.type === 'predicted') resolve(message.prediction);
          else heed(message, hooks, reject);
        },
      );
      this.send({ type: 'predict', id, job });
      return conversation;
    });
  }

  private async work<T>(
    hooks: Pick<TrainerHooks, 'signal' | 'onLog'>,
    job: (id: number) => Promise<T>,
  ): Promise<T> {
    const id = ++this.jobs;
    this.plan = NO_PLAN;
    this.onLine = (stream, text) => hooks.onLog(stream, text);
    const watch = this.watchMemory();
    try {
      await this.start(hooks.signal);
      return await job(id);
    } finally {
      clearInterval(watch);
      this.onLine = undefined;
    }
  }

  private watchMemory(): NodeJS.Timeout | undefined {
    const limit = this.options.memoryLimitMb;
    if (limit === null) return undefined;
    return setInterval(() => {
      const used = this.pid === undefined ? null : residentMb(this.pid);
      if (used === null || used <= limit || this.reason) return;
      this.reason = new ElbowError(
        'out-of-memory',
        `the trial used ${megabytes(used)} of memory and may use ${megabytes(limit)}${this.plan.expected}`,
        { hint: `${this.plan.hint} \`--trainer-memory\` of \`elbow worker\` sets the limit.` },
      );
      this.child.kill('SIGKILL');
    }, MEMORY_LOOK_MS);
  }

  private train(id: number, job: TrainJob, hooks: TrainerHooks): Promise<Outcome> {
    const conversation = this.conversation<Outcome>(
      this.aboutJob(hooks.signal, id),
      (message, resolve, reject) => {
        if (message.type === 'ready' || message.id !== id) return;
        switch (message.type) {
          case 'data':
            hooks.onEnvironment({ ...this.environment!, threads: this.threads, dataDigest: message.digest });
            break;
          case 'plan':
            this.plan = message;
            break;
          case 'step':
            hooks.onStep(message);
            break;
          case 'begin':
            hooks.onBegin(message.epoch);
            break;
          case 'checkpoint':
            hooks.onCheckpoint(message.path);
            break;
          case 'epoch':
            hooks.onEpoch(message.metrics);
            break;
          case 'done':
            resolve(message.outcome);
            break;
          default:
            heed(message, hooks, reject);
        }
      },
    );
    const { memoryLimitMb: trainerMemoryMb, slots } = this.options;
    const memory = slotMemory({ trainerMemoryMb, machineMb: machineMb(), slots });
    this.send({ type: 'train', id, job, memory });
    return conversation;
  }

  private send(message: ToTrainer): void {
    // A broken channel ends in `exit`, which tells more.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private aboutJob(signal: AbortSignal, id: number): ConversationOptions {
    const limitMs = this.options.silenceLimitMs ?? SILENCE_LIMIT_MS;
    return { signal, limitMs, isStart: false, cancel: { type: 'cancel', id } };
  }

  /** Listens until the handler is content, the process ends, it is silent for too long, or the signal is aborted. */
  private conversation<T>(
    options: ConversationOptions,
    handle: (message: FromTrainer, resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let silence: NodeJS.Timeout | undefined;
      let grace: NodeJS.Timeout | undefined;
      const hear = (): void => {
        clearTimeout(silence);
        silence = setTimeout(() => {
          this.reason = new ElbowError(
            'trainer-hung',
            `the trainer said nothing for ${options.limitMs / 1000} s and was ended`,
          );
          this.child.kill('SIGKILL');
        }, options.limitMs);
      };
      const settle = (): void => {
        clearTimeout(silence);
        clearTimeout(grace);
        this.child.off('message', onMessage);
        this.child.off('exit', onExit);
        this.child.off('error', onError);
        options.signal.removeEventListener('abort', onAbort);
      };
      const done = (value: T): void => {
        settle();
        resolve(value);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const onMessage = (message: FromTrainer): void => {
        hear();
        handle(message, done, fail);
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
        // The last lines of a crash may still be on their way through the pipes.
        setImmediate(() =>
          fail(
            options.signal.aborted
              ? cancelled()
              : (this.reason ??
                  endFailure({ code, signal, isStart: options.isStart, lines: this.lines, plan: this.plan })),
          ),
        );
      };
      const onError = (error: Error): void =>
        fail(
          new ElbowError('trainer-start', `the trainer process cannot be started: ${error.message}`, {
            cause: error,
          }),
        );
      const onAbort = (): void => {
        if (options.cancel) this.send(options.cancel);
        else void this.end();
        grace = setTimeout(() => {
          if (this.options.stopping?.aborted !== true) void this.end();
        }, CANCEL_GRACE_MS);
      };
      this.child.on('message', onMessage);
      this.child.on('exit', onExit);
      this.child.on('error', onError);
      options.signal.addEventListener('abort', onAbort);
      hear();
      if (!this.isAlive) onExit(this.child.exitCode, this.child.signalCode);
      else if (options.signal.aborted) onAbort();
    });
  }
}
