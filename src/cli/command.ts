/** What a command of the CLI is. Commands run from what they are handed, never exit, and never touch globals. */
import type { Command } from 'commander';
import type { ExitCode } from '../errors.js';
import type { Output } from './output.js';

export interface Context {
  readonly out: Output;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface CommandInput {
  /** Positional arguments, in order; a variadic one is spread. */
  readonly args: readonly string[];
  /** Options as commander parsed them, by camel-case name. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** One file in commands/ exports one of these as `command`. */
export interface CommandModule {
  /** Declares arguments, options and an example on commander's command. */
  configure(command: Command): void;
  run(input: CommandInput, context: Context): Promise<ExitCode>;
}
