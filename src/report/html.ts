/** Prints a report as one page that needs nothing else: no network, no script. */
import { printSpec } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import { count, counted, duration } from './format.js';
import { isFitted } from './charts/curve.js';
import { MOST_SHADES } from './charts/curve-fits.js';
import { hasCurve, highlighted } from './charts/layout.js';
import { rateLines } from './charts/rates.js';
import { MOST_ROWS } from './charts/scores.js';
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
            <div class="answers">${model.answers.map((answer) => html`<p>${answer}</p>`)}</div>
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
          ${forecastSection(model)} ${classSection(model)}
          ${rateSection(model, figure(plot('rates'), 'Test accuracy against learning rate', rateLegend(model)))}
          ${effectsSection(model, figure(plot('effects'), `Effect of each setting on ${score.name}`))}
          ${comparisonSection(model)}
          ${section(
            'Train, validation and test',
            `Mean accuracies at the weights that were best in validation. A train ${isCurve ? 'curve' : 'accuracy'} far above the others is overfitting.`,
            figure(
              plot('splits'),
              `Train, validation and test accuracy ${isCurve ? 'against samples per class' : 'by arm'}`,
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

/** Nothing when there is nothing to show in it. */
function section(title: string, caption: string, ...content: readonly (Markup | null)[]): Markup | null {
  if (content.every((part) => part === null)) return null;
  return html`<section>
    <h2>${title}</h2>
    <p class="caption">${caption}</p>
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

/** Which colour is which arm, for phones: a legend that wraps. */
const armLegend = (model: ReportModel): Markup | null =>
  legend(highlighted(model).map(({ arm, color }) => ({ label: arm.label, color })));

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

/** Names of classes that are shown. */
const MOST_CLASSES = 20;

/** What the data set is called; of one's own with its classes and the digest that tells it from all others. */
function datasetText(dataset: ReportModel['made']['spec']['dataset']): string {
  if (typeof dataset === 'string') return dataset;
  const { name, classes, digest, path } = dataset;
  const shown = classes.slice(0, MOST_CLASSES).join(', ') + (classes.length > MOST_CLASSES ? ', …' : '');
  return `${name}: ${counted(classes.length, 'class', 'classes')} (${shown}), ${path}, SHA-256 ${digest.slice(0, 12)}…`;
}

/** What was run: the data set that elbow's own networks were trained on, a program, or nothing. */
function subject({ trainable, dataset }: SweepSpec): [string, string][] {
  if (trainable.kind === 'builtin') return [['Data set', datasetText(dataset)]];
  if (trainable.kind === 'noop') return [['Trainable', `noop of ${trainable.seconds} s`]];
  return [
    ['Command', trainable.command.join(' ')],
    ['Folder', trainable.cwd],
  ];
}

function madeSection({ made, sweep }: ReportModel): Markup {
  const { spec, environments } = made;
  const facts: [string, string][] = [
    ['Sweep', `${sweep.name}, ${sweep.status}`],
    ...subject(spec),
    ['Seed', String(spec.seed)],
    ['Replicates', count(spec.replicates)],
    ['Threads of a trial', count(spec.threads)],
    ['Created', when(sweep.createdAt)],
    ...(sweep.startedAt === null ? [] : [['Started', when(sweep.startedAt)] as [string, string]]),
    ...(sweep.finishedAt === null ? [] : [['Finished', when(sweep.finishedAt)] as [string, string]]),
    ...(sweep.seconds === null ? [] : [['Took', duration(sweep.seconds)] as [string, string]]),
    ...digests(made),
  ];
  return html`<section>
    <h2>How it was made</h2>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${
      environments.length === 0
        ? null
        : html`<div class="scroll">
            <table>
              <thead>
                <tr>
                  <th class="text">Environment</th>
                  <th>Trials</th>
                  <th class="text">Device</th>
                  <th class="text">TensorFlow</th>
                  <th class="text">Node</th>
                  <th class="text">Commit</th>
                  <th class="text">Hosts</th>
                </tr>
              </thead>
              <tbody>
                ${environments.map(
                  (e) =>
                    html`<tr>
                      <td class="text">elbow ${e.elbowVersion}</td>
                      <td>${count(e.trials)}</td>
                      <td class="text">${[e.device ?? '–', e.cpuFeatures].filter(Boolean).join(', ')}</td>
                      <td class="text">${e.tensorflow ?? '–'}</td>
                      <td class="text">${e.node}</td>
                      <td class="text">${e.gitCommit?.slice(0, 12) ?? '–'}</td>
                      <td class="text">${e.hosts.join(', ') || '–'}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
    <h3>The same again</h3>
    <p class="caption">
      ${
        spec.trainable.kind === 'command'
          ? 'The program is given the same parameters and seeds; whether it gives the same results is its own affair.'
          : 'Equal seeds, threads, TensorFlow and processor features give equal results to the bit.'
      }
    </p>
    <pre>${made.commands.join('\n')}</pre>
    <details open>
      <summary>sweep.yaml, with every default written out</summary>
      <pre>${printSpec(spec)}</pre>
    </details>
  </section>`;
}

function digests({ environments }: ReportModel['made']): [string, string][] {
  const known = [...new Set(environments.flatMap((environment) => environment.dataDigest ?? []))];
  if (known.length === 0) return [];
  return [
    [known.length === 1 ? 'Data digest (SHA-256)' : counted(known.length, 'data digest'), known.join(', ')],
  ];
}

/** `2026-11-24 12:00:05 UTC` */
function when(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
