/** A CSV file of scores by size: what is wrong is told with its line, and nothing is guessed. */
import { CsvError, parse } from 'csv-parse/sync';
import type { SizedScore } from '../curves/index.js';
import { ElbowError } from '../errors.js';

export interface ScoreColumns {
  readonly n: string;
  readonly score: string;
  readonly arm: string;
  readonly seed: string;
  readonly se: string;
}

export interface TableOptions {
  /** How it is called in messages. */
  readonly file: string;
  /** Names of columns; those of `asked` were asked for, and have to be there. */
  readonly columns: ScoreColumns;
  readonly asked: ReadonlySet<keyof ScoreColumns>;
  /** Whether numbers have a decimal comma. */
  readonly decimalComma: boolean;
}

/** The scores of an arm. */
export interface ArmScores {
  /** Empty where the table has no such column. */
  readonly arm: string;
  readonly scores: readonly SizedScore[];
}

export const DEFAULT_COLUMNS: ScoreColumns = { n: 'n', score: 'score', arm: 'arm', seed: 'seed', se: 'se' };

const SEPARATORS = [',', ';', '\t'] as const;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** After some mistakes the others look alike. */
const MOST_PROBLEMS = 20;

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

interface Row extends Omit<SizedScore, 'replicate'> {
  readonly arm: string;
  /** As it stands in the table; null where there is no such column. */
  readonly seed: string | null;
}

/**
 * @returns arms in the order in which they first come
 * @throws ElbowError `scores-unusable`: the first thing that is wrong, the others with it
 */
export function readScores(text: string, options: TableOptions): readonly ArmScores[] {
  const { file } = options;
  const [header, ...lines] = linesOf(text, file);
  if (header === undefined)
    throw unusable('expected a header line with the columns n and score, got an empty file', { file });
  const places = placesOf(header.record, options);
  const reader = new Reader(places, options);
  const rows: Row[] = [];
  for (const { record, info } of lines) {
    const row = reader.read(record, info.lines);
    if (row !== null) rows.push(row);
    if (reader.problems.length >= MOST_PROBLEMS) break;
  }
  const [first, ...others] = reader.problems;
  if (first !== undefined)
    throw new ElbowError(first.code, first.message, {
      ...(first.hint === undefined ? {} : { hint: first.hint }),
      ...(first.where === undefined ? {} : { where: first.where }),
      others,
    });
  if (rows.length === 0) throw unusable('expected rows below the header, got none', { file });
  const arms = new Map<string, SizedScore[]>();
  const replicates = replicatesOf(rows);
  for (const { arm, seed, ...score } of rows) {
    const own = arms.get(arm) ?? [];
    own.push({ ...score, replicate: seed === null ? null : replicates.get(seed)! });
    arms.set(arm, own);
  }
  return [...arms].map(([arm, scores]) => ({ arm, scores }));
}

/** Numbers of seeds, the same ones in any order of rows, and in all arms. */
function replicatesOf(rows: readonly Row[]): ReadonlyMap<string, number> {
  const seeds = [...new Set(rows.flatMap(({ seed }) => seed ?? []))];
  const order = new Intl.Collator('en', { numeric: true });
  return new Map(seeds.sort((a, b) => order.compare(a, b) || (a < b ? -1 : 1)).map((seed, i) => [seed, i]));
}

function unusable(message: string, where: { file: string; line?: number }, hint?: string): ElbowError {
  return new ElbowError('scores-unusable', message, { where, ...(hint === undefined ? {} : { hint }) });
}

