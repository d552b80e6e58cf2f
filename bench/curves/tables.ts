/** Figures of cells, and the tables that are printed. */
import { median } from '../median.js';
import type { Cell } from './cells.js';
import { BEYOND, type Held, type Measured } from './measure.js';

export interface CellSummary {
  readonly number: number;
  readonly cell: Cell;
  readonly curves: number;
  readonly coveredByT: number;
  readonly covered: number;
  readonly widthRatio: number;
  readonly beyond: readonly {
    readonly covered: number;
    readonly widthRatio: number;
    readonly width: number;
  }[];
  /** Over curves whose truth has an elbow; NaN without any. */
  readonly elbow: HeldShare;
  readonly target: HeldShare;
  /** Mean absolute errors at four times the largest size. */
  readonly error: number;
  readonly lastError: number;
  readonly familyErrors: Readonly<Record<string, number>>;
  readonly ms: number;
}

export interface HeldShare {
  readonly curves: number;
  readonly covered: number;
  /** Whose interval ends in "not reached". */
  readonly open: number;
}

const heldShare = (held: readonly Held[]): HeldShare => ({
  curves: held.length,
  covered: mean(held.map(({ covered }) => Number(covered))),
  open: mean(held.map(({ isOpen }) => Number(isOpen))),
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function summarizeCell(number: number, cell: Cell, measured: readonly Measured[]): CellSummary {
  const names = Object.keys(measured[0]!.familyErrors);
  return {
    number,
    cell,
    curves: measured.length,
    coveredByT: mean(measured.map((one) => one.coveredByT)),
    covered: mean(measured.map((one) => one.covered)),
    widthRatio: median(measured.map((one) => one.widthRatio)),
    beyond: BEYOND.map((_, b) => ({
      covered: mean(measured.map(({ beyond }) => Number(beyond[b]!.covered))),
      widthRatio: median(measured.map(({ beyond }) => beyond[b]!.widthRatio)),
      width: median(measured.map(({ beyond }) => beyond[b]!.width)),
    })),
    elbow: heldShare(measured.flatMap(({ elbow }) => elbow ?? [])),
    target: heldShare(measured.map(({ target }) => target)),
    error: mean(measured.map((one) => one.error)),
    lastError: mean(measured.map((one) => one.lastError)),
    familyErrors: Object.fromEntries(
      names.map((name) => [name, mean(measured.map(({ familyErrors }) => familyErrors[name] ?? NaN))]),
    ),
    ms: median(measured.map((one) => one.ms)),
  };
}

const percent = (value: number): string => `${(100 * value).toFixed(1)}`.padStart(5);
const figure = (value: number, digits = 2): string => value.toFixed(digits).padStart(6);

/** Over cells with at least 50 such curves. */
function heldText(shares: readonly HeldShare[]): string {
  const enough = shares.filter(({ curves }) => curves >= 50);
  if (enough.length === 0) return 'too few';
  const least = Math.min(...enough.map(({ covered }) => covered));
  return `${percent(mean(enough.map(({ covered }) => covered)))} (${percent(least)}) in ${enough.length} cells, open ${percent(mean(enough.map(({ open }) => open)))}`;
}

export function tablesOf(summaries: readonly CellSummary[]): string[] {
  const lines = [
    'cell shape            k  R  var      tails    corr |  t %  fit % width |  2x %  width |  4x %  width | elbow  open | target open | error  /last  /best',
  ];
  for (const { number, cell, ...one } of summaries) {
    const best = Math.min(...Object.values(one.familyErrors).filter(Number.isFinite));
    lines.push(
      [
        `${String(number).padStart(4)} ${cell.shape.padEnd(15)} ${cell.sizes.length} ${String(cell.replicates).padStart(3)}  ${cell.variance.padEnd(8)} ${cell.tails.padEnd(8)} ${cell.correlation.toFixed(1).padStart(4)}`,
        `${percent(one.coveredByT)} ${percent(one.covered)} ${figure(one.widthRatio)}`,
        ...one.beyond.map(({ covered, widthRatio }) => `${percent(covered)} ${figure(widthRatio)}`),
        `${percent(one.elbow.covered)} ${percent(one.elbow.open)}`,
        `${percent(one.target.covered)} ${percent(one.target.open)}`,
        `${figure(one.error, 4)} ${figure(one.error / one.lastError)} ${figure(one.error / best)}`,
      ].join(' | '),
    );
  }
  for (const isInside of [true, false]) {
    const own = summaries.filter(({ cell }) => cell.isInside === isInside);
    if (own.length === 0) continue;
    const few = own.filter(({ cell }) => cell.replicates >= 3 && cell.replicates <= 5);
    const least = (pick: (one: CellSummary) => number): number => Math.min(...own.map(pick));
    lines.push(
      `${isInside ? 'true shape inside' : 'true shape outside'}: sizes ${percent(mean(own.map((one) => one.covered)))} (least ${percent(least((one) => one.covered))}), by t ${percent(mean(own.map((one) => one.coveredByT)))} (${percent(least((one) => one.coveredByT))})` +
        BEYOND.map(
          (times, b) =>
            `; ${times}x ${percent(mean(own.map(({ beyond }) => beyond[b]!.covered)))} (${percent(least(({ beyond }) => beyond[b]!.covered))})`,
        ).join(''),
      `  elbow ${heldText(own.map(({ elbow }) => elbow))}; target ${heldText(own.map(({ target }) => target))}`,
      `  widths with 3 to 5 replicates, median of cells: ${figure(median(few.map((one) => one.widthRatio)))}${BEYOND.map((_, b) => figure(median(few.map(({ beyond }) => beyond[b]!.widthRatio)))).join('')}; most ${figure(Math.max(...few.map((one) => one.widthRatio)))}${BEYOND.map((_, b) => figure(Math.max(...few.map(({ beyond }) => beyond[b]!.widthRatio)))).join('')}`,
    );
  }
  const names = [...new Set(summaries.flatMap(({ familyErrors }) => Object.keys(familyErrors)))];
  const single = names
    .map(
      (name) =>
        [
          name,
          mean(summaries.map(({ familyErrors, lastError }) => familyErrors[name] ?? lastError)),
        ] as const,
    )
    .sort((a, b) => a[1] - b[1]);
  lines.push(
    `error beyond: fit ${figure(mean(summaries.map(({ error }) => error)), 4)}, last value ${figure(mean(summaries.map(({ lastError }) => lastError)), 4)}; of last: mean ${figure(mean(summaries.map(({ error, lastError }) => error / lastError)))}, most ${figure(Math.max(...summaries.map(({ error, lastError }) => error / lastError)))}`,
    `single families: ${single.map(([name, value]) => `${name} ${value.toFixed(4)}`).join(', ')}`,
    `ms a fit: ${median(summaries.map(({ ms }) => ms)).toFixed(0)}`,
  );
  return lines;
}
