import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ElbowError, EXIT, messageOf } from '../../errors.js';
import type { PictureSize } from '../../predict/index.js';
import { underUsersUmask } from '../../umask.js';
import type { CommandModule, Context } from '../command.js';
import { findKeptModel, type KeptModel } from '../kept-model.js';
import { pictureSize, predictFiles } from '../predict-files.js';
import { calibrationText, printPredictions, subtitleText, type Predictions } from '../predictions.js';
import { readTrialNumber, withSession } from '../session.js';
import { countedText } from '../text.js';

/** `elbow predict SWEEP TRIAL IMAGE…`: what a trained network makes of anyone's pictures. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .argument('<trial>', 'number of the trial')
      .argument('<image...>', 'pictures: PNG, JPEG, WebP, GIF, TIFF or AVIF of any size')
      .option('--top <count>', 'classes to name', '5')
      .option(
        '--save <file.png>',
        'write a contact sheet: each picture, what the network sees of it, its answer',
      )
      .option('--json', 'print an array with an object for each picture')
      .addHelpText(
        'after',
        `
Probabilities are calibrated on the trial's validation images. An answer that should not be trusted,
because the picture is unlike those the network knows or for another reason, comes with a sentence that says so.

Example:
  $ elbow trial quickstart 3
  $ elbow predict quickstart 3 cat.jpg plane.png --save sheet.png`,
      );
  },

  async run({ args, options }, context) {
    // What was typed wrong is told before anything is opened.
    const [sweep = '', trial = '', ...files] = args;
    const number = readTrialNumber(trial);
    const most = readTop(options['top']);
    const save = readSave(options['save'], context.cwd);
    const kept = await withSession(context.env, ({ storage }) =>
      findKeptModel(storage, sweep, number, context.env),
    );
    const { readModel } = await import('../../models/index.js');
    const { description } = readModel(kept.place);
    const size = await pictureSize(description, kept);
    const found = await predictFiles(files, { kept, description, size, most }, context);
    if (save !== null) await saveSheet(save, found, { kept, size, context });
    printPredictions(found, kept, context.out);
    return found.refused.length > 0 ? EXIT.usage : EXIT.done;
  },
};

/** @throws ElbowError `usage` */
function readTop(value: unknown): number {
  const text = String(value);
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new ElbowError('usage', `--top: expected a whole number from 1, got ${JSON.stringify(text)}`);
}

/** @throws ElbowError `usage` for a name that does not say that it is a PNG */
function readSave(value: unknown, cwd: string): string | null {
  if (typeof value !== 'string') return null;
  if (/\.png$/i.test(value)) return resolve(cwd, value);
  throw new ElbowError('usage', `--save: expected the name of a PNG file, got ${JSON.stringify(value)}`, {
    hint: 'Such as: --save sheet.png',
  });
}

/** More pictures make a file that nobody opens. */
const MOST_ON_SHEET = 60;

async function saveSheet(
  path: string,
  { answered, refused, calibration, problem }: Predictions,
  {
    kept,
    size,
    context,
  }: { readonly kept: KeptModel; readonly size: PictureSize; readonly context: Context },
): Promise<void> {
  if (answered.length === 0) return;
  const { drawAnswers, seenImage, SHEET_IMAGE, thumbnail } = await import('../../predict/index.js');
  // Twice the pixels, for sharp screens.
  const side = 2 * SHEET_IMAGE;
  const entries = [];
  for (const one of answered.slice(0, MOST_ON_SHEET)) {
    entries.push({
      ...one,
      given: await thumbnail(resolve(context.cwd, one.file), side),
      seen: await seenImage(one.picture.planes, size, side),
    });
  }
  const left = answered.length - entries.length;
  const png = await drawAnswers(entries, {
    title: `${kept.place.sweep}, trial ${kept.place.trial}`,
    subtitle: subtitleText(kept),
    notes: [
      calibrationText(calibration, problem),
      ...(left > 0 ? [`${countedText(left, 'picture')} more are not on this sheet.`] : []),
      ...refused.map(({ error }) => `${error.message}.`),
    ],
  });
  try {
    underUsersUmask(() => writeFileSync(path, png));
  } catch (error) {
    throw new ElbowError('usage', `the sheet cannot be written to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  context.out.note(`wrote ${path}`);
}
