/** Reads what a program writes, line by line and no faster than it can be stored. */
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { CommandHooks } from './job.js';
import { createLineSplitter, type Line } from './lines.js';
import { metricsOf } from './metrics.js';
import type { MetricsRecord } from './record.js';

/** Lines of an execution's log that are kept; storage takes no more. */
const MOST_LOG_LINES = 20_000;
/** Characters of a line of the log. */
const LONGEST_LOG_LINE = 4_096;
/** What may wait to be written before the program has to. */
const MOST_WAITING_BYTES = 65_536;
/** Of an epoch or a line, beside its text. */
const OVERHEAD_BYTES = 100;
const LAST_LINES = 15;
const LONGEST_LAST_LINE = 400;
/** A pipe that says nothing for this long after the program's end is held open by a process that has left its group. */
const SILENT_AFTER_END_MS = 2_000;

export interface ProgramOutput {
  /**
   * Waits until all that was written is read, once the program has ended.
   * @throws what `flush` throws
   */
  drained(): Promise<void>;
  /** Reads no further. */
  abandon(): void;
  /** The last lines of the log, oldest first. */
  readonly lastLines: readonly string[];
}

export interface OutputParts {
  readonly streams: Readonly<Record<'stdout' | 'stderr', Readable>>;
  readonly record: MetricsRecord;
  readonly hooks: Pick<CommandHooks, 'onLog' | 'onStep' | 'flush'>;
  /** Seconds since the execution began. */
  readonly clock: () => number;
  /** Called once, where what was read cannot be written. */
  readonly onError: (error: unknown) => void;
}

export function readOutput({ streams, record, hooks, clock, onError }: OutputParts): ProgramOutput {
  const lastLines: string[] = [];
  let logged = 0;
  let waiting = 0;
  let flushing = 0;
  let heardAt = performance.now();
  let isAbandoned = false;

  const log = (stream: 'stdout' | 'stderr', { text, dropped }: Line): void => {
    const told = cut(text, LONGEST_LOG_LINE, dropped);
    lastLines.push(cut(plain(text), LONGEST_LAST_LINE, dropped));
    if (lastLines.length > LAST_LINES) lastLines.shift();
    if (logged === MOST_LOG_LINES)
      hooks.onLog('elbow', `the program has written ${MOST_LOG_LINES} lines: further ones are not kept`);
    if (logged++ >= MOST_LOG_LINES) return;
    hooks.onLog(stream, told);
    waiting += told.length + OVERHEAD_BYTES;
  };

  const take = (stream: 'stdout' | 'stderr', line: Line): void => {
    const found = stream === 'stdout' && line.dropped === 0 ? metricsOf(line.text) : null;
    if (found === null || found.hasOthers) log(stream, line);
    if (found === null) return;
    record.take(found.values, clock());
    waiting += OVERHEAD_BYTES;
    const { epoch } = found.values;
    if (Number.isInteger(epoch)) hooks.onStep({ epoch: epoch!, step: 0, steps: 0 });
  };

  const read = async (name: 'stdout' | 'stderr'): Promise<void> => {
    const splitter = createLineSplitter();
    for await (const chunk of streams[name]) {
      heardAt = performance.now();
      // Pipes give bytes.
      for (const line of splitter.push(chunk as Buffer)) take(name, line);
      if (waiting < MOST_WAITING_BYTES) continue;
      waiting = 0;
      flushing++;
      await hooks.flush().finally(() => flushing--);
    }
    const rest = splitter.end();
    if (rest !== null) take(name, rest);
  };

  const abandon = (): void => {
    isAbandoned = true;
    streams.stdout.destroy();
    streams.stderr.destroy();
  };

  let failure: { readonly error: unknown } | undefined;
  const readers = Promise.all([read('stdout'), read('stderr')]).then(
    () => undefined,
    (error: unknown) => {
      // A stream that is destroyed throws.
      if (isAbandoned) return;
      failure = { error };
      abandon();
      onError(error);
    },
  );

  return {
    lastLines,
    abandon,
    drained: async () => {
      heardAt = performance.now();
      const look = setInterval(() => {
        if (flushing > 0 || performance.now() - heardAt < SILENT_AFTER_END_MS) return;
        hooks.onLog(
          'elbow',
          'a process that left the program’s group holds its output open; it is not read further',
        );
        abandon();
      }, SILENT_AFTER_END_MS / 4);
      await readers;
      clearInterval(look);
      if (failure) throw failure.error;
    },
  };
}

/** For messages, which Postgres and Temporal keep: without colours, and without NUL and other control characters. */
const plain = (text: string): string => stripVTControlCharacters(text).replace(/[^\P{Cc}\t]/gu, '�');

function cut(text: string, most: number, dropped: number): string {
  if (text.length <= most && dropped === 0) return text;
  // No half of a character: Temporal's server refuses a message that holds one.
  const kept = text.slice(0, most).replace(/\p{Cs}$/u, '');
  return `${kept}… (${text.length - kept.length + dropped} more)`;
}
