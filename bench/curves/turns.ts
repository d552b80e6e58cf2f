/**
 * Curves that turn: how often it is seen that one both rises and falls, and how often that is said of one that only rises.
 *
 * The kinds are those that Viering and Loog (arXiv:2103.10948, section 6) and LCDB 1.1 (Yan et al. 2025) tell apart: a peak of the
 * error around one size, as of double descent near as many samples as parameters, after which the score recovers; and a dip,
 * after which it goes on falling.
 */
import { cellsOf } from '../../src/curves/cells.js';
import type { Luck } from '../../src/curves/posterior.js';
import { fitCurve } from '../../src/curves/index.js';
import { turnOf } from '../../src/curves/monotone.js';
import { noiseOf } from '../../src/curves/noise.js';
import { likely, meanCovariance } from '../../src/curves/spread.js';
import { CELLS, SIZES, type Cell } from './cells.js';
import { simulate, simulateTruth, type Simulated } from './simulate.js';
import { INSIDE, type Truth } from './truths.js';

/** A cell whose truth turns. */
export interface TurnCell extends Omit<Cell, 'shape' | 'isInside'> {
  readonly kind: 'peak' | 'dip';
  /** How far the score lies below a power law at the peak, or at the largest size after a dip. */
  readonly depth: number;
}

const cell = (
  kind: TurnCell['kind'],
  depth: number,
  sizes: readonly number[],
  replicates: number,
  rest: Pick<Cell, 'variance' | 'tails' | 'correlation'>,
): TurnCell => ({ kind, depth, sizes, replicates, ...rest });

const PLAIN = { variance: 'constant', tails: 'normal', correlation: 0.3 } as const;
const ROUGH = { variance: 'falling', tails: 'heavy', correlation: 0 } as const;

export const TURN_CELLS: readonly TurnCell[] = [
  cell('peak', 0.05, SIZES[1], 3, ROUGH),
  cell('peak', 0.1, SIZES[1], 3, PLAIN),
  cell('peak', 0.1, SIZES[3], 5, ROUGH),
  cell('peak', 0.1, SIZES[4], 10, PLAIN),
  cell('peak', 0.2, SIZES[3], 3, PLAIN),
  cell('dip', 0.1, SIZES[3], 3, PLAIN),
  cell('dip', 0.1, SIZES[4], 5, ROUGH),
  cell('dip', 0.2, SIZES[1], 5, PLAIN),
];

/** Shares of simulated curves. */
export interface TurnFigures {
  /** `not-monotone` is warned of. */
  readonly warned: number;
  /** No elbow is named. */
  readonly withheld: number;
  /** The interval at twice the largest size holds the truth, with the warning and without it; NaN of none. */
  readonly heldWarned: number;
  readonly heldUnwarned: number;
}

/** @param depth see `TurnCell` */
function turning({ kind, depth }: TurnCell, luck: Luck, span: { first: number; last: number }): Truth {
  const rising = INSIDE['pow3']!(luck, span);
  const [first, last] = [Math.log(span.first), Math.log(span.last)];
  // Well within the sizes.
  const middle = first + (last - first) * (0.35 + 0.3 * luck.uniform());
  const width = (last - first) / 10;
  const sag = (n: number): number =>
    kind === 'peak'
      ? Math.exp(-0.5 * ((Math.log(n) - middle) / width) ** 2)
      : Math.max(0, (Math.log(n) - middle) / (last - middle));
  const at = (n: number): number => rising.at(n) - depth * sag(n);
  return { at, parameters: [], with: (_, n) => at(n) };
}

const simulateTurn = (turn: TurnCell, seed: number): Simulated =>
  simulateTruth((luck, span) => turning(turn, luck, span), turn, seed);

export function measureTurns(turn: TurnCell, curves: number, seed: number): TurnFigures {
  const largest = turn.sizes.at(-1)!;
  const told = Array.from({ length: curves }, (_, i) => {
    const { truth, scores } = simulateTurn(turn, seed * 1_000_003 + i);
    const { elbow, warnings, at } = fitCurve(scores, { at: [2 * largest], seed: i });
    const after = truth.at(2 * largest);
    return {
      isWarned: warnings.some(({ code }) => code === 'not-monotone'),
      isWithheld: elbow.state === 'cannot-be-said',
      isHeld: at[0]!.lo <= after && after <= at[0]!.hi,
    };
  });
  const [warned, unwarned] = [true, false].map((is) => told.filter(({ isWarned }) => isWarned === is)) as [
    typeof told,
    typeof told,
  ];
  const held = (own: typeof told): number => own.filter(({ isHeld }) => isHeld).length / own.length;
  return {
    warned: warned.length / curves,
    withheld: told.filter(({ isWithheld }) => isWithheld).length / curves,
    heldWarned: held(warned),
    heldUnwarned: held(unwarned),
  };
}

/** Share of curves of each monotone cell that are said to turn. */
export function falseAlarms(curves: number, seed: number): readonly number[] {
  return CELLS.map((monotone) => {
    let alarms = 0;
    for (let i = 0; i < curves; i++) {
      const sizes = cellsOf(simulate(monotone, seed * 1_000_003 + i).scores);
      const noise = noiseOf(sizes)!;
      if (turnOf(sizes, meanCovariance(sizes, likely(noise)), noise.freedom) !== null) alarms++;
    }
    return alarms / curves;
  });
}

const percent = (value: number): string => (Number.isNaN(value) ? '–' : (100 * value).toFixed(1)).padStart(6);

export function turnTable(curves: number, seed: number): string[] {
  const lines = ['kind  depth  k   R  var      tails  corr | warned  no elbow | 2x held: warned  unwarned'];
  for (const turn of TURN_CELLS) {
    const { kind, depth, sizes, replicates, variance, tails, correlation } = turn;
    const figures = measureTurns(turn, curves, seed);
    lines.push(
      `${kind.padEnd(4)}  ${depth.toFixed(2)}   ${sizes.length}  ${String(replicates).padStart(2)}  ${variance.padEnd(8)} ${tails.padEnd(6)} ${correlation.toFixed(1)}  | ${percent(figures.warned)}    ${percent(figures.withheld)} |          ${percent(figures.heldWarned)}    ${percent(figures.heldUnwarned)}`,
    );
  }
  const alarms = falseAlarms(curves, seed);
  const most = Math.max(...alarms);
  lines.push(
    `curves that only rise, ${CELLS.length} cells: warned of ${percent(alarms.reduce((sum, one) => sum + one, 0) / alarms.length)} %, most ${percent(most)} % in cell ${alarms.indexOf(most)}`,
  );
  return lines;
}
