/** Prints a report as one page that needs nothing else: no network, no script. */
import { hasCurve } from './charts/layout.js';
import { rateLines } from './charts/rates.js';
import { hasChanged } from './charts/splits.js';
import { armLegend, curveSection } from './curve-section.js';
import type { Markup } from './markup.js';
import { html } from './markup.js';
import { figure, headerOf, legend, notesSection, pageText, plotOf, section } from './page.js';
import type { Plot } from './plots.js';
import { classSection } from './tables/classes.js';
import { comparisonSection } from './tables/comparisons.js';
import { diagnosisSection } from './tables/diagnosis.js';
import { effectsSection } from './tables/effects.js';
import { forecastSection } from './tables/forecast.js';
import { gapTable } from './tables/gaps.js';
import { looksSection } from './tables/looks.js';
import { madeSection } from './tables/made.js';
import { nextTable } from './tables/next-steps.js';
import { quicknessSection } from './tables/quickness.js';
import { rateSection } from './tables/rates.js';
import { failureTable, trialTable } from './tables/trials.js';
import { tilesOf } from './tiles.js';
import type { ReportModel } from './types.js';

/** The whole page. */
export function reportHtml(model: ReportModel, plots: readonly Plot[]): string {
  const { sweep, score } = model;
  const plot = plotOf(plots);
  const isCurve = hasCurve(model);
  return pageText(
    sweep.name,
    [
      headerOf('sweep report', sweep.name, model.answers, tilesOf(model)),
      curveSection(model, plots),
      forecastSection(model, nextTable(model)),
      looksSection(model),
      classSection(model),
      rateSection(model, figure(plot('rates'), 'Test accuracy against learning rate', rateLegend(model))),
      effectsSection(model, figure(plot('effects'), `Effect of each setting on ${score.name}`)),
      comparisonSection(model),
      section(
        'Train, validation and test',
        splitsText(model, isCurve),
        figure(
          plot('splits'),
          `Train, validation and test accuracy${hasChanged(model) ? ', and that on changed test images,' : ''} ${isCurve ? 'against samples per class' : 'by arm'}`,
        ),
        gapTable(model),
      ),
      section(
        'Losses by epoch',
        'One line a trial: training loss as a running mean over the epoch, validation loss after it. The best epoch is the one with the highest validation accuracy, not always the lowest loss.',
        figure(plot('losses'), 'Training and validation loss by epoch, one panel a size', armLegend(model)),
      ),
      quicknessSection(model),
      diagnosisSection(model),
      notesSection(model.notes, sweep.isPartial),
      model.failures.length === 0
        ? null
        : html`<section>
            <h2>Failures</h2>
            <p class="caption">
              Run them again with <code>elbow rerun ${sweep.name}</code>; the failed attempts are kept.
            </p>
            ${failureTable(model)}
          </section>`,
      model.trials === 0
        ? null
        : html`<section>
            <h2>Trials</h2>
            ${trialTable(model)}
          </section>`,
      madeSection(model),
    ],
    model,
    ['report.json', 'trials.csv', 'curves.csv', 'effects.csv'],
  );
}

const rateLegend = (model: ReportModel): Markup | null => legend(rateLines(model));

/** What the chart of train, validation and test accuracy shows. */
function splitsText(model: ReportModel, isCurve: boolean): string {
  const changed = hasChanged(model)
    ? ' How far changed test images fall below the test images is what is lost on pictures unlike those that were trained on.'
    : '';
  return `Mean accuracies at the weights that were best in validation. A train ${isCurve ? 'curve' : 'accuracy'} far above the others is overfitting.${changed}`;
}
