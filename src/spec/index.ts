/** What a sweep file may say, and what it expands to. */
export { armsOf, armsOfGrid, countTrials, gridsOf, isSweepOf, planTrials, specsEqual } from './arms.js';
export { canonicalize } from './canonical.js';
export { differencesText, differingValues, specDifferences } from './differences.js';
export type { DifferingValues } from './differences.js';
export { hasEffect } from './effects.js';
export { fillPlaceholders } from './placeholders.js';
export { extendSweep } from './extend.js';
export type { ExtendedSweep, Extension } from './extend.js';
export { sweepJsonSchema } from './json-schema.js';
export {
  ADAMW_DECAY,
  AUGMENTATIONS,
  balanceNote,
  commandText,
  datasetFacts,
  datasetName,
  DATASETS,
  DEFAULT_DATASET,
  DEFAULT_PRIORITY,
  DEFAULT_THREADS,
  FIRST_COUNTED_STEP,
  trainableText,
} from './known.js';
export type { DatasetFacts } from './known.js';
export { listPresets, loadSweep } from './load.js';
export type { LoadOptions, LoadedSweep, Preset } from './load.js';
export { nearestName } from './nearest.js';
export { BUILTIN_PARAMS, defaultOf, parameterFacts, withDefaults } from './params.js';
export type { ParameterFacts } from './params.js';
export { parseSweep, requestedDataset } from './parse.js';
export { printSpec } from './print.js';
export type { ParseOptions } from './parse.js';
export { trialCeiling } from './trial-limit.js';
export { conditionOf, conditionText, LEAST_LOOKED_AT, looksAt, owesLook } from './until.js';
export type { Condition } from './until.js';
