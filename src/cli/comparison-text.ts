/** Comparisons of arms in a terminal. Pure. */
import type { Comparison, Comparisons } from '../curves/index.js';
import type { Colors } from './output.js';
import { countedText, countText, figureText, pText } from './text.js';

/** Pairs that are printed; the JSON has all. */
const MOST_PAIRS = 20;

/** Those that are told from chance first, by how little they are likely to be chance. */
export function comparisonLines({ at, family, margin, pairs }: Comparisons, colors: Colors): string[] {
  const where = at === 'mean' ? 'over all sizes' : `at ${countText(at ?? 0)} per class`;
  const shown = pairs
    .filter(({ replicates }) => replicates > 0)
    .sort((a, b) => (a.p ?? 2) - (b.p ?? 2))
    .slice(0, MOST_PAIRS);
  const left = pairs.length - shown.length;
  return [
    colors.bold(`Arms compared ${where}, in pairs by replicate`),
    ...shown.map((pair) => `  ${pairText(pair, margin)}`),
    ...(left > 0 ? [`  … and ${countedText(left, 'more pair')}`] : []),
    ...(family > 1 ? [`p values are of ${countText(family)} comparisons together (Holm).`] : []),
    ...(shown.some(({ p, signFlip }) => p !== null && signFlip === null)
      ? [
          'With fewer than 6 replicates no test without assumptions can tell: t takes differences to be about normal.',
        ]
      : []),
  ];
}

function pairText(pair: Comparison, margin: number): string {
  const { a, b, difference, lo, hi, adjusted, signFlip, replicates, verdict } = pair;
  const head = `${a} – ${b}: ${figureText(difference)}`;
  const count = countedText(replicates, 'replicate');
  if (lo === null || hi === null || adjusted === null) return `${head} (${count}: no test)`;
  const flip = signFlip === null ? '' : `, by signs ${pText(signFlip)}`;
  const figures = `${head} (${figureText(lo)} to ${figureText(hi)}; ${count}; ${pText(adjusted)}${flip})`;
  return `${figures}: ${verdictText(pair, margin, verdict)}`;
}

function verdictText(
  { smallestMargin, replicatesNeeded }: Comparison,
  margin: number,
  verdict: Comparison['verdict'],
): string {
  switch (verdict) {
    case 'different':
      return 'different';
    case 'equivalent':
      return `equivalent within ${margin}`;
    default: {
      const needed =
        replicatesNeeded === null ? '' : `; about ${countText(replicatesNeeded)} replicates would tell`;
      return `undecided: these data show no margin below ${figureText(smallestMargin)}${needed}`;
    }
  }
}
