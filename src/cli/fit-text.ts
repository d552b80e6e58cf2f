/** A fitted curve in a terminal. Pure. */
import type { CurveFit, LogLinear } from '../curves/index.js';
import type { Colors } from './output.js';
import { countedText, figureText, pText, tableLines } from './text.js';

const BARS = '▁▂▃▄▅▆▇█';

export interface FitTextOptions {
  readonly delta: number;
  readonly target: number | null;
  readonly colors: Colors;
}

/** @param arm empty where the table names none */
export function fitLines(arm: string, fit: CurveFit, { delta, target, colors }: FitTextOptions): string[] {
  const lines: string[] = [];
  if (arm !== '') lines.push(colors.bold(arm));
  lines.push(sparkline(fit), '');
  const hasElsewhere = fit.sizes.some(({ elsewhere }) => elsewhere !== null);
  const cells = (one: CurveFit['sizes'][number] | CurveFit['at'][number]): string[] => [
    intervalText(one.lo, one.hi),
    ...(hasElsewhere ? [intervalText(one.elsewhere?.lo ?? null, one.elsewhere?.hi ?? null)] : []),
  ];
  lines.push(
    ...tableLines(
      [
        { title: 'n', right: true },
        { title: 'replicates', right: true },
        { title: 'score', right: true },
        { title: 'interval', right: true },
        ...(hasElsewhere ? [{ title: 'on new images', right: true }] : []),
      ],
      [
        ...fit.sizes.map((one) => [
          sizeText(one.n),
          String(one.replicates),
          figureText(one.mean),
          ...cells(one),
        ]),
        ...fit.at.map((one) => [sizeText(one.n), 'fitted', figureText(one.score), ...cells(one)]),
      ],
      { header: colors.dim },
    ),
    '',
    elbowText(fit, delta),
  );
  const goal = targetText(fit, target);
  if (goal !== null) lines.push(goal);
  if (fit.family !== null) lines.push(familyText(fit));
  const knees = fit.kneedle.filter(({ n }) => n !== null);
  if (knees.length > 0)
    lines.push(
      `Kneedle: ${knees.map(({ axis, n, range }) => `${sizeText(n!)} on the ${axis === 'log' ? 'logarithmic' : 'linear'} axis (${sizeText(range![0])} to ${sizeText(range![1])} by sensitivity)`).join(', ')}.`,
    );
  if (fit.logLinear !== null) lines.push(lineText(fit.logLinear));
  return lines;
}

/** A size as it is said: three digits of those that were not asked for. */
const sizeText = (n: number): string =>
  n.toLocaleString('en-US', { maximumSignificantDigits: n % 1 === 0 ? 21 : 3 });
const aboutText = (n: number): string => n.toLocaleString('en-US', { maximumSignificantDigits: 2 });

function sparkline({ sizes }: CurveFit): string {
  const means = sizes.map(({ mean }) => mean);
  const [lo, hi] = [Math.min(...means), Math.max(...means)];
  const bars = means.map((mean) => BARS[hi > lo ? Math.round(((mean - lo) / (hi - lo)) * 7) : 3]!);
  const [first, last] = [sizes[0]!, sizes.at(-1)!];
  return `${bars.join('')}  ${figureText(first.mean)} at ${sizeText(first.n)} to ${figureText(last.mean)} at ${sizeText(last.n)}`;
}

const intervalText = (lo: number | null, hi: number | null): string =>
  lo === null || hi === null ? '' : `${figureText(lo)} – ${figureText(hi)}`;

/** Where an interval of sizes lies: null is never. */
const span = (lo: number | null, hi: number | null): string =>
  `${lo === null ? 'not reached' : aboutText(lo)} to ${hi === null ? 'not reached' : aboutText(hi)}`;

function elbowText({ elbow, sizes }: CurveFit, delta: number): string {
  const { state, n, lo, hi, share, lastGain } = elbow;
  if (lastGain === null || share === null) return 'Elbow: cannot be said.';
  const largest = sizes.at(-1)!.n;
  const gain = `the doubling from ${sizeText(largest / 2)} to ${sizeText(largest)} brings ${figureText(lastGain.value)} (${figureText(lastGain.lo)} to ${figureText(lastGain.hi)})`;
  const limit = `δ = ${delta}`;
  switch (state) {
    case 'reached':
      return `Elbow at about ${aboutText(n!)} (${span(lo, hi)}): from there on no doubling brings ${limit}; ${gain}.`;
    case 'from-the-start':
      return `Past the elbow from the start (${span(lo, hi)}): no doubling brings ${limit}; ${gain}.`;
    case 'not-reached':
      return `Elbow not reached: ${gain}, and that is ${limit} or more.`;
    default:
      return `Elbow: the data cannot tell; ${gain}, which is below ${limit} with a probability of ${share.toFixed(2)}.`;
  }
}

function targetText({ target, asymptote, sizes }: CurveFit, asked: number | null): string | null {
  if (asked === null) return null;
  if (target === null) return `Target ${asked}: cannot be said; add sizes.`;
  const { reachable, n, lo, hi, share } = target;
  const end =
    asymptote === null
      ? ''
      : `: the curve ends at ${figureText(asymptote.value)} (${figureText(asymptote.lo)} to ${figureText(asymptote.hi)})`;
  if (reachable === false) return `Target ${asked}: not reachable${end}.`;
  const needed = n === null ? 'not reached by most curves' : `about ${aboutText(n)}`;
  const far =
    n !== null && n > 4 * sizes.at(-1)!.n ? '; so far beyond the data nobody has checked the interval' : '';
  return `Target ${asked}: ${needed} samples per class (${span(lo, hi)}), reached with a probability of ${share.toFixed(2)}${far}.`;
}

function familyText({ families }: CurveFit): string {
  const shown = families
    .slice(0, 4)
    .map(({ family, formula, share }, i) => `${family}${i === 0 ? ` (${formula})` : ''} ${share.toFixed(2)}`);
  const left = families.length - shown.length;
  return `Families by how likely they are: ${shown.join(', ')}${left > 0 ? `, ${countedText(left, 'other')}` : ''}.`;
}

function lineText({ a, b, r2, p, holds }: LogLinear): string {
  const line = `${figureText(a)} ${b < 0 ? '-' : '+'} ${figureText(Math.abs(b))}·ln n`;
  const explained = r2 === null ? '' : `, R² ${r2.toFixed(3)}`;
  const chance = p === null ? '' : ` (${pText(p)})`;
  const verdict =
    holds === null
      ? 'nothing tells whether it holds'
      : holds
        ? 'nothing speaks against it'
        : 'it does not hold';
  return `Straight line in log n: ${line}${explained}; ${verdict}${chance}.`;
}
