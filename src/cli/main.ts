#!/usr/bin/env node
/** The CLI's entry point: hands the process to the commands, and is the only file of it that exits. */
import { ElbowError, EXIT } from '../errors.js';
import type { ExitCode } from '../errors.js';
import { keepFilesPrivate } from '../umask.js';
import { describeFailure } from './failure.js';
import { createOutput } from './output.js';
import { runProgram } from './program.js';

keepFilesPrivate();

const argv = process.argv.slice(2);
const env: NodeJS.ProcessEnv = { ...process.env };
if (argv.includes('--no-color')) env['NO_COLOR'] = '1';

// `elbow list | head` closes the pipe early; nobody reads on, and that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) {
      // The second time is meant; bars have hidden the cursor and stopped wrapping lines.
      if (process.stderr.isTTY) process.stderr.write('\x1b[?25h\x1b[?7h\n');
      process.exit(EXIT.interrupted);
    }
    stop.abort();
  });
}

async function main(): Promise<ExitCode> {
  try {
    return await runProgram(argv, {
      context: ({ json }) => ({
        out: createOutput(process, env, { json }),
        env,
        cwd: process.cwd(),
        signal: stop.signal,
      }),
      write: (text) => void process.stdout.write(text),
    });
  } catch (thrown) {
    const out = createOutput(process, env, { json: argv.includes('--json') });
    // What broke because it was told to stop is not what went wrong.
    const isElbows = thrown instanceof ElbowError;
    const error = stop.signal.aborted && !isElbows ? new ElbowError('interrupted', 'Interrupted.') : thrown;
    const failure = describeFailure(error, out.colors);
    if (out.json) out.document(failure.document);
    out.note(failure.text);
    return failure.exitCode;
  }
}

/** Resolves once everything that was written before is out: what does not fit a pipe waits for whoever reads it. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()));

const exitCode = await main();
await Promise.all([process.stdout, process.stderr].map(drained));
// Idle connections must not keep the process.
process.exit(exitCode);
