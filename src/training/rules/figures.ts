/** Figures of findings, and intervals of shares. Pure. */

/** Standard normal quantile of a two-sided 99 % interval: of a hundred trials one may be told what is not so. */
export const Z_99 = 2.576;

export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/**
 * Wilson's interval of a share.
 * @param share in [0, 1]
 * @param count of what it is a share, integer ≥ 1
 * @see Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927)
 */
export function wilson(share: number, count: number, z = Z_99): Interval {
  const centre = (share + z ** 2 / (2 * count)) / (1 + z ** 2 / count);
  const half =
    (z / (1 + z ** 2 / count)) * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return { lo: Math.max(0, centre - half), hi: Math.min(1, centre + half) };
}

/**
 * Interval of the difference a − b of two independent shares; also where one of them is 0 or 1.
 * @see Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
 *   (1998), method 10
 */
export function differenceOfShares(
  a: { readonly share: number; readonly count: number },
  b: { readonly share: number; readonly count: number },
  z = Z_99,
): Interval {
  const ofA = wilson(a.share, a.count, z);
  const ofB = wilson(b.share, b.count, z);
  const difference = a.share - b.share;
  return {
    lo: difference - Math.hypot(a.share - ofA.lo, ofB.hi - b.share),
    hi: difference + Math.hypot(ofA.hi - a.share, b.share - ofB.lo),
  };
}

/** Three significant digits: 2.3, 0.00042, 4.56e+12. */
export const figure = (value: number): string =>
  Math.abs(value) < 1e6 ? String(Number(value.toPrecision(3))) : value.toExponential(2);

/** An accuracy, a share, or a difference of two: 0.512; a real minus sign. */
export const share = (value: number): string => value.toFixed(3).replace('-', '−');

export const count = (value: number, noun: string, plural = `${noun}s`): string =>
  `${value.toLocaleString('en')} ${value === 1 ? noun : plural}`;
