/** The command line as commander sees it, and its mistakes as elbow's errors. */
import { Command, CommanderError } from 'commander';
import { ElbowError, EXIT } from '../errors.js';
import type { ExitCode } from '../errors.js';
import { elbowVersion } from '../paths.js';
import type { Context } from './command.js';
import { COMMAND_GROUPS } from './commands.js';

export interface Invocation {
  /** Makes the context once it is known whether `--json` was given. */
  readonly context: (options: { json: boolean }) => Context;
  /** Help and version go here: they are what was asked for. */
  readonly write: (text: string) => void;
}

/**
 * Parses the command line and runs its command.
 * @param typed what follows `elbow`
 * @throws ElbowError `usage` for what commander refuses, and whatever the command throws
 */
export async function runProgram(typed: readonly string[], invocation: Invocation): Promise<ExitCode> {
  const isForHelp = typed.length === 0 || typed[0] === 'help';
  const argv = isForHelp ? [...typed.slice(1, 2), '--help'] : typed;
  let code: ExitCode = EXIT.done;
  const program = createProgram(invocation.write);
  const name = argv.find((arg) => !arg.startsWith('-'));
  for (const [group, commands] of Object.entries(COMMAND_GROUPS)) {
    for (const [each, { summary, load }] of Object.entries(commands)) {
      const command = program.command(each).summary(summary).description(sentence(summary)).helpGroup(group);
      if (each !== name) continue;
      const module = (await load()).command;
      module.configure(command);
      command.action(async () => {
        const options = command.opts<Record<string, unknown>>();
        const context = invocation.context({ json: options['json'] === true });
        code = await module.run({ args: command.args, options }, context);
      });
    }
  }
  await expectKnown(name, program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    throw usageError(error, name);
  }
  return code;
}

function createProgram(write: (text: string) => void): Command {
  return new Command('elbow')
    .description('How much data, and which settings, does this model need?')
    .usage('COMMAND [options]')
    .version(elbowVersion, '--version', 'print the version')
    .option('--no-color', 'print without colour')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .configureOutput({ writeOut: write, writeErr: () => undefined, outputError: () => undefined })
    .addHelpText(
      'after',
      `
Example:
  $ elbow run quickstart
  $ elbow report quickstart --open

COMMAND --help tells more. Most commands take --json.`,
    )
    .exitOverride();
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** @throws ElbowError `usage` naming the nearest command */
async function expectKnown(name: string | undefined, program: Command): Promise<void> {
  const names = program.commands.map((command) => command.name());
  if (name === undefined || names.includes(name)) return;
  const { nearestName } = await import('../spec/index.js');
  const near = nearestName(name, names);
  throw new ElbowError('usage', `there is no command ${JSON.stringify(name)}`, {
    hint: `${near === null ? '' : `Did you mean \`elbow ${near}\`? `}\`elbow --help\` lists all.`,
  });
}

/** What commander says, with the nearest right thing as a hint. */
function usageError(error: CommanderError, name: string | undefined): ElbowError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const guess = /\(Did you mean (?:one of )?([^?]+)\?\)/.exec(rest.join(' '))?.[1];
  const help = `\`elbow ${name === undefined ? '' : `${name} `}--help\` tells what there is.`;
  return new ElbowError('usage', first, {
    hint: `${guess === undefined ? '' : `Did you mean \`${guess}\`? `}${help}`,
    cause: error,
  });
}
