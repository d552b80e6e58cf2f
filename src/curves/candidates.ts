/** Shapes of every family, laid out on grids for the sizes of a curve. Pure. */
import type { Family, ScoreRange, Span, Theta } from './families.js';

/** A part of a family's unit cube; `lo` < `hi`, both in [0, 1], shape [axes]. */
export interface Box {
  readonly family: Family;
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** Shapes by family and place; arrays of shape [shapes], or [shapes, sizes]. */
export interface Candidates {
  readonly count: number;
  readonly span: Span;
  readonly range: ScoreRange;
  readonly families: readonly Family[];
  /** Position in `families`. */
  readonly family: Uint8Array;
  readonly thetas: readonly Theta[];
  /** In the unit cube. */
  readonly places: readonly (readonly number[])[];
  /** The value that it starts from or ends at by definition; NaN where both end values are free. */
  readonly base: Float64Array;
  /** At the sizes: 0 to 1 from the smallest to the largest, or with a base in units of what is at the largest. */
  readonly shape: Float64Array;
  /** The same for n → ∞. */
  readonly limit: Float64Array;
  /**
   * Logarithm of its weight before anything is seen: all families alike, all places of a family alike but for what they promise
   * (see `doubt`); with a base, so that both end values are as likely as they are where both are free.
   */
  readonly logPrior: Float64Array;
}

export const wholeBox = (family: Family): Box => ({
  family,
  lo: Array.from({ length: family.names.length }, () => 0),
  hi: Array.from({ length: family.names.length }, () => 1),
});

/**
 * @param steps along each axis, by the number of axes
 * @param sizes ascending, two at least
 */
export function layCandidates(
  boxes: readonly Box[],
  steps: readonly number[],
  sizes: readonly number[],
  range: ScoreRange,
): Candidates {
  const span = { first: sizes[0]!, last: sizes.at(-1)! };
  const rows = boxes.flatMap((box, at) =>
    rowsOf(box, at, steps[box.family.names.length]!, { sizes, span, range }),
  );
  const shape = new Float64Array(rows.length * sizes.length);
  for (const [i, row] of rows.entries()) shape.set(row.shape, i * sizes.length);
  return {
    count: rows.length,
    span,
    range,
    families: boxes.map(({ family }) => family),
    family: Uint8Array.from(rows, ({ at }) => at),
    thetas: rows.map(({ theta }) => theta),
    places: rows.map(({ place }) => place),
    base: Float64Array.from(rows, ({ base }) => base),
    shape,
    limit: Float64Array.from(rows, ({ limit }) => limit),
    logPrior: Float64Array.from(rows, ({ logPrior }) => logPrior),
  };
}

/** A candidate's shape at a size. */
export function shapeAt({ families, family, thetas, base, span }: Candidates, at: number, n: number): number {
  const { basis } = families[family[at]!]!;
  const theta = thetas[at]!;
  const last = basis(span.last, theta, span);
  if (!Number.isNaN(base[at]!)) return basis(n, theta, span) / last;
  const first = basis(span.first, theta, span);
  return (basis(n, theta, span) - first) / (last - first);
}

interface Row {
  readonly at: number;
  readonly place: readonly number[];
  readonly theta: Theta;
  readonly base: number;
  readonly shape: readonly number[];
  readonly limit: number;
  readonly logPrior: number;
}

interface Ground {
  readonly sizes: readonly number[];
  readonly span: Span;
  readonly range: ScoreRange;
}

function rowsOf(box: Box, at: number, steps: number, { sizes, span, range }: Ground): Row[] {
  const { family, lo, hi } = box;
  const widths = lo.map((from, axis) => (hi[axis]! - from) / steps);
  const base = family.base(range);
  const rows: Row[] = [];
  for (let point = 0; point < steps ** family.names.length; point++) {
    const place = widths.map((width, axis) => {
      const step = axis === 0 ? point % steps : Math.floor(point / steps);
      return lo[axis]! + (step + 0.5) * width;
    });
    const theta = family.theta(place, span);
    if (theta === null) continue;
    const [first, last] = [family.basis(span.first, theta, span), family.basis(span.last, theta, span)];
    const origin = base === null ? first : 0;
    const rise = last - origin;
    const volume = base === null ? widths : [ratioWidth(box, place, widths[0]!, span), ...widths.slice(1)];
    const logPrior = volume.reduce((sum, width) => sum + Math.log(width), doubt(family, theta, span));
    if (rise === 0 || logPrior === -Infinity) continue;
    rows.push({
      at,
      place,
      theta,
      base: base ?? NaN,
      shape: sizes.map((n) => (family.basis(n, theta, span) - origin) / rise),
      limit: (family.limit(theta, span) - origin) / rise,
      logPrior,
    });
  }
  return rows;
}

/** Standard deviation of what the next doubling brings, in units of what the last one brought. */
const NEXT_GAIN = 0.8;

/**
 * Returns diminish: before anything is seen a curve is the less likely the more its next doubling, N to 2N, brings beside the last,
 * N/2 to N, by half a normal distribution. Nearly all published curves have ratios below 1 (a power law n^−b has 2^−b, log n has
 * 1); without this, few noisy scores leave shapes likely that have hardly begun to rise.
 * @returns logarithm, ≤ 0; 0 for one that is flat there to the last digit
 */
function doubt({ basis }: Family, theta: Theta, span: Span): number {
  const { last } = span;
  const [before, now, next] = [last / 2, last, 2 * last].map((n) => basis(n, theta, span)) as [
    number,
    number,
    number,
  ];
  if (now === before) return next === now ? 0 : -Infinity;
  return -0.5 * ((next - now) / (now - before) / NEXT_GAIN) ** 2;
}

/**
 * With a base one end value and the first parameter stand for both end values: d(first)·d(last) = |last − base|·d(last)·d(ratio),
 * ratio being what the smallest size has of the largest. The factor |last − base| comes with the fit.
 */
function ratioWidth({ family }: Box, place: readonly number[], width: number, span: Span): number {
  const ratioAt = (shift: number): number => {
    const theta = family.theta([place[0]! + shift, ...place.slice(1)], span);
    if (theta === null) return NaN;
    return family.basis(span.first, theta, span) / family.basis(span.last, theta, span);
  };
  return Math.abs(ratioAt(width / 2) - ratioAt(-width / 2));
}
