/** What the supervisor of a trainer hears of a job. */
import type { Environment } from '../storage/storage.js';
import type { FromTrainer } from './protocol.js';

export interface TrainerHooks {
  readonly signal: AbortSignal;
  onStep(progress: { epoch: number; step: number; steps: number }): void;
  onBegin(epoch: number): void;
  onCheckpoint(path: string): void;
  onEpoch(metrics: Extract<FromTrainer, { type: 'epoch' }>['metrics']): void;
  onLog(stream: 'stdout' | 'stderr' | 'elbow', text: string): void;
  onEnvironment(environment: Omit<Environment, 'elbowVersion' | 'gitCommit'>): void;
}

/** Hooks of a job whose outcome alone counts. */
export const deafHooks: Omit<TrainerHooks, 'signal'> = {
  onStep: () => undefined,
  onBegin: () => undefined,
  onCheckpoint: () => undefined,
  onEpoch: () => undefined,
  onLog: () => undefined,
  onEnvironment: () => undefined,
};
