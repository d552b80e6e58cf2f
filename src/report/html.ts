/** Prints a report as one page that needs nothing else: no network, no script. */
import { count, when } from './format.js';
import { markedLabel } from './arm-names.js';
import { isFitted } from './charts/curve.js';
import { MOST_SHADES } from './charts/curve-fits.js';
import { hasCurve, highlighted } from './charts/layout.js';
import { rateLines } from './charts/rates.js';
import { MOST_ROWS } from './charts/scores.js';
import { hasChanged } from './charts/splits.js';
import type { Markup } from './markup.js';
import { escapeHtml, html, raw } from './markup.js';
import type { Plot } from './plots.js';
import { STYLE } from './style.js';
import { classSection } from './tables/classes.js';
import { comparisonSection } from './tables/comparisons.js';
import { curveTable } from './tables/curves.js';
import { diagnosisSection } from './tables/diagnosis.js';
import { effectsSection } from './tables/effects.js';
import { forecastSection } from './tables/forecast.js';
import { gapTable } from './tables/gaps.js';
import { madeSection } from './tables/made.js';
import { looksSection } from './tables/looks.js';
import { quicknessSection } from './tables/quickness.js';
import { rateSection } from './tables/rates.js';
import { failureTable, trialTable } from './tables/trials.js';
import { tilesOf } from './tiles.js';
import type { ReportModel } from './types.js';

/** The whole page. */
export function reportHtml(model: ReportModel, plots: readonly Plot[]): string {
  const { sweep, score } = model;
  const plot = (name: Plot['name']): Plot | undefined => plots.find((one) => one.name === name);
  const isCurve = hasCurve(model);
  const isMany = model.arms.some((arm) => !arm.isHighlighted);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${sweep.name} · elbow</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="kind">elbow · sweep report</p>
            <h1>${sweep.name}</h1>
            <div class="answers">${model.answers.map((answer) => html`<p>${unbroken(answer)}</p>`)}</div>
            <dl class="tiles">
              ${tilesOf(model).map(
                ({ name, value, detail }) =>
                  html`<div class="tile">
                    <dt>${name}</dt>
                    <dd>${value}${detail === null ? null : html`<small>${detail}</small>`}</dd>
                  </div>`,
              )}
            </dl>
          </header>
          ${section(
            isCurve ? 'Learning curve' : 'Scores',
            isCurve ? curveText(model, isMany) : scoresText(model),
            figure(
              plot('curve'),
              `Learning curve: ${score.name} against samples per class`,
              armLegend(model),
            ),
            figure(plot('scores'), `${score.name} by arm`),
            model.answers.length > 0 &&
              (model.sizes.length > 0 || model.arms.some((arm) => arm.sizeless !== null))
              ? curveTable(model)
              : null,
          )}
          ${forecastSection(model)} ${looksSection(model)} ${classSection(model)}
          ${rateSection(model, figure(plot('rates'), 'Test accuracy against learning rate', rateLegend(model)))}
          ${effectsSection(model, figure(plot('effects'), `Effect of each setting on ${score.name}`))}
          ${comparisonSection(model)}
          ${section(
            'Train, validation and test',
            splitsText(model, isCurve),
            figure(
              plot('splits'),
              `Train, validation and test accuracy${hasChanged(model) ? ', and that on changed test images,' : ''} ${isCurve ? 'against samples per class' : 'by arm'}`,
            ),
            gapTable(model),
          )}
          ${section(
            'Losses by epoch',
            'One line a trial: training loss as a running mean over the epoch, validation loss after it. The best epoch is the one with the highest validation accuracy, not always the lowest loss.',
            figure(
              plot('losses'),
              'Training and validation loss by epoch, one panel a size',
              armLegend(model),
            ),
          )}
          ${quicknessSection(model)} ${diagnosisSection(model)}
          ${
            model.notes.length === 0
              ? null
              : html`<section class="${model.sweep.isPartial ? 'partial' : ''}">
                  <h2>To know before you believe it</h2>
                  <ul class="notes">
                    ${model.notes.map((note) => html`<li>${note.text}</li>`)}
                  </ul>
                </section>`
          }
          ${
            model.failures.length === 0
              ? null
              : html`<section>
                  <h2>Failures</h2>
                  <p class="caption">
                    Run them again with <code>elbow rerun ${sweep.name}</code>; the failed attempts are kept.
                  </p>
                  ${failureTable(model)}
                </section>`
          }
          ${
            model.trials === 0
              ? null
              : html`<section>
                  <h2>Trials</h2>
                  ${trialTable(model)}
                </section>`
          }
          ${madeSection(model)}
          <footer>
            <p>
              Made ${when(model.madeAt)} by elbow ${model.elbowVersion}. The figures are in
              <code>report.json</code>, <code>trials.csv</code>, <code>curves.csv</code> and
              <code>effects.csv</code> beside this page.
            </p>
          </footer>
        </main>
      </body>
    </html> `;
  return page.text;
}

/** Signs stay in the line of their figures. */
const unbroken = (text: string): string =>
  text.replaceAll(' %', '\u00a0%').replaceAll('δ = ', 'δ\u00a0=\u00a0');

/** Nothing when there is nothing to show in it. */
function section(title: string, caption: string, ...content: readonly (Markup | null)[]): Markup | null {
  if (content.every((part) => part === null)) return null;
  return html`<section>
    <h2>${title}</h2>
    <p class="caption">${unbroken(caption)}</p>
    ${content}
  </section>`;
}

/** What the chart of curves shows. */
function curveText({ score, arms }: ReportModel, isMany: boolean): string {
  const fitted = arms.filter((arm) => arm.isHighlighted && isFitted(arm)).length;
  const shade = fitted > MOST_SHADES ? '' : ' and shaded';
  const lines =
    fitted === 0
      ? ''
      : ` Lines are fitted curves, dashed${shade} where they are foretold${shade === '' ? '' : ' (95 %)'}.`;
  const grey = isMany ? ' The best arms by the objective are coloured, the others grey.' : '';
  return `Mean ${score.name} against labelled samples per class, with every replicate as an open ring and 95 % intervals of the means as bars.${lines}${grey}`;
}

/** What the chart of single scores shows. */
function scoresText({ arms, score, sizes }: ReportModel): string {
  const where = sizes.length === 0 ? '' : ` with ${count(sizes[0]!)} samples per class`;
  const most =
    arms.length > MOST_ROWS ? `; the best ${MOST_ROWS} of ${count(arms.length)} arms are drawn` : '';
  return `Each ring is a trial's ${score.name}${where}, each dot the mean of an arm, with its 95 % t interval; best by the objective first${most}.`;
}

