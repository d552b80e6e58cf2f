/** Prints the report of a table of scores as one page. */
import { methodsSection } from './curve-methods.js';
import { curveSection } from './curve-section.js';
import { count, counted, percent } from './format.js';
import { headerOf, notesSection, pageText } from './page.js';
import type { Plot } from './plots.js';
import type { TableReport } from './table-report.js';
import { comparisonSection } from './tables/comparisons.js';
import { forecastSection } from './tables/forecast.js';
import { curveTiles } from './tiles.js';

export function tableHtml(model: TableReport, plots: readonly Plot[]): string {
  return pageText(
    model.title,
    [
      headerOf('learning curves', model.title, model.answers, curveTiles(model)),
      curveSection(model, plots, { rankedAt: model.rankedAt }),
      forecastSection(model),
      comparisonSection(model),
      notesSection(model.notes),
      methodsSection(model, factsOf(model)),
    ],
    model,
    ['report.json', 'curves.csv'],
  );
}

/** What was read and asked. */
function factsOf({ title, arms, sizes, score, asked }: TableReport): [string, string][] {
  const scores = arms.flatMap(({ points }) => points).reduce((sum, point) => sum + point.scores.length, 0);
  const { lo, hi } = asked.range;
  const range = lo === null && hi === null ? 'anything' : `${lo ?? '−∞'} to ${hi ?? '∞'}`;
  const better = score.direction === 'minimize' ? 'lower' : 'higher';
  return [
    ['Table', title],
    [
      'Read',
      `${counted(scores, 'score')} of ${counted(arms.length, 'arm')} at ${counted(sizes.length, 'size')}`,
    ],
    ['Scores', `column ${score.name}, ${range}, ${better} is better`],
    ['Intervals', percent(asked.confidence)],
    ['δ of the elbow', String(asked.delta)],
    ...(asked.target === null ? [] : [['Target', String(asked.target)] as [string, string]]),
    ...(arms.length < 2 ? [] : [['Margin of comparisons', String(asked.margin)] as [string, string]]),
    ['Test images', asked.testSize === null ? 'not told' : count(asked.testSize)],
    ['Labels per class to draw from', asked.pool === null ? 'not told' : count(asked.pool)],
    ['Random seed', String(asked.seed)],
  ];
}
