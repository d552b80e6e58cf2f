/** Trainer processes and what supervises them. Importing this loads no TensorFlow. */
export { createPrograms } from './command.js';
export type { Programs } from './command.js';
export type { CommandHooks, CommandJob } from './command/job.js';
export { trainerEnvironment } from './environment.js';
export { deafHooks } from './hooks.js';
export type { TrainerHooks } from './hooks.js';
export { measureLayout, MEASURED_EPOCHS, MEASURED_SIZE } from './measure.js';
export { machineMb } from './memory.js';
export { createTrainerPool } from './pool.js';
export type { TrainerPool, TrainerPoolOptions } from './pool.js';
export { predictOnce } from './predict.js';
export type { PredictJob, Prediction, TrainJob } from './protocol.js';
export { fastestOf, layoutsFor } from './slots.js';
export type { Layout, MeasuredLayout } from './slots.js';
