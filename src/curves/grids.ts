/** Where on its grid a family can be at all, looked for from coarse to fine. Pure. */
import type { Matrix } from 'ml-matrix';
import { layCandidates, wholeBox, type Box, type Candidates } from './candidates.js';
import type { Family, ScoreRange } from './families.js';
import { weigh } from './posterior.js';

/** Steps along an axis of families with none, one and two of them. */
const COARSE = [1, 40, 14] as const;
const FINE = [1, 40, 16] as const;
const LEAST_ROUNDS = 2;
/** Each halves what is left at least, so that the sharpest peak is found. */
const MOST_ROUNDS = 8;
/** The spread may be four times as large as it seems, and likelihoods are flattened by as much. */
const LEAST_HEAT = 4;
/** Places that are looked at further have this share of the likeliest one's weight, so flattened. */
const KEPT_PLACE = 1e-3;
/** As many places as shall be left: a peak between two of them is not overlooked. */
const LEAST_PLACES = 6;
/** A family with less than this share of all is left out. */
const KEPT_FAMILY = 1e-5;

/**
 * Candidates that are worth looking at, given a first idea of the spread.
 * @param means shape [sizes]
 * @param root see `weigh`
 */
export function findCandidates(
  families: readonly Family[],
  { sizes, means, range }: { sizes: readonly number[]; means: readonly number[]; range: ScoreRange },
  root: Matrix,
): Candidates {
  let boxes: readonly Box[] = families.map(wholeBox);
  for (let round = 0, isSharp = true; round < LEAST_ROUNDS || (isSharp && round < MOST_ROUNDS); round++) {
    const found = findPeaks(boxes, layCandidates(boxes, COARSE, sizes, range), means, root);
    // Before its peak is found nothing says how likely a family is.
    isSharp = found.some((one) => one.isSharp);
    boxes = found.map(({ box }) => box);
  }
  const found = findPeaks(boxes, layCandidates(boxes, COARSE, sizes, range), means, root);
  const best = Math.max(...found.map(({ top }) => top));
  const likely = found.filter(({ top }) => (top - best) / LEAST_HEAT >= Math.log(KEPT_FAMILY));
  return layCandidates(
    likely.map(({ box }) => box),
    FINE,
    sizes,
    range,
  );
}

interface Peak {
  /** What is left of the box. */
  readonly box: Box;
  /** Logarithm of the weight of the likeliest place. */
  readonly top: number;
  /** Whether the peak is narrower than the steps that were taken. */
  readonly isSharp: boolean;
}

function findPeaks(
  boxes: readonly Box[],
  candidates: Candidates,
  means: readonly number[],
  root: Matrix,
): Peak[] {
  const { logs } = weigh(candidates, means, root);
  const { count, family, places } = candidates;
  const members = boxes.map((): number[] => []);
  for (let c = 0; c < count; c++) members[family[c]!]!.push(c);
  return boxes.map((box, at) => {
    const own = members[at]!;
    const top = own.reduce((most, c) => Math.max(most, logs[c]!), -Infinity);
    const axes = box.family.names.length;
    if (top === -Infinity || axes === 0) return { box, top, isSharp: false };
    const falls = own.map((c) => top - logs[c]!).sort((a, b) => a - b);
    const enough = falls[Math.min(LEAST_PLACES, falls.length) - 1]!;
    const likely = -LEAST_HEAT * Math.log(KEPT_PLACE);
    const kept = own.filter((c) => top - logs[c]! <= Math.max(likely, enough));
    const end = (axis: number, of: (...values: number[]) => number): number =>
      of(...kept.map((c) => places[c]![axis]!));
    const margins = box.lo.map((lo, axis) => (box.hi[axis]! - lo) / COARSE[axes]!);
    const lo = box.lo.map((from, axis) => Math.max(from, end(axis, Math.min) - margins[axis]!));
    const hi = box.hi.map((to, axis) => Math.min(to, end(axis, Math.max) + margins[axis]!));
    return { box: { family: box.family, lo, hi }, top, isSharp: enough > likely };
  });
}
