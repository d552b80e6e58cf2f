/**
 * The shapes that learning curves are looked for among. Each is written as linear in what it does at the smallest and the
 * largest size, with at most two parameters that are not linear, and these stand on grids: no starting points, no bad
 * optima, the same digits every time. Pure.
 *
 * Names and forms are those of Viering and Loog, The Shape of Learning Curves: a Review (arXiv:2103.10948), table 1, and
 * of Mohr et al., LCDB 1.0 (ECML 2022), table 2. Families that are equal up to names are one: exp4 is wbl4, and hill is
 * log-power.
 */

/** Sizes that a curve is known at, 0 < first < last. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** What scores can be, higher being better; null where nothing bounds them. */
export interface ScoreRange {
  readonly lo: number | null;
  readonly hi: number | null;
}

export type FamilyName =
  'pow2' | 'pow3' | 'pow4' | 'exp3' | 'log2' | 'mmf4' | 'wbl4' | 'log-power' | 'vapor-pressure' | 'ilog2';

/** Values of the parameters that are not linear, on the grid. */
export type Theta = readonly number[];

export interface Family {
  readonly name: FamilyName;
  /** As published, of the score y at n samples per class. */
  readonly formula: string;
  /** Free parameters in all. */
  readonly parameters: number;
  /** The value that it starts from or ends at by definition; null where it is linear in both end values. */
  readonly base: (range: ScoreRange) => number | null;
  /** Whether it can be asked for such sizes and scores. */
  readonly suits: (span: Span, range: ScoreRange) => boolean;
  /** What its parameters that are not linear are called. */
  readonly names: readonly string[];
  /**
   * The parameters at a place of the unit cube: what lies in it is what may be, all of it alike; null where nothing may.
   * @param place shape [axes], each in [0, 1]
   */
  readonly theta: (place: readonly number[], span: Span) => Theta | null;
  /** Its basis, rising or falling in n throughout, finite. */
  readonly basis: (n: number, theta: Theta, span: Span) => number;
  /** Where the basis goes for n → ∞; ±∞ where it has no end. */
  readonly limit: (theta: Theta, span: Span) => number;
}

/** Equal steps of the logarithm; both ends > 0. */
const ratioBetween = (from: number, to: number, share: number): number => from * (to / from) ** share;

const noBase = (): null => null;
const always = (): boolean => true;

/** Exponents of power laws: published ones lie between 0.07 and 1 (Hestness et al., arXiv:1712.00409), with room. */
const exponent = (share: number): number => ratioBetween(0.05, 3, share);
/** Of sigmoids and stretched exponentials. */
const steepness = (share: number): number => ratioBetween(0.25, 4, share);
/** Half-way points of sigmoids, scales of exponentials: from below the smallest size to far above the largest. */
const scale = (share: number, { first, last }: Span): number => ratioBetween(first / 3, last * 10, share);

const hill = (n: number, [half, power]: Theta): number => 1 / (1 + (half! / n) ** power!);

export const FAMILIES: readonly Family[] = [
  {
    name: 'pow2',
    formula: 'bound − a·n^−b',
    parameters: 2,
    base: ({ hi }) => hi,
    suits: (_, { hi }) => hi !== null,
    names: ['b'],
    theta: ([b]) => [exponent(b!)],
    basis: (n, [b], { last }) => (n / last) ** -b!,
    limit: () => 0,
  },
  {
    name: 'pow3',
    formula: 'c − a·n^−b',
    parameters: 3,
    base: noBase,
    suits: always,
    names: ['b'],
    theta: ([b]) => [exponent(b!)],
    basis: (n, [b], { last }) => -((n / last) ** -b!),
    limit: () => 0,
  },
  {
    name: 'pow4',
    formula: 'c − a·(n + d)^−b',
    parameters: 4,
    base: noBase,
    suits: always,
    names: ['b', 'd'],
    // Down to half the smallest size below it, up to the largest above.
    theta: ([b, d], { first, last }) => [
      ratioBetween(0.1, 5, b!),
      ratioBetween(first / 2, first + last, d!) - first,
    ],
    basis: (n, [b, d], { last }) => -(((n + d!) / (last + d!)) ** -b!),
    limit: () => 0,
  },
  {
    name: 'exp3',
    formula: 'c − a·e^(−b·n)',
    parameters: 3,
    base: noBase,
    suits: always,
    names: ['b'],
    // From nearly straight to over at the smallest size.
    theta: ([b], { first, last }) => [ratioBetween(0.1 / last, 5 / first, b!)],
    basis: (n, [b], { first }) => -Math.exp(-b! * (n - first)),
    limit: () => 0,
  },
  {
    name: 'log2',
    formula: 'a + b·ln n',
    parameters: 2,
    base: noBase,
    suits: always,
    names: [],
    theta: () => [],
    basis: (n) => Math.log(n),
    limit: () => Infinity,
  },
  {
    name: 'ilog2',
    formula: 'c − a / ln n',
    parameters: 2,
    base: noBase,
    suits: ({ first }) => first >= 2,
    names: [],
    theta: () => [],
    basis: (n) => -1 / Math.log(n),
    limit: () => 0,
  },
  {
    name: 'mmf4',
    formula: '(a·b + c·n^d) / (b + n^d)',
    parameters: 4,
    base: noBase,
    suits: always,
    names: ['half', 'd'],
    theta: ([half, d], span) => [scale(half!, span), steepness(d!)],
    basis: hill,
    limit: () => 1,
  },
  {
    name: 'wbl4',
    formula: 'c − b·e^(−a·n^d)',
    parameters: 4,
    base: noBase,
    suits: always,
    names: ['scale', 'd'],
    theta: ([at, d], span) => {
      const theta = [scale(at!, span), steepness(d!)] as const;
      // One that is over before the smallest size is flat to the last digit.
      return (span.first / theta[0]) ** theta[1] <= 5 ? theta : null;
    },
    basis: (n, [at, d]) => -Math.exp(-((n / at!) ** d!)),
    limit: () => 0,
  },
  {
    name: 'log-power',
    formula: 'a / (1 + (n / e^b)^−c)',
    parameters: 3,
    base: ({ lo }) => lo,
    suits: (_, { lo }) => lo !== null,
    names: ['half', 'd'],
    theta: ([half, d], span) => [scale(half!, span), steepness(d!)],
    basis: hill,
    limit: () => 1,
  },
  {
    name: 'vapor-pressure',
    formula: 'e^(a + b/n + c·ln n)',
    parameters: 3,
    base: () => 0,
    suits: (_, { lo, hi }) => lo === 0 || hi === 0,
    names: ['c', 'b'],
    // The rise by c, and what b/n takes from it or adds to it at the smallest size, whose sign keeps it from turning.
    theta: ([c, b], { first }) => {
      const power = 1.2 * c! - 0.6;
      return [power, (power < 0 ? 2 : -2) * b! * first];
    },
    basis: (n, [c, b], { last }) => Math.exp(b! * (1 / n - 1 / last)) * (n / last) ** c!,
    limit: ([c, b], { last }) => (c! > 0 ? Infinity : c! < 0 ? 0 : Math.exp(-b! / last)),
  },
];
