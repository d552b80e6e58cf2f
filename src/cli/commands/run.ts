import type { Command } from 'commander';
import { ElbowError, EXIT } from '../../errors.js';
import type { ExitCode } from '../../errors.js';
import type { LoadOptions, LoadedSweep } from '../../spec/index.js';
import type { SweepRow } from '../../storage/storage.js';
import type { CommandModule, Context } from '../command.js';
import { readConcurrency } from '../concurrency.js';
import { prepareWith } from '../own-dataset.js';
import type { Session } from '../session.js';

/** `elbow run FILE|PRESET`: starts a sweep, or joins the one that is there, and follows it. */
export const command: CommandModule = {
  configure(command) {
    const collect = (value: string, before: string[] = []): string[] => [...before, value];
    command
      .argument('<file>', 'FILE or PRESET: a sweep file, or the name of a preset')
      .option('--name <name>', 'another name than the file’s')
      .option(
        '--set <key=value>',
        'change a value, such as seed=7 or optimizer=[adam,sgd]; may be repeated',
        collect,
      )
      .option('--replicates <n>', 'another number of replicates')
      .option(
        '--until <condition>',
        'add replicates until this holds for every arm; may be repeated',
        collect,
      )
      .option('--scale <name>', 'apply one of the scales the file carries')
      .option('--concurrency <n>', 'trials that may run at once (default: as many as there are slots)')
      .option('--dry-run', 'print the plan and start nothing')
      .option('--detach', 'start it and return')
      .option('--json', 'print one JSON document at the end');
    example(command);
  },

  async run({ args, options }, context) {
    const { loadSweep } = await import('../../spec/index.js');
    const given = options['concurrency'];
    const concurrency = typeof given === 'string' ? readConcurrency(given) : null;
    const loaded = await loadSweep(args[0] ?? '', {
      ...loadOptions(options, context.cwd),
      prepare: prepareWith(context),
    });
    if (options['dryRun'] === true) {
      const { printPlan } = await import('../dry-run.js');
      printPlan(loaded.spec, context.out);
      return EXIT.done;
    }
    return start(loaded, { isDetached: options['detach'] === true, concurrency }, context);
  },
};

function example(command: Command): void {
  command.addHelpText(
    'after',
    `
A sweep that exists with the same settings is followed, or reported if it has ended; nothing is trained twice.
\`--until 'ratio(target) < 2'\` looks at the curves when all trials have ended, and adds replicates to every arm as long as an
interval is too wide: \`ratio(target)\`, \`ratio(elbow)\`, \`width(target)\`, \`width(elbow)\`, \`width(score@5000)\`. It looks
first at 5 replicates or more, adds four times at most, and no more than \`budget.maxTrials\` and \`budget.maxHours\` allow.
Ctrl-C stops only the following. Exit code 3: some trials failed, or the sweep was cancelled.

Example:
  $ elbow run quickstart
  $ elbow run sweep.yaml --set space.samplesPerClass=[10,100] --replicates 3 --name small
  $ elbow run sweep.yaml --replicates 5 --until 'width(score@1000) < 0.02' --set budget.maxHours=2`,
  );
}

function loadOptions(options: Readonly<Record<string, unknown>>, cwd: string): LoadOptions {
  const text = (key: string): Record<string, string> =>
    typeof options[key] === 'string' ? { [key]: options[key] } : {};
  const replicates = options['replicates'];
  if (typeof replicates === 'string' && !/^[1-9]\d{0,5}$/.test(replicates)) {
    throw new ElbowError('usage', `expected --replicates with a whole number from 1, got ${replicates}`);
  }
  return {
    cwd,
    // Commander collects what `collect` makes.
    ...(Array.isArray(options['set']) ? { set: options['set'] as string[] } : {}),
    ...(Array.isArray(options['until']) ? { until: options['until'] as string[] } : {}),
    ...text('name'),
    ...text('scale'),
    ...(typeof replicates === 'string' ? { replicates: Number(replicates) } : {}),
  };
}

interface StartOptions {
  readonly isDetached: boolean;
  /** Trials at once; null: as many as there are slots, or as it was set before. */
  readonly concurrency: number | null;
}

