/** The section on curves, or on scores of a single size or of none: its chart, what that shows, and its table. */
import { markedLabel, rankedBy } from './arm-names.js';
import { isFitted } from './charts/curve.js';
import { MOST_SHADES } from './charts/curve-fits.js';
import { hasCurve, highlighted } from './charts/layout.js';
import { MOST_ROWS } from './charts/scores.js';
import type { CurvesModel } from './curves-types.js';
import { count, percent } from './format.js';
import type { Markup } from './markup.js';
import { figure, legend, plotOf, section } from './page.js';
import type { Plot } from './plots.js';
import { curveTable } from './tables/curves.js';

/** What a caption says besides. */
export interface Said {
  /** Which arms have a colour, where not all do; left out for the best of them. */
  readonly colored?: string;
  /** The size at which arms are ranked; null or left out where it is the largest of the sweep. */
  readonly rankedAt?: number | null;
}

export function curveSection(model: CurvesModel, plots: readonly Plot[], said: Said = {}): Markup | null {
  const { score, arms, sizes, answers } = model;
  const plot = plotOf(plots);
  const isCurve = hasCurve(model);
  const hasScores =
    answers.length > 0 && (sizes.length > 0 || arms.some(({ sizeless }) => sizeless !== null));
  return section(
    isCurve ? 'Learning curve' : 'Scores',
    isCurve ? curveText(model, said) : scoresText(model),
    figure(plot('curve'), `Learning curve: ${score.name} against samples per class`, armLegend(model)),
    figure(plot('scores'), `${score.name} by arm`),
    hasScores ? curveTable(model) : null,
  );
}

/** What the chart of curves shows. */
function curveText(
  model: CurvesModel,
  { colored = `The best arms by ${rankedBy(model)} are coloured, the others grey.`, rankedAt = null }: Said,
): string {
  const { score, arms, confidence } = model;
  const fitted = arms.filter((arm) => arm.isHighlighted && isFitted(arm)).length;
  const shade = fitted > MOST_SHADES ? '' : ' and shaded';
  const lines =
    fitted === 0
      ? ''
      : ` Lines are fitted curves, dashed${shade} where they are foretold${shade === '' ? '' : ` (${percent(confidence)})`}.`;
  const grey = arms.every(({ isHighlighted }) => isHighlighted) ? '' : ` ${colored}`;
  const isElsewhere = arms.some(({ points }) => points.length > 0 && points.at(-1)!.n !== rankedAt);
  const ranked =
    rankedAt === null || arms.length < 2 || !isElsewhere
      ? ''
      : ` Arms are ranked at ${count(rankedAt)} samples per class.`;
  return `Mean ${score.name} against labelled samples per class, with every replicate as an open ring and ${percent(confidence)} intervals of the means as bars.${lines}${grey}${ranked}`;
}

/** What the chart of single scores shows. */
function scoresText(model: CurvesModel): string {
  const { arms, score, sizes, confidence } = model;
  const where = sizes.length === 0 ? '' : ` with ${count(sizes[0]!)} samples per class`;
  const most =
    arms.length > MOST_ROWS ? `; the best ${MOST_ROWS} of ${count(arms.length)} arms are drawn` : '';
  return `Each ring is a trial's ${score.name}${where}, each dot the mean of an arm, with its ${percent(confidence)} t interval; best by ${rankedBy(model)} first${most}.`;
}

/** Which colour is which arm, for phones: a legend that wraps. */
export const armLegend = (model: CurvesModel): Markup | null =>
  legend(highlighted(model).map(({ arm, color }) => ({ label: markedLabel(arm), color })));
