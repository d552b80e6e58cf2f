/** Curves that simulations take for true. */
import type { Luck } from '../../src/curves/posterior.js';

export interface Truth {
  /** Score at n samples per class. */
  at(n: number): number;
  /** Its parameters, and the score with others: what an oracle that knows the shape has to find. */
  readonly parameters: readonly number[];
  with(parameters: readonly number[], n: number): number;
}

/** Sizes that a curve is seen at. */
interface Span {
  readonly first: number;
  readonly last: number;
}

export type Make = (luck: Luck, span: Span) => Truth;

const between = (luck: Luck, from: number, to: number): number => from + (to - from) * luck.uniform();
/** Of the sizes' logarithms: 0 is the smallest, 1 the largest. */
const sizeAt = (luck: Luck, { first, last }: Span, from: number, to: number): number =>
  first * (last / first) ** between(luck, from, to);

function truth(
  parameters: readonly number[],
  score: (parameters: readonly number[], n: number) => number,
): Truth {
  return { parameters, at: (n) => score(parameters, n), with: score };
}

/** The shapes that elbow looks among. */
export const INSIDE: Readonly<Record<string, Make>> = {
  pow2: (luck, { first }) => {
    const start = between(luck, 0.1, 0.45);
    const b = between(luck, 0.1, 0.5);
    return truth([(1 - start) * first ** b, b], ([a, slope], n) => 1 - a! * n ** -slope!);
  },
  pow3: (luck, span) => {
    const b = between(luck, 0.15, 0.9);
    return bounded(luck, span, [b], ([slope], n) => -(n ** -slope!), 0);
  },
  pow4: (luck, span) => {
    const theta = [between(luck, 0.3, 1.2), sizeAt(luck, span, 0.1, 0.7)];
    return bounded(luck, span, theta, ([b, d], n) => -((n + d!) ** -b!), 0);
  },
  exp3: (luck, span) => {
    const scale = sizeAt(luck, span, 0.4, 0.95);
    return bounded(luck, span, [1 / scale], ([b], n) => -Math.exp(-b! * n), 0);
  },
  log2: (luck, span) => {
    const first = between(luck, 0.1, 0.3);
    const last = between(luck, 0.4, 0.65);
    const b = (last - first) / Math.log(span.last / span.first);
    return truth([first - b * Math.log(span.first), b], ([a, slope], n) => a! + slope! * Math.log(n));
  },
  mmf4: (luck, span) => {
    const theta = [sizeAt(luck, span, 0.2, 0.9), between(luck, 0.5, 1.6)];
    return bounded(luck, span, theta, ([half, d], n) => 1 / (1 + (half! / n) ** d!), 1);
  },
  wbl4: (luck, span) => {
    const theta = [sizeAt(luck, span, 0.2, 0.9), between(luck, 0.4, 1.3)];
    return bounded(luck, span, theta, ([scale, d], n) => -Math.exp(-((n / scale!) ** d!)), 0);
  },
  'log-power': (luck, span) => {
    const half = sizeAt(luck, span, -0.1, 0.6);
    const d = between(luck, 0.3, 1);
    const top = between(luck, 0.5, 0.95);
    return truth([top, half, d], ([a, m, slope], n) => a! / (1 + (m! / n) ** slope!));
  },
  'vapor-pressure': (luck, { first, last }) => {
    const c = between(luck, 0.02, 0.12);
    const b = -between(luck, 0.2, 1.2) * first;
    const a = Math.log(between(luck, 0.4, 0.75)) - b / last - c * Math.log(last);
    return truth([a, b, c], ([p, q, r], n) => Math.exp(p! + q! / n + r! * Math.log(n)));
  },
  ilog2: (luck, span) => bounded(luck, span, [], (_, n) => -1 / Math.log(n), 0),
};

/** Shapes that are none of those. */
export const OUTSIDE: Readonly<Record<string, Make>> = {
  // Two power laws after another, as of a simple and a hard part of what there is to learn.
  'two-powers': (luck, span) => {
    const theta = [between(luck, 0.6, 1.2), between(luck, 0.1, 0.3), between(luck, 0.3, 0.7)];
    return bounded(
      luck,
      span,
      theta,
      ([b, d, w], n) => {
        const x = n / span.first;
        return -(w! * x ** -b! + (1 - w!) * x ** -d!);
      },
      0,
    );
  },
  'arc-tangent': (luck, span) => {
    const theta = [sizeAt(luck, span, 0.1, 0.8), between(luck, 0.5, 1.2)];
    return bounded(luck, span, theta, ([half, d], n) => Math.atan((n / half!) ** d!), Math.PI / 2);
  },
  gompertz: (luck, span) => {
    const theta = [sizeAt(luck, span, 0.1, 0.6), between(luck, 0.4, 1)];
    return bounded(luck, span, theta, ([half, d], n) => Math.exp(-((half! / n) ** d!)), 1);
  },
  // A power law that bends down slowly: LCDB's curves that no three parameters follow.
  'bent-power': (luck, span) => {
    const theta = [between(luck, 0.2, 0.5), between(luck, 0.02, 0.08)];
    return bounded(
      luck,
      span,
      theta,
      ([b, bend], n) => {
        const log = Math.log(n / span.first);
        return -Math.exp(-b! * log - bend! * log * log);
      },
      0,
    );
  },
};

/** Scaled so that it starts near guessing and ends below 1; the two parameters that are linear come first. */
function bounded(
  luck: Luck,
  { first }: Span,
  theta: readonly number[],
  basis: (theta: readonly number[], n: number) => number,
  limit: number,
): Truth {
  const start = between(luck, 0.1, 0.45);
  const low = basis(theta, first);
  const slope = (between(luck, start + 0.2, 1) - start) / (limit - low);
  return truth([start - slope * low, slope, ...theta], ([a, b, ...rest], n) => a! + b! * basis(rest, n));
}
