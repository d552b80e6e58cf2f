/** What trials at larger sizes would cost. Pure. */
import { count, duration } from './format.js';
import type { ArmReport, EnvironmentReport, ReportModel } from './types.js';

export interface Cost {
  /** More than the arm's largest size has, of all classes; null where nobody here can count them. */
  readonly labels: number | null;
  /** Of training, all replicates one after the other; null where nothing is known. */
  readonly seconds: number | null;
  /** In the currency of the prices; null where none is told, or what it is for is not known. */
  readonly price: number | null;
}

/** Time grows with a power of n; with less than none or more than its square only by chance. */
const MOST_POWER = 2;
const HOUR = 3600;

/** @param n larger than the arm's largest size */
export function costOf(
  { classCount, prices }: Pick<ReportModel, 'classCount' | 'prices'>,
  arm: ArmReport,
  n: number,
): Cost {
  const last = arm.points.at(-1);
  const labels = last === undefined || classCount === null ? null : (n - last.n) * classCount;
  const one = secondsAt(arm, n);
  const seconds = one === null || last === undefined ? null : one * last.replicates;
  const { perHour = null, perLabel = null } = prices ?? {};
  const parts = [
    ...(perHour === null ? [] : [seconds === null ? null : (seconds / HOUR) * perHour]),
    ...(perLabel === null ? [] : [labels === null ? null : labels * perLabel]),
  ];
  return { labels, seconds, price: parts.length === 0 ? null : sumOrNull(parts) };
}

/** Whether all trials of which the device is known ran on GPUs: then hours are those of GPUs. */
export function ranOnGpus(environments: readonly Pick<EnvironmentReport, 'device'>[]): boolean {
  const devices = environments.flatMap(({ device }) => device ?? []);
  return devices.length > 0 && devices.every((device) => device === 'gpu');
}

/** `3 min 12 s`; on GPUs `0.053 GPU-hours`, as these are paid for. */
export function trainingText(seconds: number | null, isGpu: boolean): string {
  if (seconds === null) return '–';
  if (!isGpu) return duration(seconds);
  const hours = seconds / HOUR;
  return `${hours < 10 ? String(Number(hours.toPrecision(2))) : count(hours)} GPU-hours`;
}

/** Null where one of them is. */
export const sumOrNull = (values: readonly (number | null)[]): number | null =>
  values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);

/**
 * Of one trial: what was measured at that size, or what the power of n says that the two largest sizes show, which early stopping
 * makes less than 1; null where nothing is known.
 */
export function secondsAt({ splits }: ArmReport, n: number): number | null {
  const measured = splits.find((one) => one.n === n)?.seconds ?? null;
  if (measured !== null) return measured;
  const known = splits.filter(({ seconds }) => seconds !== null && seconds > 0);
  const [before, last] = [known.at(-2), known.at(-1)];
  if (last === undefined) return null;
  const slope =
    before === undefined ? 1 : Math.log(last.seconds! / before.seconds!) / Math.log(last.n / before.n);
  return last.seconds! * (n / last.n) ** Math.min(MOST_POWER, Math.max(0, slope));
}
