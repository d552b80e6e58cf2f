/** Data sets of one's own, as a sweep file asks for them. */
import { basename } from 'node:path';
import { z } from 'zod';
import { datasetNames } from '../data/catalog.js';
import { DEFAULT_DATASET } from './known.js';
import { oneOf, positiveFraction, whole } from './leaves.js';
import type { AskedDataset, OwnDataset } from './types.js';

const MOST_PIXELS_OF_A_SIDE = 1024;
const MOST_NAME_LETTERS = 100;

const path = (what: string) => {
  const error = `the path of ${what}`;
  return z.string({ error }).min(1, { error });
};

const label = (() => {
  const error = `a name of 1 to ${MOST_NAME_LETTERS} letters in one line`;
  return z
    .string({ error })
    .regex(new RegExp(`^[^\\p{Cc}]{1,${MOST_NAME_LETTERS}}$`, 'u'), { error })
    .optional()
    .describe('What it is called in reports; left out for the name of the folder or file.');
})();

const shared = {
  name: label,
  test: positiveFraction()
    .default(0.2)
    .describe('Share that is for tests, chosen by content; train/ and test/ decide where both exist.'),
  balance: oneOf(['smallest', 'none'])
    .default('smallest')
    .describe(
      'What `samplesPerClass: null` takes: as many of each class as the smallest has, or all there are.',
    ),
};

const mapping = (what: string) => ({
  // Unknown keys get their own message in problems.ts.
  error: (issue: { code?: string | undefined }) => (issue.code === 'unrecognized_keys' ? undefined : what),
});

const channels = 'the number 1 (grey) or 3 (colour)';
const column = 'the name of a column, or its number from 1';

const folder = z.strictObject(
  {
    folder: path('a folder of images').describe(
      'Holds a folder of images for each class, or train/ and test/ that do.',
    ),
    size: whole(1, MOST_PIXELS_OF_A_SIDE)
      .default(32)
      .describe('Pixels of a side: images are scaled to cover the square, and cut at its centre.'),
    channels: z
      .union([z.literal(1, { error: channels }), z.literal(3, { error: channels })], { error: channels })
      .default(3)
      .describe('1 for grey, 3 for colour.'),
    ...shared,
    unreadable: oneOf(['refuse', 'skip'])
      .default('refuse')
      .describe('Whether files that cannot be read end the run, or are left out.'),
  },
  mapping('a mapping with `folder`'),
);

const table = z.strictObject(
  {
    csv: path('a CSV file').describe('A file of numbers with a column of classes.'),
    label: z
      .union([z.string({ error: column }).min(1, { error: column }), whole(1, Number.MAX_SAFE_INTEGER)], {
        error: column,
      })
      .nullable()
      .default(null)
      .describe('The column of the classes, by name or number; null for the last.'),
    header: z
      .boolean({ error: 'true or false' })
      .nullable()
      .default(null)
      .describe('Whether the first line names the columns; null where its values decide.'),
    ...shared,
  },
  mapping('a mapping with `csv`'),
);

const isPath = /\/|^\.|\.csv$/i;
const otherNames = datasetNames.filter((name) => name !== DEFAULT_DATASET);
const known = `one of ${[DEFAULT_DATASET, ...otherNames].join(', ')}, or the path of a folder of images or a CSV file (./pictures)`;

/** A published data set by its name, or one of one's own: a path, or a mapping of the path and how it is read. */
export const datasetSchema = z
  .union([
    z.enum([DEFAULT_DATASET, ...otherNames], { error: known }),
    // Aborting: else its findings alone would be told, and not that a name is nearly one of the enum.
    z.string({ error: known }).regex(isPath, { error: known, abort: true }),
    folder,
    table,
  ])
  .default(DEFAULT_DATASET)
  .describe('The images or rows; see `elbow datasets`.');

type WrittenDataset = z.output<typeof datasetSchema>;

/** The keys that a mapping of this kind may hold. */
export const datasetKeys = (written: unknown): readonly string[] =>
  Object.keys(
    typeof written === 'object' && written !== null && 'csv' in written ? table.shape : folder.shape,
  );

/** Where the path of a data set stands in its mapping; empty for the short form. */
export const pathKey = (written: WrittenDataset): readonly string[] =>
  typeof written === 'string' ? [] : ['folder' in written ? 'folder' : 'csv'];

/**
 * What a sweep file asks for.
 * @param resolved makes its path absolute
 * @returns null for a published data set
 */
export function askedDataset(
  written: WrittenDataset,
  resolved: (path: string) => string,
): AskedDataset | null {
  if (typeof written === 'string') {
    if (datasetNames.includes(written)) return null;
    return askedDataset(
      /\.csv$/i.test(written) ? table.parse({ csv: written }) : folder.parse({ folder: written }),
      resolved,
    );
  }
  if ('folder' in written) {
    const { folder: given, name, ...how } = written;
    const where = resolved(given);
    return { kind: 'folder', name: name ?? (basename(where) || 'images'), path: where, ...how };
  }
  const { csv, name, ...how } = written;
  const where = resolved(csv);
  return { kind: 'csv', name: name ?? basename(where).replace(/\.csv$/i, ''), path: where, ...how };
}

/** A data set as a sweep file writes it. */
export function writtenDataset(dataset: string | OwnDataset): unknown {
  if (typeof dataset === 'string') return dataset;
  const { name, path: where, test, balance } = dataset;
  if (dataset.kind === 'csv') {
    return { csv: where, label: dataset.label, header: dataset.header, name, test, balance };
  }
  const { size, channels: count, unreadable } = dataset;
  return { folder: where, size, channels: count, name, test, balance, unreadable };
}
