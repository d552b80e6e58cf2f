import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ElbowError, EXIT, messageOf } from '../../errors.js';
import { elbowHome, homeFolders } from '../../paths.js';
import { underUsersUmask } from '../../umask.js';
import type { CommandModule } from '../command.js';
import { prepareWith } from '../own-dataset.js';
import { countedText } from '../text.js';

const MOST_IMAGES = 100;

/** `elbow augment FILE|PRESET`: a contact sheet of what augmentation makes of training images. Loads no TensorFlow. */
export const command: CommandModule = {
  configure(command) {
    const collect = (value: string, before: string[] = []): string[] => [...before, value];
    command
      .argument('<file>', 'FILE or PRESET: a sweep file, or the name of a preset')
      .option('--set <key=value>', 'change a value, such as rotate=15; may be repeated', collect)
      .option('--scale <name>', 'apply one of the scales the file carries')
      .option('--out <file>', 'the PNG to write (default: SWEEP-augmentation.png in this folder)')
      .option('--images <n>', 'training images to show', '6')
      .option('--json', 'print what was drawn as JSON')
      .addHelpText(
        'after',
        `
Draws a block for each distinct augmentation in the sweep: a row an image, the original and the first eight epochs.
The pictures are those that replicate 0 trains on at the largest size, to the pixel.

Example:
  $ elbow augment sweep.yaml --set flip=true --set crop=4`,
      );
  },

  async run({ args, options }, context) {
    const { out, env, cwd, signal } = context;
    const text = String(options['images']);
    const count = Number(text);
    if (!/^\d+$/.test(text) || count < 1 || count > MOST_IMAGES) {
      throw new ElbowError(
        'usage',
        `expected --images with a whole number from 1 to ${MOST_IMAGES}, got ${text}`,
      );
    }
    const [{ loadSweep }, { combinationsOf, sheetOf }] = await Promise.all([
      import('../../spec/index.js'),
      import('../augmentation-sheet.js'),
    ]);
    const { spec } = await loadSweep(args[0] ?? '', {
      cwd,
      prepare: prepareWith(context),
      // Commander collects what `collect` makes.
      ...(Array.isArray(options['set']) ? { set: options['set'] as string[] } : {}),
      ...(typeof options['scale'] === 'string' ? { scale: options['scale'] } : {}),
    });
    const combinations = combinationsOf(spec);
    const { ensureDataset, openDataset } = await import('../../data/index.js');
    const note = (line: string): void => out.note(line);
    if (typeof spec.dataset === 'string') await ensureDataset(spec.dataset, { env, signal, note });
    const dataset = await openDataset(spec.dataset, {
      dataDir: homeFolders.data(elbowHome(env)),
      signal,
      note,
    });
    const { sheet, facts } = sheetOf(spec, combinations, dataset, count);
    const { drawSheet } = await import('../../report/index.js');
    const given = options['out'];
    const file = resolve(cwd, typeof given === 'string' ? given : `${spec.name}-augmentation.png`);
    const png = await drawSheet(sheet);
    try {
      underUsersUmask(() => writeFileSync(file, png));
    } catch (error) {
      throw new ElbowError('usage', `the sheet cannot be written to ${file}: ${messageOf(error)}`, {
        hint: 'Name a file that you may write to with --out FILE.png.',
        cause: error,
      });
    }
    if (out.json) {
      out.document({ sweep: spec.name, dataset: dataset.entry.name, file, ...facts });
      return EXIT.done;
    }
    out.result(file);
    const shown = [
      countedText(facts.augmentations.length, 'augmentation'),
      countedText(facts.images.length, 'image'),
      countedText(facts.epochs.length, 'epoch'),
    ];
    out.note(`${shown.join(' × ')}, as replicate 0 of ${spec.name} trains on them.`);
    return EXIT.done;
  },
};
