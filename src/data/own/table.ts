/** A CSV file of numbers with a column of classes. Read whole: what is wrong is told with its line. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import { ElbowError } from '../../errors.js';
import type { AskedTable } from '../../spec/types.js';
import type { Example } from './examples.js';
import { errnoOf, expectNotAborted, unusablePath, type LookOptions, type OwnSource } from './source.js';

/** How much of the file is looked at to find out what separates its values. */
const SAMPLE_BYTES = 64 * 1024;
/** After some mistakes the others look alike. */
const MOST_PROBLEMS = 20;
/** A line that is longer was not meant to be one; it would fill the memory. */
const MOST_LINE_BYTES = 16 * 1024 * 1024;
/** Changes whenever the same file would be read to other numbers. */
const READING = 1;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Which columns there are. */
interface Columns {
  readonly names: readonly string[];
  /** Index of the classes. */
  readonly label: number;
}

interface Row extends Example {
  /** 32-bit floats. */
  readonly bytes: Uint8Array;
}

interface Line {
  readonly record: readonly string[];
  readonly info: Info;
}

/**
 * Reads a table.
 * @throws ElbowError `data-unusable` when there is no such file, it is no table, or a value is no finite number: the first
 *   such place, the others with it; `interrupted`
 */
export async function lookAtTable(asked: AskedTable, { signal }: LookOptions): Promise<OwnSource> {
  const { path } = asked;
  const parser = parse({
    delimiter: await separatorOf(path),
    bom: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MOST_LINE_BYTES,
  });
  // What goes wrong while the file is read ends the loop below; ending the loop closes the file.
  pipeline(createReadStream(path), parser, () => undefined);
  const rows: Row[] = [];
  const problems: ElbowError[] = [];
  let columns: Columns | undefined;
  try {
    // Every record is a list of texts with its place: that is what the options ask for.
    for await (const { record, info } of parser as AsyncIterable<Line>) {
      expectNotAborted(signal);
      if (!columns) {
        const hasHeader = asked.header ?? looksLikeHeader(record, asked.label);
        columns = columnsOf(record, hasHeader, asked);
        if (hasHeader) continue;
      }
      const row = rowOf(record, info.lines, columns, asked);
      if (row instanceof ElbowError) problems.push(row);
      else rows.push(row);
      if (problems.length >= MOST_PROBLEMS) break;
    }
  } catch (error) {
    if (error instanceof CsvError) throw noTable(path, error);
    throw errnoOf(error) === undefined || error instanceof ElbowError
      ? error
      : unusablePath(path, 'CSV file', error);
  }
  const [first, ...others] = problems;
  if (first) throw new ElbowError('data-unusable', first.message, { ...detailsOf(first), others });
  if (!columns || rows.length === 0) throw new ElbowError('data-unusable', `there are no rows in ${path}`);
  const { names, label } = columns;
  const features = names.filter((_, i) => i !== label);
  return {
    noun: 'row',
    how: { kind: 'csv', reading: READING, columns: features, label: names[label], test: asked.test },
    examples: rows,
    isFixed: false,
    image: [1, 1, features.length],
    columns: features,
    unreadable: [],
    notes: [],
    read: async (index) => rows[index]!.bytes,
  };
}

const detailsOf = ({ where, hint }: ElbowError) => ({
  ...(where === undefined ? {} : { where }),
  ...(hint === undefined ? {} : { hint }),
});

