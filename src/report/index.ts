/** Reports: a plain model first, then pages, pictures, tables and text from it. */
export { collectLook, collectReport, collectSummary } from './collect.js';
export { MOST_DETAILED } from './limits.js';
export { buildReport } from './model.js';
export { buildSummary, totalOf } from './summary.js';
export { bestArm } from './ranks.js';
export { escapeHtml } from './markup.js';
export { color, withColors } from './palette.js';
export { toPng } from './plots.js';
export { curveText, summaryMarkdown } from './text.js';
export type { TextOptions } from './text.js';
export type { ReportInput, ReportModel, ReportSummary, SummaryInput } from './types.js';
export { documentOf, writeReport } from './write.js';
export { drawSheet } from './sheet.js';
export type { Sheet } from './sheet.js';
export { lookAt } from './until.js';
export type { UntilInput } from './until.js';
