/** Chance, target and elbows in the chart of learning curves. */
import type { CurvesModel } from '../curves-types.js';
import { elbowInterval } from '../elbow-words.js';
import { rounded } from '../format.js';
import { color } from '../palette.js';
import type { ArmFit } from '../types.js';
import type { Series } from './curve.js';

interface Scales {
  readonly x: object;
  readonly y: (field: string) => object;
  readonly domain: readonly [number, number];
}

/** With more arms than this, elbows and targets are left to the table: their lines would hide the curves. */
const MOST_MARKED = 3;
/** From the foot of the chart up, in CSS pixels. */
const FIRST_ROW = 14;
const ROW = 30;

export function markLayers(model: CurvesModel, fitted: readonly Series[], scales: Scales): object[] {
  const marked = fitted.length > MOST_MARKED ? [] : fitted;
  const inColor = ({ color: own }: Series): string => (fitted.length === 1 ? color('ink-soft') : own);
  return [
    ...scoreLines(model, scales),
    ...marked.flatMap((one, row) => elbowMark(one.arm.fit!, inColor(one), row, scales)),
    ...marked.flatMap((one, row) => targetMark(one.arm.fit!, inColor(one), row, scales)),
  ];
}

/** Lines across the chart. */
function scoreLines({ chance, target }: CurvesModel, { y }: Scales): object[] {
  const lines = [
    ...(chance === null ? [] : [{ score: chance, text: 'chance', side: 'right' }]),
    ...(target === null ? [] : [{ score: target, text: `target ${target}`, side: 'left' }]),
  ];
  return [
    {
      data: { values: lines },
      mark: { type: 'rule', strokeDash: [4, 4], color: color('ink-soft'), opacity: 0.7 },
      encoding: { y: y('score') },
    },
    // Curves begin low and end high: chance has room on the right, a target on the left.
    ...(['left', 'right'] as const).map((side) => ({
      data: { values: lines.filter((line) => line.side === side) },
      mark: {
        type: 'text',
        align: side,
        dx: side === 'left' ? 6 : -6,
        dy: -7,
        x: side === 'left' ? 0 : { expr: 'width' },
      },
      encoding: { y: y('score'), text: { field: 'text' } },
    })),
  ];
}

/** A line at the elbow, with its interval as a bar low in the chart, where curves are not. */
function elbowMark({ elbow }: ArmFit, hue: string, row: number, { x, domain }: Scales): object[] {
  const { n, state } = elbow;
  if (n === null || state === 'from-the-start' || elbow.lo === null) return [];
  const doubt = state === 'undecided' ? ', undecided' : '';
  const isRight = n > Math.sqrt(domain[0] * domain[1]);
  const place = { expr: `height - ${FIRST_ROW + ROW * row}` };
  return [
    {
      data: { values: [{ n }] },
      mark: { type: 'rule', strokeDash: [2, 3], color: hue },
      encoding: { x },
    },
    {
      data: { values: [{ n: elbow.lo, hi: Math.min(domain[1], elbow.hi ?? domain[1]) }] },
      mark: { type: 'rule', strokeWidth: 5, opacity: 0.35, color: hue, y: place },
      encoding: { x, x2: { field: 'hi' } },
    },
    {
      data: { values: [{ n, text: `elbow ≈ ${rounded(n)} (${elbowInterval(elbow)}${doubt})` }] },
      mark: {
        type: 'text',
        align: isRight ? 'right' : 'left',
        dx: isRight ? -6 : 6,
        dy: -11,
        color: hue,
        y: place,
      },
      encoding: { x, text: { field: 'text' } },
    },
  ];
}

/** Where the curve reaches the target, with the interval of the samples that takes, on the target's line. */
function targetMark({ target }: ArmFit, hue: string, row: number, { x, y, domain }: Scales): object[] {
  if (target === null || target.n === null || target.lo === null || target.lo > domain[1]) return [];
  const ends = { n: Math.max(domain[0], target.lo), hi: Math.min(domain[1], target.hi ?? domain[1]) };
  return [
    {
      data: { values: [{ ...ends, score: target.score }] },
      mark: { type: 'rule', strokeWidth: 5, opacity: 0.35, color: hue },
      encoding: { x, x2: { field: 'hi' }, y: y('score') },
    },
    ...(target.n > domain[1]
      ? []
      : [
          {
            data: { values: [{ n: target.n, score: target.score, text: `≈ ${rounded(target.n)}` }] },
            mark: { type: 'point', shape: 'triangle-down', filled: true, size: 70, opacity: 1, color: hue },
            encoding: { x, y: y('score') },
          },
          {
            data: { values: [{ n: target.n, score: target.score, text: `≈ ${rounded(target.n)}` }] },
            // Above the line and below it in turn: arms often need about as many.
            mark: { type: 'text', dy: row % 2 === 0 ? -12 : 14, color: hue },
            encoding: { x, y: y('score'), text: { field: 'text' } },
          },
        ]),
  ];
}
