import { ElbowError, EXIT } from '../../errors.js';
import type { QueryResult } from '../../storage/storage.js';
import type { CommandModule } from '../command.js';
import { countedText, tableLines } from '../text.js';

/** `elbow query "SQL"`: asks the results, under a role that can only read. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('<sql>', 'one statement that reads')
      .option('--json', 'print an array of row objects')
      .option('--csv', 'print CSV with a header')
      .addHelpText(
        'after',
        `
Views: trial_results (a row per trial), learning_curve (per arm and size), epoch_metrics, attempts.

Example:
  $ elbow query "select samples_per_class, count(*), avg(test_accuracy) from trial_results
                 where sweep = 'quickstart' group by 1 order by 1"`,
      );
  },

  async run({ args, options }, { out, env }) {
    if (out.json && options['csv'] === true) {
      throw new ElbowError('usage', 'expected one of --json and --csv, got both');
    }
    const [{ findServers, requireDatabase }, { connectReader }] = await Promise.all([
      import('../../stack/index.js'),
      import('../../storage/index.js'),
    ]);
    const reader = await connectReader(requireDatabase(await findServers(env)));
    let result: QueryResult;
    try {
      result = await reader.query(args[0] ?? '');
    } finally {
      await reader.close();
    }
    if (out.json) {
      out.document(result.rows);
    } else if (options['csv'] === true) {
      const { stringify } = await import('csv-stringify/sync');
      const rows = result.rows.map((row) => result.columns.map((name) => csvValue(row[name])));
      out.result(stringify([result.columns, ...rows]).trimEnd());
    } else {
      for (const line of tableOf(result, out.colors.dim)) out.result(line);
      out.note(countedText(result.rows.length, 'row'));
    }
    return EXIT.done;
  },
};

const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' || value === null || value === undefined;

function tableOf({ columns, rows }: QueryResult, header: (text: string) => string): string[] {
  if (columns.length === 0) return [];
  return tableLines(
    columns.map((title) => ({
      title,
      right: rows.length > 0 && rows.every((row) => isNumeric(row[title])),
    })),
    rows.map((row) => columns.map((name) => cellText(row[name]))),
    { header },
  );
}

/** Nothing for null; numbers with at most six significant decimals, since doubles print up to 17 digits. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number')
    return Number.isInteger(value) ? `${value}` : `${Number(value.toPrecision(6))}`;
  return (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/[\r\n\t]+/g, ' ');
}

/** CSV keeps every digit. */
function csvValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