async function start(
  loaded: LoadedSweep,
  { isDetached, concurrency }: StartOptions,
  context: Context,
): Promise<ExitCode> {
  const { env, signal, out } = context;
  const { spec } = loaded;
  const note = (line: string): void => out.note(line);
  const { repeatedText } = await import('../dry-run.js');
  const repeated = repeatedText(spec);
  if (repeated !== null) note(repeated);
  const { ensureUp } = await import('../../stack/index.js');
  const connections = await ensureUp({ env, signal, note });
  // With both servers elsewhere the trainings are too, and their workers bring what they need.
  const isHere = connections.temporal.embedded || connections.database.embedded;
  if (isHere && spec.trainable.kind === 'builtin' && typeof spec.dataset === 'string') {
    const { ensureDataset } = await import('../../data/index.js');
    await ensureDataset(spec.dataset, { env, signal, note });
  }
  const { withSession } = await import('../session.js');
  return withSession(
    env,
    async (session) => {
      const sweep = await startOrJoin(session, loaded, concurrency, context);
      const { isEnded } = await import('../sweep-facts.js');
      if (isDetached && !isEnded(sweep.status)) return detached(session, sweep, context);
      const [{ followSweep }, { printEnding }] = await Promise.all([
        import('../follow.js'),
        import('../ending.js'),
      ]);
      return printEnding(session, await followSweep(session, sweep, context), context);
    },
    connections,
  );
}

/**
 * Stores the sweep and starts its workflow. Who comes second finds it stored; whoever finds it without a workflow,
 * because the first died in between, starts that.
 */
async function startOrJoin(
  session: Session,
  loaded: LoadedSweep,
  concurrency: number | null,
  { out }: Context,
): Promise<SweepRow> {
  const [{ startSweepWorkflow, workflowState }, { limitSweep }] = await Promise.all([
    import('../workflow.js'),
    import('../lifecycle.js'),
  ]);
  const { isEnded } = await import('../sweep-facts.js');
  const { sweep, created } = await session.storage.createSweep(loaded.spec, loaded.source);
  /** Before the workflow is there, so that not one trial more begins. */
  const begin = async (): Promise<void> => {
    if (concurrency !== null) await session.storage.setConcurrency(sweep.id, concurrency);
    await startSweepWorkflow(session, sweep);
  };
  if (created) {
    await begin();
    return sweep;
  }
  await expectSameSpec(sweep, loaded);
  if (isEnded(sweep.status)) {
    out.note(`The sweep ${sweep.name} has ended already; this is what it has. Another --name runs it anew.`);
    return sweep;
  }
  if ((await workflowState(session, sweep.name)) === 'RUNNING') {
    if (concurrency !== null) await limitSweep(session, sweep, concurrency);
    out.note(`The sweep ${sweep.name} is running already; following it.`);
    return sweep;
  }
  const now = await session.storage.getSweep(sweep.id);
  if (!isEnded(now.status)) await begin();
  return now;
}

async function expectSameSpec(sweep: SweepRow, { spec, file }: LoadedSweep): Promise<void> {
  const { isSweepOf } = await import('../../spec/index.js');
  if (isSweepOf(sweep.spec, spec)) return;
  const { differencesText, specDifferences } = await import('../../spec/index.js');
  throw new ElbowError(
    'sweep-exists',
    `a sweep called ${sweep.name} exists with another spec: ${differencesText(specDifferences(sweep.spec, spec))}`,
    { where: { file }, hint: `Give this one another name: --name ${sweep.name}-2` },
  );
}

async function detached(session: Session, sweep: SweepRow, { out }: Context): Promise<ExitCode> {
  const { sweepDocument, temporalLink } = await import('../sweep-facts.js');
  const counts = await session.storage.countTrials(sweep.id);
  if (out.json) {
    out.document(sweepDocument(sweep, counts, new Date()));
    return EXIT.done;
  }
  out.result(`The sweep ${sweep.name} runs. Follow it: \`elbow watch ${sweep.name}\`.`);
  const link = temporalLink(session.temporalPlace, sweep.name);
  if (link !== null) out.note(`In Temporal: ${link}`);
  return EXIT.done;
}
