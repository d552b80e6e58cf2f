/** Writes the files of a report of several sweeps. */
import { curvesCsv } from './csv.js';
import { drawCurvePlots } from './plots.js';
import { sweepsHtml } from './sweeps-html.js';
import type { SweepsReport } from './sweeps-report.js';
import type { ReportModel } from './types.js';
import { jsonText, writeFiles } from './write.js';

/**
 * Writes report.html, report.json, curves.csv and each chart as SVG and PNG, as `writeReport` does.
 * @param models of the sweeps, whose curves stand in curves.csv
 * @throws ElbowError `disk-full` or `usage` when the folder cannot be written to
 */
export async function writeSweepsReport(
  report: SweepsReport,
  models: readonly ReportModel[],
  dir: string,
  isTheirs = true,
): Promise<{ files: string[] }> {
  const plots = await drawCurvePlots(report);
  return writeFiles(
    [
      ['report.html', sweepsHtml(report, plots)],
      ['report.json', jsonText(report)],
      ['curves.csv', curvesCsv(models)],
    ],
    plots,
    { dir, isTheirs, option: '--out' },
  );
}
