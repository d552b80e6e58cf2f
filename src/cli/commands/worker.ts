import { EXIT } from '../../errors.js';
import type { CommandModule } from '../command.js';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `elbow worker`: runs trials of a pool in the foreground, on any machine that reaches Temporal and Postgres. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--pool <name>', 'pool whose trials it runs (default: "default")')
      .option('--slots <n>', 'trials at once (default: as many as cores, or as GPUs)')
      .option('--devices <list>', 'GPUs of its slots, as numbers or UUIDs of nvidia-smi (default: all)')
      .option(
        '--no-pin-cores',
        'let trials run on any core: slots have cores of their own where there are enough',
      )
      .option('--trainer-memory <mb>', 'end a trial that uses more memory than this, in MB')
      .option('--grace <seconds>', 'how long it may take to end when it is told to (default: 20)')
      .option('--no-control', 'run trials only: workflows are left to other workers')
      .option('--control-only', 'run workflows only: trials are left to other workers; needs no TensorFlow')
      .addHelpText(
        'after',
        '\nThe servers are those of TEMPORAL_ADDRESS and DATABASE_URL, else those of the local stack. Ctrl-C or\n' +
          'SIGTERM stops the worker within its grace period; other workers take over what ran on it. Each sweep needs a worker\n' +
          'that runs workflows, and one that runs trials of its pool: one worker does both, unless it is told otherwise.\n' +
          'Slots are dealt out over the GPUs in turn; those of one GPU run trials at once while their memory fits.\n\n' +
          'Example:\n  $ elbow worker --pool gpu --slots 4 --devices 0,1\n  $ elbow worker --control-only',
      );
  },

  async run({ options }, { out, env, signal }) {
    // The SDK takes a while to load, and only a worker needs it.
    const [{ devicesFor, readSettings, startWorkerProcess }, { ensureTensorflow }] = await Promise.all([
      import('../../workers/index.js'),
      import('../../stack/index.js'),
    ]);
    const note = (line: string): void => out.note(line);
    const given = {
      pool: text(options['pool']),
      slots: text(options['slots']),
      trainerMemory: text(options['trainerMemory']),
      grace: text(options['grace']),
      ...(options['pinCores'] === false ? { pinCores: false } : {}),
      control: options['control'] !== false,
      trials: options['controlOnly'] !== true,
    };
    // What was typed wrong is told before anything is brought.
    const first = readSettings(given, env);
    const asked = text(options['devices']);
    if (!given.trials) {
      await devicesFor({ asked, device: null, env, signal });
      await startWorkerProcess({ ...first, env, signal, note });
      return EXIT.done;
    }
    const tensorflow = await ensureTensorflow({ env, signal, note });
    const { kind: device, reason } = tensorflow;
    const devices = await devicesFor({ asked, device, env, signal, reason });
    const settings = readSettings({ ...given, device }, env, devices);
    await startWorkerProcess({ ...settings, env, signal, note });
    return EXIT.done;
  },
};
