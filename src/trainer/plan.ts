/** Whether a training fits into the memory of its slot, and the sentences that say so. Pure. */
import { ElbowError } from '../errors.js';
import { forecastMemory, forecastText, largestBatch, type MemoryRequest } from '../models/index.js';

/** What a slot has, in MB (10⁶ bytes). */
export interface SlotMemory {
  /** What a trial can never go above. */
  readonly limitMb: number;
  /** What each of the slots has when all are busy; null where the limit is of each slot. */
  readonly shareMb: number | null;
  /** The limit for people, such as "`--trainer-memory`". */
  readonly source: string;
}

/** What is known of a training's memory before its first step. */
export interface MemoryPlan {
  /** Lines for the trial's log. */
  readonly notes: readonly string[];
  /** Why it is not even started; null where it may fit. */
  readonly refusal: ElbowError | null;
  /** For the case that memory does run out: the end of the sentence that says so, and what to do. */
  readonly expected: string;
  readonly hint: string;
}

/** What is said where nothing is known. */
export const NO_PLAN: Pick<MemoryPlan, 'expected' | 'hint'> = {
  expected: '',
  hint: 'A smaller `batchSize` needs less.',
};

/** Forecasts of more than 120 MB are off by a quarter at most: what does not fit with so much less certainly does not. */
const CERTAIN = 0.75;
/** Of what there is: a batch is named that fits even where the forecast is a quarter short. */
const SAFE = 0.8;

/**
 * A limit of the trainers is what a slot has. Without one a trial may take what the machine or its container has, as the
 * other slots may be idle; its share is told where the trial takes more.
 * @param machineMb memory of the machine or container, whichever is less
 */
export const slotMemory = (options: {
  readonly trainerMemoryMb: number | null;
  readonly machineMb: number;
  readonly slots: number;
}): SlotMemory =>
  options.trainerMemoryMb === null
    ? {
        limitMb: options.machineMb,
        shareMb: options.machineMb / options.slots,
        source: 'the memory of this machine',
      }
    : { limitMb: options.trainerMemoryMb, shareMb: null, source: '`--trainer-memory`' };

export const megabytes = (mb: number): string => `${Math.round(mb).toLocaleString('en-US')} MB`;

/**
 * @param baseMb what the trainer takes before: TensorFlow's library and the data set
 */
export function planMemory(request: MemoryRequest, slot: SlotMemory, baseMb: number): MemoryPlan {
  const forecast = forecastMemory(request);
  const neededMb = forecast.totalBytes / 1e6;
  const freeMb = slot.limitMb - baseMb;
  const text = forecastText(forecast);
  const notes = [
    `memory: ${text}, beside ${megabytes(baseMb)} of library and data`,
    ...warningOf(neededMb + baseMb, slot),
  ];
  const limit = `${megabytes(slot.limitMb)} (${slot.source})`;
  const refusal =
    neededMb * CERTAIN > freeMb
      ? new ElbowError(
          'out-of-memory',
          `the trial would take ${text} beside ${megabytes(baseMb)} of library and data, and may use ${limit}`,
          { hint: hintOf(request, SAFE * freeMb * 1e6) },
        )
      : null;
  return {
    notes,
    refusal,
    expected: `; expected was ${text} beside ${megabytes(baseMb)} of library and data`,
    // Where the forecast was short, a batch that needs a fifth less than this one.
    hint: hintOf(request, SAFE * Math.min(freeMb * 1e6, forecast.totalBytes)),
  };
}

function warningOf(totalMb: number, { limitMb, shareMb, source }: SlotMemory): readonly string[] {
  if (totalMb > limitMb) return [`that may be more than the ${megabytes(limitMb)} of ${source}`];
  if (shareMb === null || totalMb <= shareMb) return [];
  return [`that is more than the ${megabytes(shareMb)} that each slot has when all are busy`];
}

function hintOf(request: MemoryRequest, limitBytes: number): string {
  const largest = largestBatch(request, limitBytes);
  if (largest === 0) {
    return 'No `batchSize` is expected to fit: a smaller `width`, another `model`, fewer samples or more memory may.';
  }
  return `The largest \`batchSize\` expected to fit is ${largest}.`;
}
