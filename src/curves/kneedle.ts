/**
 * Kneedle, a knee by curvature alone, which depends on the axis: beside elbow's own definition, because people know it. Pure.
 * @see Satopää, Albrecht, Irwin and Raghavan, Finding a "Kneedle" in a Haystack, ICDCS Workshops 2011
 */

export interface Knee {
  readonly axis: 'linear' | 'log';
  /** Null where there is none. */
  readonly n: number | null;
  /** The smallest and the largest knee at sensitivities from 0 to 10; null where there is none. */
  readonly range: readonly [number, number] | null;
}

/** The paper's usual one. */
const SENSITIVITY = 1;
const SENSITIVITIES = [0, 0.5, 1, 2, 3, 5, 7, 10] as const;

/**
 * @param points by n, ascending, three at least; a concave rising curve has a knee
 */
export function kneedle(
  points: readonly { readonly n: number; readonly mean: number }[],
  axis: Knee['axis'],
): Knee {
  const xs = points.map(({ n }) => (axis === 'log' ? Math.log(n) : n));
  const found = SENSITIVITIES.flatMap((sensitivity) => {
    const at = kneeAt(
      xs,
      points.map(({ mean }) => mean),
      sensitivity,
    );
    return at === null ? [] : [points[at]!.n];
  });
  const at = kneeAt(
    xs,
    points.map(({ mean }) => mean),
    SENSITIVITY,
  );
  return {
    axis,
    n: at === null ? null : points[at]!.n,
    range: found.length === 0 ? null : [Math.min(...found), Math.max(...found)],
  };
}

/** The first peak of the difference to the diagonal after which it falls below the peak's threshold. */
function kneeAt(xs: readonly number[], ys: readonly number[], sensitivity: number): number | null {
  const x = normalised(xs);
  const y = normalised(ys);
  if (x === null || y === null) return null;
  const difference = x.map((value, i) => y[i]! - value);
  const gap = 1 / (x.length - 1);
  const isPeak = (i: number): boolean =>
    i > 0 &&
    i < difference.length - 1 &&
    difference[i]! > difference[i - 1]! &&
    difference[i]! >= difference[i + 1]!;
  for (let i = 1; i < difference.length - 1; i++) {
    if (!isPeak(i)) continue;
    const threshold = difference[i]! - sensitivity * gap;
    // Up to the next peak, which takes its place.
    for (let j = i + 1; j < difference.length && !isPeak(j); j++) if (difference[j]! < threshold) return i;
  }
  return null;
}

function normalised(values: readonly number[]): number[] | null {
  const [lo, hi] = [Math.min(...values), Math.max(...values)];
  return hi > lo ? values.map((value) => (value - lo) / (hi - lo)) : null;
}
