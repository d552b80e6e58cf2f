/** What a network's own validation images say of it, kept beside it so that it is computed once. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../durable-file.js';
import { FALSE_ALARM_RATE } from './verdict.js';

/** Another number when anything of the computation changes: what is kept in another format is computed anew. */
export const CALIBRATION_FORMAT = 1;

const numbers = z.array(z.number());

const schema = z.object({
  format: z.literal(CALIBRATION_FORMAT),
  /** What it is the calibration of. */
  model: z.string(),
  /** SHA-256 of the data set in hex. */
  data: z.string(),
  samplesPerClass: z.number().nullable(),
  sweepSeed: z.number(),
  replicate: z.number(),
  /** Images that it was computed with, ≥ 1. */
  validationImages: z.number(),
  temperature: z.object({ value: z.number(), isAtBound: z.boolean() }),
  /** Expected calibration error of the validation images, in [0, 1]. */
  calibrationError: z.object({ before: z.number(), after: z.number() }),
  /** Of the score of unfamiliarity; see familiarity.ts. */
  reference: z.object({ width: z.number(), factor: z.string(), means: z.string() }),
  /** Scores of the validation images, ascending. */
  scores: numbers,
});

export type Calibration = z.infer<typeof schema>;

/** What a calibration is of. */
export type CalibrationKey = Pick<
  Calibration,
  'model' | 'data' | 'samplesPerClass' | 'sweepSeed' | 'replicate'
>;

const pathOf = (folder: string, model: string): string => join(folder, `${model}.calibration.json`);

/**
 * The calibration that was kept.
 * @param folder of the model
 * @returns null when there is none, or it is of something else, of another format or damaged
 */
export function keptCalibration(folder: string, key: CalibrationKey): Calibration | null {
  const path = pathOf(folder, key.model);
  if (!existsSync(path)) return null;
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Computed anew, which replaces the file.
    return null;
  }
  const parsed = schema.safeParse(found);
  if (!parsed.success) return null;
  const names = ['model', 'data', 'samplesPerClass', 'sweepSeed', 'replicate'] as const;
  return names.every((name) => parsed.data[name] === key[name]) ? parsed.data : null;
}

/** @throws what the file system throws */
export function keepCalibration(folder: string, calibration: Calibration): void {
  writeDurably(pathOf(folder, calibration.model), `${JSON.stringify(calibration)}\n`);
}

/** What is told of a calibration. */
export interface CalibrationSummary extends Pick<
  Calibration,
  'validationImages' | 'temperature' | 'calibrationError'
> {
  readonly falseAlarmRate: number;
}

export function summaryOf({
  validationImages,
  temperature,
  calibrationError,
}: Calibration): CalibrationSummary {
  return { validationImages, temperature, calibrationError, falseAlarmRate: FALSE_ALARM_RATE };
}
