/**
 * Whether intervals still hold after `until` has looked at them and stopped at the first that was narrow: whoever stops there
 * takes those that came out narrow by chance with the others.
 */
import { fitCurve, type CurveFit } from '../../src/curves/index.js';
import { measured, MOST_ADDITIONS, replicatesWanted } from '../../src/report/until.js';
import { conditionOf, LEAST_LOOKED_AT, type Condition } from '../../src/spec/index.js';
import { CELLS, type Cell } from './cells.js';
import { elbowOfTruth, heldBy } from './measure.js';
import { simulate, type Simulated } from './simulate.js';
import { INSIDE, OUTSIDE } from './truths.js';

/** One cell a shape, each with the replicates that four additions may come to. */
const UNTIL_CELLS: readonly Cell[] = Object.keys({ ...INSIDE, ...OUTSIDE }).map((shape) => ({
  ...CELLS.find((cell) => cell.shape === shape)!,
  replicates: LEAST_LOOKED_AT * 2 ** MOST_ADDITIONS,
}));

/** Of a cell and a condition; shares of curves, NaN of none. */
export interface UntilFigures {
  /** Curves whose truth has what is asked. */
  readonly curves: number;
  readonly met: number;
  /** Mean at the end. */
  readonly replicates: number;
  /** Intervals at the end that hold the truth: of all curves, and of those that met the condition. */
  readonly held: number;
  readonly heldWhereMet: number;
}

/** What is asked, and the true value of it; null where there is none. */
interface Question {
  readonly name: string;
  ask(
    simulated: Simulated,
    cell: Cell,
  ): { readonly condition: Condition; readonly target: number | null; readonly truth: number } | null;
}

const condition = (text: string): Condition => conditionOf(text)!;

/** Bounds that most curves do not meet with five replicates, and most do with eighty. */
const QUESTIONS: readonly Question[] = [
  {
    name: 'width(score@N) < 0.012',
    ask: ({ truth }, { sizes }) => {
      const n = sizes.at(-1)!;
      return { condition: condition(`width(score@${n}) < 0.012`), target: null, truth: truth.at(n) };
    },
  },
  {
    name: 'width(score@2N) < 0.03',
    ask: ({ truth }, { sizes }) => {
      const n = 2 * sizes.at(-1)!;
      return { condition: condition(`width(score@${n}) < 0.03`), target: null, truth: truth.at(n) };
    },
  },
  {
    name: 'ratio(target) < 1.5',
    ask: ({ truth }, { sizes }) => {
      const n = 1.5 * sizes.at(-1)!;
      return { condition: condition('ratio(target) < 1.5'), target: truth.at(n), truth: n };
    },
  },
  {
    name: 'ratio(elbow) < 1.5',
    ask: ({ truth }, { sizes }) => {
      const n = elbowOfTruth(truth, sizes[0]!, sizes.at(-1)!);
      return Number.isFinite(n)
        ? { condition: condition('ratio(elbow) < 1.5'), target: null, truth: n }
        : null;
    },
  },
];

interface Stopped {
  readonly isMet: boolean;
  readonly replicates: number;
  readonly isHeld: boolean;
}

/** As activities do it: a look, replicates for the next one, and so on. */
function stopped(
  { scores }: Simulated,
  asked: NonNullable<ReturnType<Question['ask']>>,
  seed: number,
): Stopped {
  let replicates = LEAST_LOOKED_AT;
  for (let additions = 0; ; additions++) {
    const fit = fitCurve(
      scores.filter(({ replicate }) => replicate! < replicates),
      { at: asked.condition.n === null ? [] : [asked.condition.n], target: asked.target, seed },
    );
    const { isMet, excess } = measured(fit, asked.condition);
    if (isMet || additions === MOST_ADDITIONS) return { isMet, replicates, isHeld: holds(fit, asked) };
    replicates += replicatesWanted(replicates, excess);
  }
}

function holds(
  fit: CurveFit,
  { condition: { of, n }, truth }: NonNullable<ReturnType<Question['ask']>>,
): boolean {
  if (of === 'elbow') return heldBy(fit.elbow, truth).covered;
  if (of === 'target') return heldBy(fit.target!, truth).covered;
  const { lo, hi } = fit.sizes.find((size) => size.n === n) ?? fit.at[0]!;
  return lo! <= truth && truth <= hi!;
}

function measureUntil(cell: Cell, question: Question, curves: number, seed: number): UntilFigures {
  const ends = Array.from({ length: curves }, (_, i) => {
    const simulated = simulate(cell, seed * 1_000_003 + i);
    const asked = question.ask(simulated, cell);
    return asked === null ? [] : [stopped(simulated, asked, i)];
  }).flat();
  const share = (own: readonly Stopped[], is: (end: Stopped) => boolean): number =>
    own.filter(is).length / own.length;
  return {
    curves: ends.length,
    met: share(ends, ({ isMet }) => isMet),
    replicates: ends.reduce((sum, end) => sum + end.replicates, 0) / ends.length,
    held: share(ends, ({ isHeld }) => isHeld),
    heldWhereMet: share(
      ends.filter(({ isMet }) => isMet),
      ({ isHeld }) => isHeld,
    ),
  };
}

const percent = (value: number): string => (Number.isNaN(value) ? '–' : (100 * value).toFixed(1)).padStart(6);

/** @param tell what to do with a line once it is measured */
export function untilTable(curves: number, seed: number, tell: (line: string) => void): void {
  tell('condition                 shape           curves |    met  replicates |   held  where met');
  for (const question of QUESTIONS) {
    const rows = UNTIL_CELLS.map((cell) => ({ cell, ...measureUntil(cell, question, curves, seed) }));
    for (const { cell, ...row } of rows) {
      if (row.curves > 0) tell(line(question.name, cell.shape, row));
    }
    for (const isInside of [true, false]) {
      const own = rows.filter(({ cell }) => cell.isInside === isInside);
      tell(line(question.name, isInside ? 'all known' : 'all others', pooled(own)));
    }
  }
}

/** Every curve counts once. */
function pooled(rows: readonly UntilFigures[]): UntilFigures {
  const curves = rows.reduce((sum, row) => sum + row.curves, 0);
  const mean = (
    pick: (row: UntilFigures) => number,
    weight = (row: UntilFigures): number => row.curves,
  ): number => {
    const own = rows.filter((row) => weight(row) > 0);
    return (
      own.reduce((sum, row) => sum + weight(row) * pick(row), 0) /
      own.reduce((sum, row) => sum + weight(row), 0)
    );
  };
  return {
    curves,
    met: mean((row) => row.met),
    replicates: mean((row) => row.replicates),
    held: mean((row) => row.held),
    heldWhereMet: mean(
      (row) => row.heldWhereMet,
      (row) => row.curves * row.met,
    ),
  };
}

const line = (name: string, shape: string, row: UntilFigures): string =>
  `${name.padEnd(25)} ${shape.padEnd(15)} ${String(row.curves).padStart(6)} | ${percent(row.met)}  ${row.replicates.toFixed(1).padStart(10)} | ${percent(row.held)}     ${percent(row.heldWhereMet)}`;
