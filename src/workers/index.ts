/** Workers: processes that run workflows and the trials of a pool. */
export { devicesFor } from './devices.js';
export { readSettings } from './settings.js';
export type { WorkerOptions, WorkerSettings } from './settings.js';
export { startWorkerProcess } from './process.js';
export type { WorkerProcess } from './process.js';
export { runWorker } from './worker.js';
export type { RunWorkerOptions } from './worker.js';
