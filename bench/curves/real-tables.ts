/** What is printed of real curves whose largest sizes were withheld. */
import { median } from '../median.js';
import { foretell, readCurves, type Foretold } from './real.js';

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const percent = (share: number): string => (Number.isNaN(share) ? '–' : (100 * share).toFixed(1)).padStart(5);
const figure = (value: number): string => value.toFixed(4).padStart(7);

/** The family whose mean error over all is smallest; where it cannot be asked the last value stands for it. */
function bestFamily(told: readonly Foretold[]): readonly [name: string, error: number] {
  const names = [...new Set(told.flatMap((one) => Object.keys(one.familyErrors)))];
  const errors = names.map(
    (name) => [name, mean(told.map((one) => one.familyErrors[name] ?? one.lastError))] as const,
  );
  return errors.reduce((best, one) => (one[1] < best[1] ? one : best));
}

function lineOf(name: string, told: readonly Foretold[], family: string): string {
  const near = told.filter(({ times }) => times <= 2);
  const far = told.filter(({ times }) => times > 2);
  const held = (own: readonly Foretold[]): string => percent(mean(own.map(({ isHeld }) => Number(isHeld))));
  const error = mean(told.map((one) => one.error));
  const last = mean(told.map(({ lastError }) => lastError));
  const single = mean(told.map((one) => one.familyErrors[family] ?? one.lastError));
  return `${name.padEnd(34)} ${String(told.length).padStart(5)} | ${held(near)} ${held(far)} ${figure(median(told.map(({ width }) => width)))} | ${figure(error)} ${figure(last)} ${figure(single)}  ${last === 0 ? '–' : (error / last).toFixed(2)}`;
}

/** @param seed of the fits */
export function realTable(seed: number): string[] {
  const lines: string[] = [];
  for (const [file, arms] of readCurves()) {
    const byArm = [...arms].map(([arm, scores]) => [arm, foretell(arm, scores, seed)] as const);
    const told = byArm.flatMap(([, own]) => own);
    const [family] = bestFamily(told);
    lines.push(
      `${file}: held up to 2 times and up to 4 times the largest size seen, width; mean absolute error of the fit, the last value, ${family}`,
      ...byArm.filter(([, own]) => own.length > 0).map(([arm, own]) => lineOf(arm, own, family)),
      lineOf('all', told, family),
      lineOf(
        'all but those said to turn',
        told.filter(({ isTurned }) => !isTurned),
        family,
      ),
      '',
    );
  }
  return lines;
}
