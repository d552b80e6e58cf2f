/** The settings of an arm, as training reads them. Their defaults stand in the spec. */
import type { Split } from '../data/index.js';
import type { MemoryRequest } from '../models/index.js';
import { kernels } from './native.js';
import { ADAMW_DECAY } from '../spec/index.js';
import type { ArmParams } from '../spec/types.js';
import type { LossSettings } from './losses.js';
import type { OptimizerSettings } from './optimizers.js';
import type { ScheduleSettings } from './schedule.js';

export interface TrainingSettings {
  readonly optimizer: OptimizerSettings;
  readonly loss: LossSettings;
  /** Needs only the number of steps, which comes from the data. */
  readonly schedule: Omit<ScheduleSettings, 'stepsPerEpoch'>;
  /** λ of λ ‖θ‖² / 2 in the loss, ≥ 0. */
  readonly l2: number;
  /** Longest gradient by its 2-norm over all parameters; 0 for no limit. */
  readonly clipNorm: number;
  /** Of the moving average of weights that is evaluated in place of the weights, in [0, 1); 0 for none. */
  readonly emaDecay: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly patience: number;
}

/** @param params with every built-in setting */
export function trainingSettings(params: ArmParams): TrainingSettings {
  const number = (key: string): number => Number(params[key]);
  const text = (key: string): string => String(params[key]);
  const optimizer = text('optimizer');
  const own = optimizer === 'adamw' ? ADAMW_DECAY : 0;
  return {
    optimizer: {
      name: optimizer,
      momentum: number('momentum'),
      weightDecay: params['weightDecay'] === null ? own : number('weightDecay'),
    },
    loss: {
      name: text('loss'),
      labelSmoothing: number('labelSmoothing'),
      focalGamma: number('focalGamma'),
    },
    schedule: {
      name: text('schedule'),
      learningRate: number('learningRate'),
      warmupEpochs: number('warmupEpochs'),
      factor: number('scheduleFactor'),
      every: number('scheduleEpochs'),
      epochs: number('epochs'),
    },
    l2: number('l2'),
    clipNorm: number('clipNorm'),
    emaDecay: number('emaDecay'),
    batchSize: number('batchSize'),
    epochs: number('epochs'),
    patience: number('patience'),
  };
}

/** What the memory of a training is forecast from. */
export function memoryRequest(
  { optimizer, l2, clipNorm, emaDecay, batchSize }: TrainingSettings,
  { split, ...known }: Pick<MemoryRequest, 'layers' | 'input' | 'keepsValues'> & { readonly split: Split },
): MemoryRequest {
  return {
    ...known,
    batchSize,
    optimizer: optimizer.name,
    weightDecay: optimizer.weightDecay,
    l2,
    clipNorm,
    emaDecay,
    hasOwnOperations: kernels() === 'own',
    trainingImages: split.train.length,
    validationImages: split.validation.length,
  };
}
