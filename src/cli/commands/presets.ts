import { ElbowError, EXIT } from '../../errors.js';
import type { ExitCode } from '../../errors.js';
import type { Preset } from '../../spec/index.js';
import type { CommandModule, Context } from '../command.js';
import type { Duration } from '../duration.js';
import type { MeasuredSpeed } from '../speed.js';
import { countedText, durationText, tableLines } from '../text.js';

/** `elbow presets`: the sweeps that come with elbow, what each asks, and how long it takes here. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('[preset]', 'one of them, to print its sweep file')
      .option('--measure', 'measure how fast this machine trains, in half a minute')
      .option('--json', 'print the presets as JSON')
      .addHelpText(
        'after',
        `
Times are those of the whole sweep on this machine alone, from what --measure found last.

Example:
  $ elbow presets --measure
  $ elbow presets learning-curve > mine.yaml`,
      );
  },

  async run({ args, options }, context) {
    const { listPresets } = await import('../../spec/index.js');
    const presets = await listPresets();
    if (args[0] !== undefined) return printFile(args[0], presets, context);
    const speed = await speedOf(options['measure'] === true, context);
    const { durationOf } = await import('../duration.js');
    const rows = presets.map((preset) => ({
      preset,
      duration: speed === null ? null : durationOf(preset.spec, speed),
    }));
    if (context.out.json) {
      context.out.document(
        rows.map(({ preset: { name, description, trials }, duration }) => ({
          name,
          description,
          trials,
          seconds: duration,
        })),
      );
    } else printList(rows, speed, context);
    return EXIT.done;
  },
};

/** @throws ElbowError `usage` naming the nearest preset */
async function printFile(name: string, presets: readonly Preset[], { out }: Context): Promise<ExitCode> {
  const preset = presets.find((one) => one.name === name);
  if (preset === undefined) {
    const names = presets.map((one) => one.name);
    const { nearestName } = await import('../../spec/index.js');
    const near = nearestName(name, names);
    throw new ElbowError(
      'usage',
      `there is no preset ${JSON.stringify(name)}; there is ${names.join(', ')}`,
      {
        hint: near === null ? '`elbow presets` tells what each asks.' : `Did you mean \`${near}\`?`,
      },
    );
  }
  if (out.json)
    out.document({ name, description: preset.description, trials: preset.trials, spec: preset.spec });
  else out.result(preset.source.trimEnd());
  return EXIT.done;
}

/** The speed of this machine: measured now if that is wanted, else what is known; null where neither is. */
async function speedOf(isWanted: boolean, { out, env, signal }: Context): Promise<MeasuredSpeed | null> {
  const { hindrance, measureSpeed, readSpeed } = await import('../speed.js');
  if (!isWanted) return readSpeed(env);
  const why = await hindrance({ env, signal });
  if (why === null) return measureSpeed({ env, signal, note: (line) => out.note(line) });
  out.note(`Nothing was measured. ${why}`);
  return readSpeed(env);
}

interface Row {
  readonly preset: Preset;
  readonly duration: Duration | null;
}

function printList(rows: readonly Row[], speed: MeasuredSpeed | null, { out }: Context): void {
  const { bold, dim } = out.colors;
  const columns = [
    { title: 'preset' },
    { title: 'trials', right: true },
    ...(speed === null ? [] : [{ title: 'about', right: true }, { title: 'at least – at most' }]),
  ];
  const cells = rows.map(({ preset, duration }) => [
    preset.name,
    preset.trials.toLocaleString('en-US'),
    ...(speed === null ? [] : [durationText(duration?.about ?? null), rangeText(duration)]),
  ]);
  const cell = (text: string, _row: number, column: number): string => (column === 0 ? bold(text) : text);
  for (const line of tableLines(columns, cells, { header: dim, cell })) out.result(line);
  out.result();
  const width = Math.max(...rows.map(({ preset }) => preset.name.length));
  for (const { preset } of rows) out.result(`${bold(preset.name.padEnd(width))}  ${preset.description}`);
  out.note();
  if (speed === null) out.note('How long each takes here: `elbow presets --measure` (half a minute).');
  else {
    out.note(
      `Times: for ${countedText(speed.slots, 'slot')} of this machine (${speed.device}), measured ${speed.measuredAt.slice(0, 10)}; ` +
        'early stopping decides where in the range a sweep ends.',
    );
  }
  out.note(
    'Run one with `elbow run NAME`, or look first: `elbow run NAME --dry-run`; `elbow presets NAME` prints its file.',
  );
}

const rangeText = (duration: Duration | null): string =>
  duration === null ? '–' : `${durationText(duration.least)} – ${durationText(duration.most)}`;
