import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `elbow worker`: runs trials of a pool in the foreground, on any machine that reaches Temporal and Postgres. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--pool <name>', 'pool whose trials it runs (default: "default")')
      .option('--slots <n>', 'trials at once (default: as many as cores, one on a GPU)')
      .option('--trainer-memory <mb>', 'end a trial that uses more memory than this, in MB')
      .option('--no-control', 'run trials only: workflows are left to other workers')
      .option('--control-only', 'run workflows only: trials are left to other workers; needs no TensorFlow')
      .addHelpText(
        'after',
        '\nThe servers are those of TEMPORAL_ADDRESS and DATABASE_URL, else those of the local stack. Ctrl-C stops the\n' +
          'worker within seconds; other workers take over what ran on it. Each sweep needs a worker that runs workflows, and\n' +
          'one that runs trials of its pool: one worker does both, unless it is told otherwise.\n\n' +
          'Example:\n  $ elbow worker --pool gpu --slots 1\n  $ elbow worker --control-only',
      );
  },

  async run({ options }, { out, env, signal }) {
    // The SDK takes a while to load, and only a worker needs it.
    const [{ readSettings, startWorkerProcess }, { ensureTensorflow }] = await Promise.all([
      import('../../workers/index.js'),
      import('../../stack/index.js'),
    ]);
    const note = (line: string): void => out.note(line);
    const given = {
      pool: text(options['pool']),
      slots: text(options['slots']),
      trainerMemory: text(options['trainerMemory']),
      control: options['control'] !== false,
      trials: options['controlOnly'] !== true,
    };
    // What was typed wrong is told before anything is brought.
    const first = readSettings(given, env);
    if (!given.trials) {
      await startWorkerProcess({ ...first, env, signal, note });
      return EXIT.done;
    }
    const tensorflow = await ensureTensorflow({ env, signal, note });
    const settings = readSettings({ ...given, device: tensorflow.kind }, env);
    await startWorkerProcess({ ...settings, env, signal, note });
    return EXIT.done;
  },
};
