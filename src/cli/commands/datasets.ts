import { join } from 'node:path';
import { EXIT, messageOf } from '../../errors.js';
import { largestSizeOf, totalOf, type DatasetEntry } from '../../data/catalog.js';
import { elbowHome, homeFolders } from '../../paths.js';
import type { CommandModule } from '../command.js';
import type { Output } from '../output.js';
import { countText } from '../text.js';

interface Summary {
  readonly name: string;
  readonly title: string;
  readonly classes: readonly string[];
  /** Height, width, channels. */
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
  readonly source: string;
}

/** `elbow datasets`: the data sets, their sizes, and whether they are there. */
export const command: CommandModule = {
  configure(command) {
    command
      .option('--json', 'print the data sets as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow datasets');
  },

  async run(_input, { out, env }) {
    const { datasetNames, findDataset, isPresent, readManifest } = await import('../../data/index.js');
    const data = homeFolders.data(elbowHome(env));
    const digestOf = (folder: string): Pick<Summary, 'digest' | 'problem'> => {
      try {
        return { digest: readManifest(folder).digest, problem: null };
      } catch (error) {
        return { digest: null, problem: messageOf(error) };
      }
    };
    const summaries = datasetNames.map((name): Summary => {
      const entry = findDataset(name)!;
      const folder = join(data, name);
      const present = isPresent(name, data);
      const found = present ? digestOf(folder) : { digest: null, problem: null };
      return { ...factsOf(entry), folder, present: present && found.problem === null, ...found };
    });
    if (out.json) out.document(summaries);
    else summaries.forEach((summary, i) => printSummary(summary, out, i > 0));
    return EXIT.done;
  },
};

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
