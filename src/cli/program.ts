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
  const argv = typed[0] === 'help' ? [...typed.slice(1, 2), '--help'] : typed;
  let code: ExitCode = EXIT.done;
  const program = createProgram(invocation.write);
  const wanted = wantedCommands(argv);
  for (const [group, commands] of Object.entries(COMMAND_GROUPS)) {
    for (const [name, { summary, load }] of Object.entries(commands)) {
      const command = program.command(name).summary(summary).description(sentence(summary)).helpGroup(group);
      if (!wanted.includes(name)) continue;
      const module = (await load()).command;
      module.configure(command);
      command.action(async () => {
        const options = command.opts<Record<string, unknown>>();
        const context = invocation.context({ json: options['json'] === true });
        code = await module.run({ args: command.args, options }, context);
      });
    }
  }
  if (argv.length === 0) {
    invocation.write(program.helpInformation());
    return EXIT.done;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    throw await usageError(error, argv, program);
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

/** Names that may be commands: only their files need to be loaded. */
function wantedCommands(argv: readonly string[]): string[] {
  return argv.filter((arg) => !arg.startsWith('-')).slice(0, 1);
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What commander says, with the nearest right thing as a hint. */
async function usageError(
  error: CommanderError,
  argv: readonly string[],
  program: Command,
): Promise<ElbowError> {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const [name = ''] = wantedCommands(argv);
  const names = program.commands.map((command) => command.name());
  const isKnown = names.includes(name);
  const help = isKnown ? `\`elbow ${name} --help\`` : '`elbow --help`';
  if (error.code === 'commander.help' || (!isKnown && name !== '')) {
    const { nearestName } = await import('../spec/index.js');
    const near = nearestName(name, names);
    const guess = near === null ? '' : `Did you mean \`elbow ${near}\`? `;
    return new ElbowError('usage', `there is no command ${JSON.stringify(name)}`, {
      hint: `${guess}${help} lists all.`,
      cause: error,
    });
  }
  const guess = /\(Did you mean (?:one of )?([^?]+)\?\)/.exec(rest.join(' '))?.[1];
  return new ElbowError('usage', first, {
    hint: `${guess === undefined ? '' : `Did you mean \`${guess}\`? `}${help} tells what there is.`,
    cause: error,
  });
}
