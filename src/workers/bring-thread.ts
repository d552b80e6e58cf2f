/**
 * The entry of a thread that brings one data set. Unpacking and checking 60,000 images takes seconds without a pause; in
 * the worker's own thread its heartbeats would stop meanwhile, and its trials be given to others.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { ensureDataset } from '../data/index.js';
import { asElbowError } from '../errors.js';
import type { BringMessage, BringOrder } from './datasets.js';

// Handed over by `datasets.ts`, which is the only one that starts this.
const { name, env } = workerData as BringOrder;
const say = (message: BringMessage): void => parentPort?.postMessage(message);

try {
  // The thread is ended from outside when the worker is to stop.
  const signal = new AbortController().signal;
  await ensureDataset(name, { env, signal, note: (line) => say({ kind: 'note', line }) });
  say({ kind: 'done' });
} catch (thrown) {
  const { code, message, hint } = asElbowError(thrown);
  say({ kind: 'failed', code, message, hint: hint ?? null });
}