/** What stands most often between the values of the first line; a comma where nothing does. */
async function separatorOf(path: string): Promise<string> {
  let sample: Buffer;
  try {
    const file = await open(path);
    try {
      const info = await file.stat();
      if (!info.isFile()) {
        const hint = 'A folder of images is named so: `dataset: { folder: ./pictures }`.';
        throw new ElbowError(
          'data-unusable',
          `expected a CSV file, got something that is no plain file: ${path}`,
          { hint },
        );
      }
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
      sample = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof ElbowError ? error : unusablePath(path, 'CSV file', error);
  }
  if (sample.includes(0)) {
    throw new ElbowError('data-unusable', `expected a CSV file in UTF-8 text, got binary data: ${path}`, {
      hint: 'A spreadsheet saves itself as "CSV UTF-8".',
    });
  }
  const line =
    sample
      .toString('utf8')
      .replace(/"[^"]*"/g, '')
      .trimStart()
      .split(/\r?\n/, 1)[0] ?? '';
  const counts = [',', ';', '\t'].map((separator) => [separator, line.split(separator).length] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function noTable(path: string, error: CsvError): ElbowError {
  // Set by the parser on every error that has a place.
  const line: unknown = (error as { lines?: unknown }).lines;
  return new ElbowError('data-unusable', `this is no CSV: ${error.message}`, {
    where: { file: path, ...(typeof line === 'number' ? { line } : {}) },
    hint: 'A quote within a quoted value is written twice.',
    cause: error,
  });
}

/** A first line names the columns when the label is among them by name, or another value than the label is no number. */
function looksLikeHeader(record: readonly string[], label: AskedTable['label']): boolean {
  const at = typeof label === 'number' && label <= record.length ? label - 1 : record.length - 1;
  return (
    (typeof label === 'string' && record.includes(label)) ||
    record.some((value, i) => i !== at && !DECIMAL.test(value))
  );
}

function columnsOf(record: readonly string[], hasHeader: boolean, { path, label }: AskedTable): Columns {
  const where = { file: path, line: 1 };
  const names = record.map((name, i) => (hasHeader && name !== '' ? name : `column ${i + 1}`));
  if (names.length < 2) {
    throw new ElbowError(
      'data-unusable',
      'expected a column of classes and at least one of numbers, got one column',
      {
        where,
        hint: 'Values are separated by a comma, a semicolon or a tab.',
      },
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ElbowError('data-unusable', `two columns are called ${JSON.stringify(twice)}`, {
      where,
      hint: 'Give each column a name of its own.',
    });
  }
  const named = names.indexOf(String(label));
  const at = label === null ? names.length - 1 : named >= 0 ? named : Number(label) - 1;
  if (Number.isInteger(at) && at >= 0 && at < names.length) return { names, label: at };
  throw new ElbowError('data-unusable', `there is no column ${JSON.stringify(label)}`, {
    where,
    hint: hasHeader
      ? `The columns are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`
      : `The file has no line of names; \`label\` is then a number from 1 to ${names.length}.`,
  });
}

function rowOf(
  record: readonly string[],
  line: number,
  { names, label }: Columns,
  { path }: AskedTable,
): Row | ElbowError {
  const problem = (message: string, hint?: string): ElbowError =>
    new ElbowError('data-unusable', message, {
      where: { file: path, line },
      ...(hint === undefined ? {} : { hint }),
    });
  if (record.length !== names.length) {
    return problem(
      `expected ${names.length} values as in the first line, got ${record.length}`,
      record.length < names.length
        ? 'Write every value, an unknown one as a number of your choice, or take the line out.'
        : 'Quote a value that has the separator in it, or take the line out.',
    );
  }
  const values = new Float32Array(names.length - 1);
  let to = 0;
  for (const [i, text] of record.entries()) {
    if (i === label) continue;
    const value = DECIMAL.test(text) ? Math.fround(Number(text)) : NaN;
    if (!Number.isFinite(value)) {
      const came = text === '' ? 'nothing' : JSON.stringify(text.slice(0, 40));
      return problem(
        `column ${i + 1} (${names[i]}): expected a finite number, got ${came}`,
        'Write numbers with a decimal point, and classes into the label column only.',
      );
    }
    values[to++] = value;
  }
  const className = record[label]!;
  if (className === '')
    return problem(
      `column ${label + 1} (${names[label]}): expected a class, got nothing`,
      'Write its class, or take the line out.',
    );
  const bytes = new Uint8Array(values.buffer);
  return {
    className,
    set: null,
    place: `line ${line}`,
    hash: createHash('sha256').update(bytes).digest('hex'),
    bytes,
  };
}
