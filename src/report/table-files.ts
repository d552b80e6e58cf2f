/** Writes the files of a report of a table of scores. */
import { tableCurvesCsv } from './csv.js';
import { drawCurvePlots } from './plots.js';
import { tableHtml } from './table-html.js';
import type { TableReport } from './table-report.js';
import { jsonText, writeFiles } from './write.js';

/**
 * Writes report.html, report.json, curves.csv and each chart as SVG and PNG, as `writeReport` does.
 * @param document what `elbow fit --json` prints: report.json is that, with what the page shows besides as `page`
 * @throws ElbowError `disk-full` or `usage` when the folder cannot be written to
 */
export async function writeTableReport(
  model: TableReport,
  document: Readonly<Record<string, unknown>>,
  dir: string,
): Promise<{ files: string[] }> {
  const plots = await drawCurvePlots(model);
  return writeFiles(
    [
      ['report.html', tableHtml(model, plots)],
      ['report.json', jsonText({ ...document, page: pageOf(model) })],
      ['curves.csv', tableCurvesCsv(model)],
    ],
    plots,
    { dir, isTheirs: true, option: '--report' },
  );
}

/** What the page says that neither the document nor curves.csv has. */
function pageOf({ arms, ...page }: TableReport): Readonly<Record<string, unknown>> {
  return {
    ...page,
    arms: arms.map(({ hash, rank, isHighlighted }) => ({ arm: hash, rank, isHighlighted })),
  };
}
