/** What a job that threw is told as, and what it means when a trainer says that one failed, or ends. */
import { hostname } from 'node:os';
import { ElbowError, messageOf } from '../errors.js';
import { isDiskFull } from '../stack/index.js';
import { NO_PLAN, type MemoryPlan } from './plan.js';
import type { FromTrainer } from './protocol.js';

/** The same of a GPU's. */
const OF_A_DEVICE = /device:GPU|GPU_\d+_bfc|CUDA_ERROR_OUT_OF_MEMORY/;

const outOfMemory = (text: string): 'out-of-memory' | 'device-out-of-memory' =>
  OF_A_DEVICE.test(text) ? 'device-out-of-memory' : 'out-of-memory';

/** What was known of a job's memory. */
type Known = Pick<MemoryPlan, 'expected' | 'hint'>;

/** TensorFlow tells that memory is used up in words only. */
const OUT_OF_MEMORY =
  /OOM when allocating|Resource exhausted|RESOURCE_EXHAUSTED|std::bad_alloc|failed to allocate/i;

/** @param error whatever was thrown; what is no ElbowError is a bug, unless memory ran out */
export function failureOf(
  error: unknown,
  { expected, hint }: Known = NO_PLAN,
): Omit<Extract<FromTrainer, { type: 'failed' }>, 'type' | 'id'> {
  if (isDiskFull(error)) {
    return {
      code: 'disk-full',
      message: `no space left on ${hostname()}: ${messageOf(error)}`,
      hint: 'Free some in its ELBOW_HOME; `elbow gc` removes what nothing refers to.',
      stack: null,
    };
  }
  if (error instanceof ElbowError)
    return { code: error.code, message: error.message, hint: error.hint ?? null, stack: null };
  const message = messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? null) : null;
  if (OUT_OF_MEMORY.test(message)) {
    return {
      code: outOfMemory(message),
      message: `TensorFlow could not get the memory it needed: ${message}${expected}`,
      hint: `${hint} Fewer slots leave more for each.`,
      stack,
    };
  }
  return { code: 'bug', message, hint: null, stack };
}

/** How a process ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it had not said yet that it was ready. */
  readonly isStart: boolean;
  /** The last ones it wrote. */
  readonly lines: readonly string[];
  readonly plan: Known;
}

/** What the end of the process means. */
export function endFailure({ code, signal, isStart, lines, plan }: End): ElbowError {
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
      `the trainer process was killed by the system (SIGKILL), which most often means that the machine ran out of memory${plan.expected}`,
      { hint: `${plan.hint} Fewer slots (\`elbow worker --slots\`) leave more for each.` },
    );
  }
  if (OUT_OF_MEMORY.test(said)) {
    return new ElbowError(
      outOfMemory(said),
      `the trainer process ended with ${signal ?? code}, because it could not get the memory it needed${plan.expected}${said}`,
      { hint: `${plan.hint} Fewer slots leave more for each.` },
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
