/** What it means when a trainer says that a job failed, or ends. */
import { ElbowError } from '../errors.js';
import type { FromTrainer } from './protocol.js';

/** How a process ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it had not said yet that it was ready. */
  readonly isStart: boolean;
  /** The last ones it wrote. */
  readonly lines: readonly string[];
}

/** What the end of the process means. */
export function endFailure({ code, signal, isStart, lines }: End): ElbowError {
  const said = lines.length > 0 ? `; its last lines:\n${lines.join('\n')}` : '';
  if (isStart) {
    return new ElbowError(
      'trainer-start',
      `the trainer process ended with ${signal ?? code} before it was ready${said}`,
      {
        hint: '`elbow doctor` checks that TensorFlow can be loaded.',
      },
    );
  }
  if (signal === 'SIGKILL') {
    return new ElbowError(
      'trainer-killed',
      'the trainer process was killed by the system (SIGKILL), which most often means that the machine ran out of memory',
      { hint: 'A smaller `batchSize`, or fewer slots (`elbow worker --slots`), needs less memory.' },
    );
  }
  return new ElbowError(
    'trainer-crashed',
    `the trainer process ended with ${signal ?? `exit code ${code}`} in the middle of a trial${said}`,
    {
      hint: '`elbow logs` shows everything it wrote.',
    },
  );
}

export const cancelled = (): ElbowError => new ElbowError('trial-cancelled', 'the trial was cancelled');

function asFailure(message: Extract<FromTrainer, { type: 'failed' }>): ElbowError {
  // Sent by elbow's own trainer, from the same table of codes.
  const code = message.code as ElbowError['code'];
  return new ElbowError(code, message.message, message.hint === null ? {} : { hint: message.hint });
}

/** Heeds what is told of every kind of job. */
export function heed(
  message: FromTrainer,
  hooks: { onLog(stream: 'elbow', text: string): void },
  reject: (error: Error) => void,
): void {
  switch (message.type) {
    case 'log':
      hooks.onLog('elbow', message.text);
      break;
    case 'cancelled':
      reject(cancelled());
      break;
    case 'failed':
      if (message.stack) hooks.onLog('elbow', message.stack);
      reject(asFailure(message));
      break;
    default:
  }
}
