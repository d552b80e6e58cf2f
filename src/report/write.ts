/** Writes a report's files. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ElbowError, messageOf } from '../errors.js';
import { printSpec } from '../spec/index.js';
import { underUsersUmask } from '../umask.js';
import { curvesCsv, trialsCsv } from './csv.js';
import { effectsCsv } from './effects-csv.js';
import { reportHtml } from './html.js';
import { MOST_DETAILED } from './limits.js';
import { drawPlots, standaloneSvg, toPng, type Plot } from './plots.js';
import type { ReportModel } from './types.js';

/** Text in parts is written part by part: trials.csv of many trials is larger than a string may be. */
export type Content = string | Uint8Array | Iterable<string>;

/** What report.json holds: the model; of very many trials without their rows and epochs. */
export function documentOf(model: ReportModel): ReportModel {
  return model.trials <= MOST_DETAILED ? model : { ...model, trialReports: [], trialEpochs: [] };
}

/**
 * Writes report.html, report.json, trials.csv, curves.csv, effects.csv, sweep.yaml and each chart as SVG and PNG. Each file is
 * written beside its place and moved there, so that a reader never sees half of one.
 * @param dir made if it is missing; files of an earlier report are replaced, anything else is left alone
 * @param isTheirs whether the user has named the folder: then the files have the modes of the user's other files
 * @returns absolute paths, report.html first
 * @throws ElbowError `disk-full` or `usage` when the folder cannot be written to
 */
export async function writeReport(
  model: ReportModel,
  dir: string,
  isTheirs = true,
): Promise<{ files: string[] }> {
  const plots = await drawPlots(model);
  const contents: [string, Content][] = [
    ['report.html', reportHtml(model, plots)],
    ['report.json', jsonText(documentOf(model))],
    ['trials.csv', trialsCsv(model)],
    ['curves.csv', curvesCsv([model])],
    ['effects.csv', effectsCsv(model)],
    ['sweep.yaml', printSpec(model.made.spec)],
  ];
  return writeFiles(contents, plots, { dir, isTheirs, option: '--out' });
}

/** A document as a file holds it. */
export const jsonText = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;

/** Where files go, as `writeReport` takes it, and the option that names it. */
export interface Folder {
  readonly dir: string;
  readonly isTheirs: boolean;
  readonly option: string;
}

/** The files of any report, as `writeReport` does. @param texts by name, the page first */
export async function writeFiles(
  texts: readonly (readonly [string, Content])[],
  plots: readonly Plot[],
  { dir, isTheirs, option }: Folder,
): Promise<{ files: string[] }> {
  const folder = resolve(dir);
  const contents = [...texts];
  for (const plot of plots) {
    const svg = standaloneSvg(plot.svg.wide);
    contents.push([`${plot.name}.svg`, svg], [`${plot.name}.png`, await toPng(svg)]);
  }
  try {
    const write = (): void => {
      mkdirSync(folder, { recursive: true });
      for (const [name, content] of contents) replaceFile(join(folder, name), content);
    };
    if (isTheirs) underUsersUmask(write);
    else write();
  } catch (error) {
    throw writeFailure(error, folder, option);
  }
  return { files: contents.map(([name]) => join(folder, name)) };
}

function replaceFile(path: string, content: Content): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(beside, content);
    else writeParts(beside, content);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function writeParts(path: string, parts: Iterable<string>): void {
  const file = openSync(path, 'w');
  try {
    for (const part of parts) writeFileSync(file, part);
  } finally {
    closeSync(file);
  }
}

function writeFailure(error: unknown, folder: string, option: string): ElbowError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ElbowError('disk-full', `no space left to write the report to ${folder}`, { cause: error });
  }
  return new ElbowError('usage', `the report cannot be written to ${folder}: ${messageOf(error)}`, {
    hint: `Name a folder that you may write to with ${option} DIR.`,
    cause: error,
  });
}
