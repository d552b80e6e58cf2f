/** How many samples per class a score takes. Pure. */
import { decided, finiteOrNull, intervalOf } from './crowd.js';
import { endsOf, valuesOf, type Fit } from './fit.js';

export interface TargetAnswer {
  readonly score: number;
  /** Whether any number is enough; null where the data cannot tell. */
  readonly reachable: boolean | null;
  /** The middle of all curves; null where most never reach it. */
  readonly n: number | null;
  /** Null for never. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** Part of the curves that reach it. */
  readonly share: number;
}

/** Nobody labels more than a million times what there is: as good as never. */
const MOST_TIMES = 1e6;
const STEPS = 80;

/**
 * @param shifts what to add to the score of each curve, shape [draws]: of other test images, in the score's units
 */
export function targetOf(
  fit: Fit,
  score: number,
  confidence: number,
  shifts: Float64Array | null,
): TargetAnswer {
  const { first, last } = fit.candidates.span;
  const places = Array.from(
    { length: STEPS + 1 },
    (_, i) => first * ((last / first) * MOST_TIMES) ** (i / STEPS),
  );
  const curves = valuesOf(fit, places);
  const ends = endsOf(fit);
  const needed = Float64Array.from(curves, (curve, draw) => {
    const wanted = score - (shifts?.[draw] ?? 0);
    if (ends[draw]! < wanted) return Infinity;
    const at = curve.findIndex((value) => value >= wanted);
    if (at <= 0) return at === 0 ? first : Infinity;
    const [before, after] = [curve[at - 1]!, curve[at]!];
    const share = (wanted - before) / (after - before);
    return places[at - 1]! * (places[at]! / places[at - 1]!) ** share;
  });
  const { lo, hi, middle } = intervalOf(needed, confidence);
  const share = needed.filter((n) => n < Infinity).length / needed.length;
  return {
    score,
    reachable: decided(share),
    n: finiteOrNull(middle),
    lo: finiteOrNull(lo),
    hi: finiteOrNull(hi),
    share,
  };
}
