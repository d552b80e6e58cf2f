/** Runs a command line in this process, with what it prints kept. */
import { PassThrough } from 'node:stream';
import { describeFailure } from '../../src/cli/failure.js';
import { createOutput } from '../../src/cli/output.js';
import type { Streams } from '../../src/cli/output.js';
import { runProgram } from '../../src/cli/program.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/** As main.ts does, without exiting. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = collect();
  const stderr = collect();
  // A stream that is no terminal is all that output asks of the process' own.
  const streams = { stdout: stdout.stream, stderr: stderr.stream } as unknown as Streams;
  const env = { NO_COLOR: '1', ...options.env };
  let code: number;
  try {
    code = await runProgram(args, {
      context: ({ json }) => ({
        out: createOutput(streams, env, { json }),
        env,
        cwd: options.cwd ?? process.cwd(),
        signal: options.signal ?? new AbortController().signal,
      }),
      write: (text) => void stdout.stream.write(text),
    });
  } catch (thrown) {
    const out = createOutput(streams, env, { json: args.includes('--json') });
    const failure = describeFailure(thrown, out.colors);
    if (out.json) out.document(failure.document);
    out.note(failure.text);
    code = failure.exitCode;
  }
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(): { stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}