function linesOf(text: string, file: string): Line[] {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = SEPARATORS.reduce((most, one) =>
    head.split(one).length > head.split(most).length ? one : most,
  );
  try {
    // Every record is a list of texts with its place: that is what the options ask for.
    return parse(text, {
      delimiter,
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Line[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = (error as { lines?: unknown }).lines;
    throw unusable(`expected a CSV file: ${error.message}`, {
      file,
      ...(typeof line === 'number' ? { line } : {}),
    });
  }
}

type Places = Readonly<Record<keyof ScoreColumns, number | null>>;

function placesOf(header: readonly string[], { file, columns, asked }: TableOptions): Places {
  const lower = header.map((name) => name.toLowerCase());
  const placeOf = (key: keyof ScoreColumns): number | null => {
    const name = columns[key].toLowerCase();
    const place = lower.indexOf(name);
    if (place >= 0 && lower.indexOf(name, place + 1) >= 0)
      throw unusable(`expected one column ${columns[key]}, got two`, { file, line: 1 });
    if (place >= 0) return place;
    if (key !== 'n' && key !== 'score' && !asked.has(key)) return null;
    throw unusable(
      `expected a column ${columns[key]}, got ${header.join(', ')}`,
      { file, line: 1 },
      `\`--${key} NAME\` names the column that holds ${MEANINGS[key]}.`,
    );
  };
  return {
    n: placeOf('n'),
    score: placeOf('score'),
    arm: placeOf('arm'),
    seed: placeOf('seed'),
    se: placeOf('se'),
  };
}

const MEANINGS: Readonly<Record<keyof ScoreColumns, string>> = {
  n: 'the samples per class',
  score: 'the scores',
  arm: 'what tells curves apart',
  seed: 'which repetition it is',
  se: 'the standard errors',
};

/** Reads rows, and keeps what is wrong. */
class Reader {
  readonly problems: ElbowError[] = [];
  /** The line of each arm, size and seed. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly places: Places,
    private readonly options: TableOptions,
  ) {}

  read(record: readonly string[], line: number): Row | null {
    const before = this.problems.length;
    const n = this.numberAt(record, 'n', line);
    const score = this.numberAt(record, 'score', line);
    const se = this.places.se === null ? null : this.numberAt(record, 'se', line);
    const arm = this.textAt(record, 'arm') ?? '';
    const seed = this.textAt(record, 'seed');
    if (n !== null && n <= 0) this.wrong(line, `expected a size above 0, got ${n}`);
    if (se !== null && se <= 0) this.wrong(line, `expected a standard error above 0, got ${se}`);
    if (seed === '') this.wrong(line, `expected a value in column ${this.options.columns.seed}, got none`);
    // A standard error is that of a mean: there is one of a size.
    const key = JSON.stringify([arm, n, se === null ? (seed ?? line) : null]);
    const earlier = this.seen.get(key);
    if (earlier === undefined) this.seen.set(key, line);
    else {
      const what = se === null ? `size ${n} of seed ${seed}` : `size ${n} with a standard error`;
      this.wrong(
        line,
        `expected ${what} once${arm === '' ? '' : ` in arm ${arm}`}, got it in line ${earlier} already`,
      );
    }
    if (this.problems.length > before || n === null || score === null) return null;
    return { arm, n, seed, score, ...(se === null ? {} : { se }) };
  }

  private wrong(line: number, message: string, hint?: string): void {
    this.problems.push(unusable(message, { file: this.options.file, line }, hint));
  }

  private textAt(record: readonly string[], key: keyof ScoreColumns): string | null {
    const place = this.places[key];
    return place === null ? null : (record[place] ?? '');
  }

  private numberAt(record: readonly string[], key: keyof ScoreColumns, line: number): number | null {
    const text = this.textAt(record, key) ?? '';
    const plain = this.options.decimalComma ? text.replace(',', '.') : text;
    if (NUMBER.test(plain) && Number.isFinite(Number(plain))) return Number(plain);
    const got = text === '' ? 'nothing' : JSON.stringify(text);
    const isComma = !this.options.decimalComma && /^[+-]?\d+,\d+$/.test(text);
    this.wrong(
      line,
      `expected a number in column ${this.options.columns[key]}, got ${got}`,
      isComma ? '`--decimal-comma` reads numbers with a comma.' : undefined,
    );
    return null;
  }
}
