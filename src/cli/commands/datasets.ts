import { join } from 'node:path';
import { EXIT, messageOf, type ExitCode } from '../../errors.js';
import { largestSizeOf, totalOf, type DatasetEntry } from '../../data/catalog.js';
import { elbowHome, homeFolders } from '../../paths.js';
import { checkDataset } from '../check-dataset.js';
import type { CommandModule, Context } from '../command.js';
import type { Output } from '../output.js';
import { countText } from '../text.js';

interface Summary {
  readonly name: string;
  readonly title: string;
  readonly classes: readonly string[];
  /** Height, width, channels; of a table 1, 1, features. */
  readonly image: readonly [number, number, number];
  readonly trainImages: number;
  readonly testImages: number;
  /** The largest `samplesPerClass`. */
  readonly largestSize: number;
  readonly folder: string;
  readonly present: boolean;
  /** SHA-256 of the content in hex; null while it is not there. */
  readonly digest: string | null;
  /** What is wrong with the files that are there, or null. */
  readonly problem: string | null;
  /** Who published it, or where one's own lay when it was decoded. */
  readonly source: string;
}

/** `elbow datasets`: the data sets, their sizes, and whether they are there; or a look at one of one's own. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('[path]', 'a folder of images or a CSV file to look at')
      .option('--size <pixels>', 'of a folder: pixels of a side that images are brought to')
      .option('--channels <n>', 'of a folder: 1 for grey, 3 for colour')
      .option('--label <column>', 'of a CSV file: the column of the classes, by name or number')
      .option('--test <share>', 'share that is for tests, where there are no train/ and test/')
      .option('--json', 'print the data sets as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow datasets\n  $ elbow datasets ./pictures --size 32');
  },

  async run({ args, options }, context) {
    if (args[0] !== undefined) return checkDataset(args[0], options, context);
    return list(context);
  },
};

async function list({ out, env }: Context): Promise<ExitCode> {
  const { datasetNames, findDataset, isPresent, listCaches, entryOf, readManifest } =
    await import('../../data/index.js');
  const data = homeFolders.data(elbowHome(env));
  const digestOf = (folder: string): Pick<Summary, 'digest' | 'problem'> => {
    try {
      return { digest: readManifest(folder).digest, problem: null };
    } catch (error) {
      return { digest: null, problem: messageOf(error) };
    }
  };
  const published = datasetNames.map((name): Summary => {
    const entry = findDataset(name)!;
    const folder = join(data, name);
    const present = isPresent(name, data);
    const found = present ? digestOf(folder) : { digest: null, problem: null };
    return { ...factsOf(entry), folder, present: present && found.problem === null, ...found };
  });
  const own = listCaches(data).map(({ folder, manifest }): Summary => ({
    ...factsOf(entryOf(manifest)),
    folder,
    present: true,
    digest: manifest.own.source,
    problem: null,
  }));
  const summaries = [...published, ...own];
  if (out.json) out.document(summaries);
  else summaries.forEach((summary, i) => printSummary(summary, out, i > 0));
  return EXIT.done;
}

function factsOf(entry: DatasetEntry) {
  return {
    name: entry.name,
    title: entry.title,
    classes: entry.classes,
    image: [entry.height, entry.width, entry.channels] as const,
    trainImages: totalOf(entry.trainPerClass),
    testImages: totalOf(entry.testPerClass),
    largestSize: largestSizeOf(entry),
    source: entry.source,
  };
}

function printSummary(summary: Summary, out: Output, isLater: boolean): void {
  const { bold, dim } = out.colors;
  const line = (what: string, value: string): void => out.result(`  ${dim(what.padEnd(13))}  ${value}`);
  if (isLater) out.result();
  out.result(`${bold(summary.name)}  ${summary.title}`);
  line(
    'images',
    `${countText(summary.trainImages)} for training, ${countText(summary.testImages)} for tests`,
  );
  line('each', `${summary.image.join('×')} (height, width, channels)`);
  line('classes', `${summary.classes.length}: ${summary.classes.join(', ')}`);
  line('largest size', `${countText(summary.largestSize)} samples per class`);
  line('source', summary.source);
  if (summary.problem !== null) line('on this disk', `damaged: ${summary.problem}`);
  else if (summary.present) line('on this disk', summary.folder);
  else line('on this disk', 'no; the first sweep that needs it brings it');
  if (summary.digest !== null) line('sha256', summary.digest);
}
