import { basename, join, resolve } from 'node:path';
import { ElbowError, EXIT } from '../../errors.js';
import type { ExportFormat } from '../../export/index.js';
import type { CommandModule } from '../command.js';
import { findKeptModel } from '../kept-model.js';
import { readTrialNumber, withSession } from '../session.js';

/** `elbow export SWEEP TRIAL --format F`: a trained network for other programs. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sweep>', 'name of the sweep')
      .argument('<trial>', 'number of the trial')
      .requiredOption('--format <format>', 'tfjs, safetensors or keras')
      .option('--out <path>', 'file or folder to write (default: SWEEP-TRIAL with the ending of the format)')
      .option('--force', 'replace an earlier export')
      .option('--json', 'print what was written as JSON')
      .addHelpText(
        'after',
        `
tfjs writes a folder that tf.loadLayersModel() of TensorFlow.js loads, keras a file that keras.saving.load_model()
loads: both take pixels from 0 to 255 and give probabilities. safetensors is the file as elbow keeps it.

Example:
  $ elbow export quickstart 3 --format keras`,
      );
  },

  async run({ args, options }, { out, env, cwd }) {
    // What was typed wrong is told before anything is opened.
    const number = readTrialNumber(args[1] ?? '');
    const [{ checkTarget, exportFormats, inputText, writeExport }, { readModel }] = await Promise.all([
      import('../../export/index.js'),
      import('../../models/index.js'),
    ]);
    const name = await readFormat(String(options['format']));
    const format = exportFormats[name];
    const named = typeof options['out'] === 'string' ? options['out'] : undefined;
    const path = named === undefined ? undefined : resolve(cwd, named);
    if (name === 'keras' && path !== undefined && !path.endsWith(format.ending)) {
      throw new ElbowError('usage', `expected a name that ends in .keras, got ${named}`, {
        hint: 'Keras loads a model from no other name.',
      });
    }
    return withSession(env, async ({ storage }) => {
      const { place } = await findKeptModel(storage, args[0] ?? '', number, env);
      const target = path ?? join(cwd, `${place.sweep}-${place.trial}${format.ending}`);
      checkTarget(target, format.kind, options['force'] === true);
      const model = readModel(place);
      const content = await format.content(model, place);
      writeExport(target, content);
      const files =
        content instanceof Uint8Array
          ? [{ path: target, bytes: content.length }]
          : [...content].map(([file, text]) => ({
              path: join(target, file),
              bytes: Buffer.byteLength(text),
            }));
      if (out.json) {
        const { input, dataset, classes } = model.description;
        const { sweep, trial, digest: weights } = place;
        out.document({ sweep, trial, format: name, path: target, files, weights, dataset, input, classes });
        return EXIT.done;
      }
      out.result(target);
      out.note(`Load it: ${format.load(basename(target))}`);
      if (name !== 'safetensors') out.note(`Input: ${inputText(model.description)} Output: probabilities.`);
      return EXIT.done;
    });
  },
};

/** @throws ElbowError `usage` naming the nearest format */
async function readFormat(text: string): Promise<ExportFormat> {
  const { exportFormatNames } = await import('../../export/index.js');
  const format = exportFormatNames.find((name) => name === text);
  if (format !== undefined) return format;
  const { nearestName } = await import('../../spec/index.js');
  const near = nearestName(text, exportFormatNames);
  const list = `The formats are ${exportFormatNames.join(', ')}.`;
  throw new ElbowError('usage', `there is no export format ${JSON.stringify(text)}`, {
    hint: near === null ? list : `Did you mean \`${near}\`? ${list}`,
  });
}
