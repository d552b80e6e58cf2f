/** Trained networks in the formats of others; nothing here loads TensorFlow. */
export { exportFormatNames, exportFormats } from './formats.js';
export type { ExportFormat } from './formats.js';
export { inputText } from './readme.js';
export { checkTarget, writeExport } from './write.js';
