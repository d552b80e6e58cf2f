/** Reports: a plain model first, then pages, pictures, tables and text from it. */
export { collectReport } from './collect.js';
export { buildReport } from './model.js';
export { escapeHtml } from './markup.js';
export { color, withColors } from './palette.js';
export { toPng } from './plots.js';
export { curveText, summaryMarkdown } from './text.js';
export type { TextOptions } from './text.js';
export type { AttemptPlace, ReportInput, ReportModel } from './types.js';
export { writeReport } from './write.js';
export { drawSheet } from './sheet.js';
export type { Sheet } from './sheet.js';