/** What the chart of train, validation and test accuracy shows. */
function splitsText(model: ReportModel, isCurve: boolean): string {
  const changed = hasChanged(model)
    ? ' How far changed test images fall below the test images is what is lost on pictures unlike those that were trained on.'
    : '';
  return `Mean accuracies at the weights that were best in validation. A train ${isCurve ? 'curve' : 'accuracy'} far above the others is overfitting.${changed}`;
}

/** Which colour is which arm, for phones: a legend that wraps. */
const armLegend = (model: ReportModel): Markup | null =>
  legend(highlighted(model).map(({ arm, color }) => ({ label: markedLabel(model, arm), color })));

const rateLegend = (model: ReportModel): Markup | null => legend(rateLines(model));

function legend(series: readonly { readonly label: string; readonly color: string }[]): Markup | null {
  if (series.length < 2) return null;
  const swatch = (color: string): Markup => raw(`<span class="swatch" style="background:${color}"></span>`);
  return html`<ul class="legend">
    ${series.map(({ label, color }) => html`<li>${swatch(color)}${label}</li>`)}
  </ul>`;
}

/** A drawing, once for wide pages and once for phones. */
function figure(plot: Plot | undefined, description: string, legend: Markup | null = null): Markup | null {
  if (plot === undefined) return null;
  const labelled = (svg: string): Markup =>
    raw(svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(description)}" `));
  return html`<figure>
    <div class="wide">${labelled(plot.svg.wide)}</div>
    <div class="narrow">${labelled(plot.svg.narrow)}${legend}</div>
  </figure>`;
}
