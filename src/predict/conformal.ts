/**
 * When a score counts as unusual: split conformal prediction with the validation images as calibration set. Pure.
 * @see Angelopoulos and Bates, A gentle introduction to conformal prediction, arXiv:2107.07511, sections 1 and 4.4
 */

/**
 * A score above it is unusual. Of new images that come as those of the calibration did, at most the share `rate` is
 * above it, in the mean over calibrations, whatever the distribution of scores.
 * @param sorted scores of the calibration images, ascending
 * @param rate of false alarms, in (0, 1)
 * @returns null with fewer than 1/rate − 1 images, when no threshold keeps the promise
 */
export function unusualFrom(sorted: ArrayLike<number>, rate: number): number | null {
  const rank = Math.ceil((sorted.length + 1) * (1 - rate));
  return rank > sorted.length ? null : sorted[rank - 1]!;
}

/**
 * The share of calibration images with a lower score, in [0, 1].
 * @param sorted at least one, ascending
 */
export function shareBelow(sorted: ArrayLike<number>, score: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < score) low = middle + 1;
    else high = middle;
  }
  return low / sorted.length;
}
