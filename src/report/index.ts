/** Reports: a plain model first, then pages, pictures, tables and text from it. */
export { collectReport, collectSummary } from './collect.js';
export { fitDrawn } from './fits.js';
export { MOST_DETAILED } from './limits.js';
export { buildReport } from './model.js';
export { buildSummary, totalOf } from './summary.js';
export { escapeHtml } from './markup.js';
export { color, withColors } from './palette.js';
export { toPng } from './plots.js';
export { writeTableReport } from './table-files.js';
export { buildTableReport, coloredArms } from './table-report.js';
export { curveText, summaryMarkdown } from './text.js';
export type { TextOptions } from './text.js';
export type { ReportInput, ReportModel, ReportSummary } from './types.js';
export { documentOf, writeReport } from './write.js';
export { drawSheet } from './sheet.js';
export type { Sheet } from './sheet.js';
