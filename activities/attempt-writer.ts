/** Writes what a running attempt says, in order and in bulk. */
import type { AttemptTask, Environment, EpochMetrics, LogLine, Storage } from '../src/storage/index.js';

/** Lines are written at the end of an epoch, or when so many wait, or when the first of them has waited so long. */
const MOST_WAITING = 200;
const LONGEST_WAIT_MS = 1000;

export interface AttemptWriter {
  setEnvironment(environment: Environment): void;
  /** Drops the epochs of earlier executions that come after this one. */
  resumeAfter(epoch: number): void;
  setCheckpoint(path: string): void;
  addEpoch(metrics: EpochMetrics): void;
  addLog(stream: LogLine['stream'], text: string, at: Date): void;
  /** Epochs added so far. */
  epochCount(): number;
  /** Waits until everything is written. @throws what a write has thrown, such as `lease-lost` */
  flush(): Promise<void>;
}

/**
 * @param onError called once, at the first write that fails; later writes are dropped
 */
export function createAttemptWriter(
  storage: Storage,
  { attemptId, lease }: Pick<AttemptTask, 'attemptId' | 'lease'>,
  onError: (error: unknown) => void,
): AttemptWriter {
  let epochs: EpochMetrics[] = [];
  let lines: LogLine[] = [];
  let lineCount = 0;
  let epochCount = 0;
  let failure: { readonly error: unknown } | null = null;
  let writes: Promise<void> = Promise.resolve();
  let waiting: NodeJS.Timeout | undefined;

  const enqueue = (write: () => Promise<void>): void => {
    writes = writes.then(async () => {
      if (failure) return;
      try {
        await write();
      } catch (error) {
        failure = { error };
        onError(error);
      }
    });
  };
  const writeWaiting = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
    enqueue(async () => {
      const [someEpochs, someLines] = [epochs, lines];
      [epochs, lines] = [[], []];
      if (someEpochs.length > 0) await storage.recordEpochs(attemptId, lease, someEpochs);
      if (someLines.length > 0) await storage.recordLogs(attemptId, lease, someLines);
    });
  };

  return {
    setEnvironment: (environment) => enqueue(() => storage.setEnvironment(attemptId, lease, environment)),
    resumeAfter: (epoch) => enqueue(() => storage.resumeAfter(attemptId, lease, epoch)),
    setCheckpoint: (path) => enqueue(() => storage.setCheckpoint(attemptId, lease, path)),
    addEpoch: (metrics) => {
      epochs.push(metrics);
      epochCount++;
      writeWaiting();
    },
    addLog: (stream, text, at) => {
      for (const line of text.replace(/\n$/, '').split('\n')) {
        lines.push({ lease, index: lineCount++, at, stream, text: line });
      }
      if (lines.length >= MOST_WAITING) writeWaiting();
      else waiting ??= setTimeout(writeWaiting, LONGEST_WAIT_MS);
    },
    epochCount: () => epochCount,
    flush: async () => {
      writeWaiting();
      await writes;
      if (failure) throw failure.error;
    },
  };
}
