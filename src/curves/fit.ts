/**
 * A learning curve as a crowd of curves, each as likely as the scores make it: the spread of replicates, how they go together
 * over sizes, the shape and both end values are drawn anew, none is fixed at its estimate. Pure: equal seeds give equal digits.
 */
import { groupBy } from '../group-by.js';
import { streamOf } from '../random.js';
import { shapeAt, type Candidates } from './candidates.js';
import type { Cell } from './cells.js';
import { FAMILIES, type FamilyName, type ScoreRange } from './families.js';
import { findCandidates } from './grids.js';
import type { Noise } from './noise.js';
import { drawCurve, weigh, weightsOf, type Draw, type Luck } from './posterior.js';
import { likely, meanCovariance, rootOf, spreadsOf } from './spread.js';

export interface FitOptions {
  /** What scores can be. */
  readonly range: ScoreRange;
  /** Integer in [0, 2³²). */
  readonly seed: number;
}

export interface Fit {
  readonly candidates: Candidates;
  readonly draws: readonly Draw[];
  /** How likely each family is, over all draws; sum 1. */
  readonly families: ReadonlyMap<FamilyName, number>;
}

/** Curves that are drawn. */
const DRAWS = 1_000;
/** Spreads and correlations that are drawn for these; of very many sizes, which know them well and take long, fewer. */
const MOST_SETTINGS = 100;
const LEAST_SETTINGS = 10;
const MANY_SIZES = 24;
/**
 * How much further or less far a curve goes beyond the data than its family says, for no family is exactly true: the standard
 * deviation of the logarithm of what it still gains, at the first doubling. Like a random walk in log n it grows with the root of
 * the doublings, up to the second: further nobody has checked it.
 */
export const BEYOND = 0.16;
const MOST_DOUBLINGS = 2;

/** Standard normal and uniform numbers in (0, 1). */
export function luckOf(seed: number): Luck {
  const next = streamOf(seed, 0);
  const uniform = (): number => next() + 2 ** -33;
  let kept: number | null = null;
  return {
    uniform,
    normal: () => {
      if (kept !== null) {
        const value = kept;
        kept = null;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(uniform()));
      const angle = 2 * Math.PI * uniform();
      kept = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/**
 * @param cells by size
 * @param noise of these; null where nothing is known of it
 * @returns null where no family can be told by so few sizes, or nothing tells the spread
 */
export function fitCells(
  cells: readonly Cell[],
  noise: Noise | null,
  { range, seed }: FitOptions,
): Fit | null {
  const sizes = cells.map(({ n }) => n);
  const span = { first: sizes[0]!, last: sizes.at(-1)! };
  const asked = FAMILIES.filter(
    (family) => family.parameters <= sizes.length - 1 && family.suits(span, range),
  );
  if (asked.length === 0 || noise === null) return null;
  const means = cells.map(({ mean }) => mean);
  const candidates = findCandidates(
    asked,
    { sizes, means, range },
    rootOf(meanCovariance(cells, likely(noise))),
  );
  const luck = luckOf(seed);
  const spread = spreadsOf(noise);
  const draws: Draw[] = [];
  const mass = new Float64Array(candidates.families.length);
  const settings = Math.round(
    Math.max(LEAST_SETTINGS, MOST_SETTINGS * Math.min(1, MANY_SIZES / sizes.length) ** 2),
  );
  for (let setting = 1; setting <= settings; setting++) {
    const weighed = weigh(candidates, means, rootOf(meanCovariance(cells, spread(luck))));
    const weights = weightsOf(weighed);
    for (let c = 0; c < candidates.count; c++) mass[candidates.family[c]!]! += weights[c]!;
    while (draws.length * settings < DRAWS * setting)
      draws.push(drawCurve(candidates, weighed, weights, luck));
  }
  return {
    candidates,
    draws,
    families: new Map(candidates.families.map(({ name }, i) => [name, mass[i]! / settings])),
  };
}

/**
 * The likeliest curve of a family among those drawn: score = offset + factor·basis(n), with the parameters of the basis by name.
 */
export function likeliest({ candidates, draws }: Fit, family: FamilyName): Readonly<Record<string, number>> {
  const those = draws.filter(
    (draw) => candidates.families[candidates.family[draw.candidate]!]!.name === family,
  );
  const byCandidate = [...groupBy(those, ({ candidate }) => candidate).values()];
  const own = byCandidate.reduce((most, one) => (one.length > most.length ? one : most), []);
  if (own.length === 0) return {};
  const { candidate } = own[0]!;
  const { basis, names } = candidates.families[candidates.family[candidate]!]!;
  const theta = candidates.thetas[candidate]!;
  const { span, base } = candidates;
  const mean = (pick: (draw: Draw) => number): number =>
    own.reduce((sum, draw) => sum + pick(draw), 0) / own.length;
  const last = mean((draw) => draw.last);
  const [low, high] = [basis(span.first, theta, span), basis(span.last, theta, span)];
  const origin = base[candidate]!;
  const factor = Number.isNaN(origin)
    ? (last - mean((draw) => draw.first)) / (high - low)
    : (last - origin) / high;
  return {
    offset: last - factor * high,
    factor,
    ...Object.fromEntries(names.map((name, i) => [name, theta[i]!])),
  };
}

/**
 * Values of a draw at sizes. Beyond the data the rest of the way is longer or shorter by e^(τz√d), d doublings from the largest
 * size, and the range bounds it.
 * @returns shape [draws][sizes]
 */
export function valuesOf({ candidates, draws }: Fit, sizes: readonly number[]): readonly Float64Array[] {
  const { span } = candidates;
  const stretches = sizes.map((n) => stretchAt(n / span.last));
  const shapes = new Map<number, Float64Array>();
  return draws.map((draw) => {
    let shape = shapes.get(draw.candidate);
    if (shape === undefined) {
      shape = Float64Array.from(sizes, (n) => shapeAt(candidates, draw.candidate, n));
      shapes.set(draw.candidate, shape);
    }
    return Float64Array.from(sizes, (_, i) => valueOf(candidates, draw, shape[i]!, stretches[i]!));
  });
}

/** Where each draw goes for n → ∞: ±∞ where nothing ends it. Shape [draws]. */
export function endsOf({ candidates, draws }: Fit): Float64Array {
  return Float64Array.from(draws, (draw) =>
    valueOf(candidates, draw, candidates.limit[draw.candidate]!, stretchAt(Infinity)),
  );
}

/** @param times the largest size; 0 within the data */
const stretchAt = (times: number): number =>
  times <= 1 ? 0 : BEYOND * Math.sqrt(Math.min(MOST_DOUBLINGS, Math.log2(times)));

/**
 * @param shape of its candidate, as in `Candidates`
 * @param stretch how far the way beyond the largest size may deviate; 0 within the data
 */
function valueOf({ base, range }: Candidates, draw: Draw, shape: number, stretch: number): number {
  const { candidate, first, last, beyond } = draw;
  const origin = base[candidate]!;
  const rise = Number.isNaN(origin) ? last - first : last - origin;
  // A flat curve of a family without an end stays flat.
  const way = rise === 0 ? 0 : rise * shape;
  const value = (Number.isNaN(origin) ? first : origin) + way;
  const stretched = stretch === 0 ? value : last + (value - last) * Math.exp(stretch * beyond);
  return Math.min(range.hi ?? Infinity, Math.max(range.lo ?? -Infinity, stretched));
}
