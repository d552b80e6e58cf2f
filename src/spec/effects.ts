/** Settings that change something only beside certain values of another one. */
import { defaultOf } from './params.js';
import type { ArmParams, Scalar } from './types.js';

export interface Condition {
  /** The setting that decides, and the values of it that read this one. */
  readonly beside: string;
  readonly readers: readonly Scalar[];
}

const STEPWISE: Condition = { beside: 'schedule', readers: ['step', 'exponential', 'plateau'] };
export const CONDITIONS: Readonly<Record<string, Condition>> = {
  momentum: { beside: 'optimizer', readers: ['momentum', 'nesterov'] },
  scheduleFactor: STEPWISE,
  scheduleEpochs: STEPWISE,
  labelSmoothing: { beside: 'loss', readers: ['cross-entropy'] },
  focalGamma: { beside: 'loss', readers: ['focal'] },
};

/** Whether values of a built-in setting can be without effect in some arm. */
export const isConditional = (key: string): boolean => Object.hasOwn(CONDITIONS, key);

/** Whether a built-in setting changes anything in an arm with these settings. */
export function hasEffect(params: ArmParams, key: string): boolean {
  if (!isConditional(key)) return true;
  const { beside, readers } = CONDITIONS[key]!;
  return readers.includes(params[beside] ?? defaultOf(beside)!);
}

/** The settings with those at their default that change nothing: arms that differ in these alone are the same arm. */
export const effective = (params: ArmParams): ArmParams =>
  Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, hasEffect(params, key) ? value : defaultOf(key)!]),
  );
