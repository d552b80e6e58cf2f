/** `elbow datasets PATH`: what a folder of images or a CSV file is as a data set. */
import { totalOf } from '../data/catalog.js';
import type { Prepared } from '../data/index.js';
import { EXIT, ElbowError, type ExitCode } from '../errors.js';
import { elbowHome, homeFolders } from '../paths.js';
import { balanceNote, datasetFacts, requestedDataset } from '../spec/index.js';
import type { AskedDataset } from '../spec/types.js';
import type { CommandInput, Context } from './command.js';
import type { Output } from './output.js';
import { countText, countedText, cutText, tableLines } from './text.js';

/** Rows of classes and features that are printed; `--json` has all. */
const MOST_ROWS = 40;
/** Letters of a reason or name in a table. */
const MOST_LETTERS = 60;

/**
 * Looks at a data set, decodes it once, and prints its classes, its split and its files that cannot be read.
 * @returns 6 when there are such files
 * @throws ElbowError `data-unusable`, `usage` for an option that does not fit
 */
export async function checkDataset(
  path: string,
  options: CommandInput['options'],
  context: Context,
): Promise<ExitCode> {
  const { out, env, signal } = context;
  const asked = askedOf(path, options, context.cwd);
  const { prepareDataset } = await import('../data/index.js');
  const prepared = await prepareDataset(asked.kind === 'folder' ? { ...asked, unreadable: 'skip' } : asked, {
    dataDir: homeFolders.data(elbowHome(env)),
    signal,
    note: (line) => out.note(line),
  });
  if (out.json) out.document(documentOf(prepared));
  else print(prepared, out);
  return prepared.unreadable.length > 0 ? EXIT.checkFailed : EXIT.done;
}

/** The same checks as those of a sweep file that names this data set. */
function askedOf(path: string, options: CommandInput['options'], cwd: string): AskedDataset {
  const isTable = typeof options['label'] === 'string' || /\.csv$/i.test(path);
  const keys = isTable ? ['label', 'test'] : ['size', 'channels', 'test'];
  const wrong = ['size', 'channels', 'label'].find(
    (key) => options[key] !== undefined && !keys.includes(key),
  );
  if (wrong !== undefined) {
    throw new ElbowError('usage', `--${wrong} is not for ${isTable ? 'a CSV file' : 'a folder of images'}`);
  }
  const set = keys.flatMap((key) =>
    typeof options[key] === 'string' ? [`dataset.${key}=${options[key]}`] : [],
  );
  const kind = isTable ? 'csv' : 'folder';
  const file = `name: look\ndataset: { ${kind}: ${JSON.stringify(path)} }\n`;
  const request = requestedDataset(file, path, { set, folder: cwd, cwd });
  if (request === null) throw new ElbowError('bug', `a path was taken for a published data set: ${path}`);
  return request.asked;
}

function documentOf({ dataset, manifest, folder, unreadable, notes }: Prepared): object {
  const { name, path, kind, digest, classes, image, trainPerClass, testPerClass } = dataset;
  const { mean, std, columns } = manifest.own;
  return {
    ...{ name, kind, path, digest, classes, image, trainPerClass, testPerClass },
    ...(columns ? { columns } : {}),
    largestSize: datasetFacts(dataset)!.largestSize,
    ...{ mean, std, unreadable, notes },
    balance: balanceNote(dataset),
    folder,
  };
}

function print({ dataset, manifest, folder, unreadable, notes }: Prepared, out: Output): void {
  const { bold, dim } = out.colors;
  const { name, path, classes, image, trainPerClass, testPerClass, kind, digest } = dataset;
  const { mean, std, columns } = manifest.own;
  const noun = kind === 'csv' ? 'rows' : 'images';
  const line = (what: string, value: string): void => out.result(`  ${dim(what.padEnd(13))}  ${value}`);
  out.result(`${bold(name)}  ${path}`);
  line(
    noun,
    `${countText(totalOf(trainPerClass))} for training, ${countText(totalOf(testPerClass))} for tests`,
  );
  line(
    'each',
    columns ? countedText(columns.length, 'number') : `${image.join('×')} (height, width, channels)`,
  );
  line('largest size', `${countText(datasetFacts(dataset)!.largestSize)} samples per class`);
  line('sha256', digest);
  line('decoded', folder);
  table(
    [{ title: 'class' }, { title: 'train', right: true }, { title: 'test', right: true }],
    classes.map((one, i) => [
      cutText(one, MOST_LETTERS),
      countText(trainPerClass[i]!),
      countText(testPerClass[i]!),
    ]),
    out,
  );
  table(
    [
      { title: columns ? 'feature' : 'channel' },
      { title: 'mean', right: true },
      { title: 'std', right: true },
    ],
    mean.map((value, i) => [
      cutText(columns?.[i] ?? String(i), MOST_LETTERS),
      value.toPrecision(5),
      std[i]!.toPrecision(5),
    ]),
    out,
  );
  if (unreadable.length > 0) {
    const rows = unreadable.map(({ file, reason }) => [file, cutText(reason, MOST_LETTERS)]);
    out.result();
    for (const row of tableLines([{ title: 'cannot be read' }, { title: 'why' }], rows, { header: dim })) {
      out.result(row);
    }
    out.note('A sweep refuses these files unless its data set says `unreadable: skip`.');
  }
  const balance = balanceNote(dataset);
  for (const note of [...notes, ...(balance === null ? [] : [balance])]) out.note(note);
}

function table(columns: Parameters<typeof tableLines>[0], rows: string[][], out: Output): void {
  out.result();
  for (const row of tableLines(columns, rows.slice(0, MOST_ROWS), { header: out.colors.dim }))
    out.result(row);
  if (rows.length > MOST_ROWS) out.result(`… and ${countText(rows.length - MOST_ROWS)} more`);
}
