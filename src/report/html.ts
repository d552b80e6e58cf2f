/** Prints a report as one page that needs nothing else: no network, no script. */
import { printSpec } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
import { count, counted, duration } from './format.js';
import { hasCurve } from './charts/layout.js';
import { rateLines } from './charts/rates.js';
import { armLegend, curveSection } from './curve-section.js';
import type { Markup } from './markup.js';
import { html } from './markup.js';
import { factList, figure, headerOf, headOf, legend, notesSection, plotOf, section, when } from './page.js';
import type { Plot } from './plots.js';
import { classSection } from './tables/classes.js';
import { comparisonSection } from './tables/comparisons.js';
import { diagnosisSection } from './tables/diagnosis.js';
import { effectsSection } from './tables/effects.js';
import { forecastSection } from './tables/forecast.js';
import { gapTable } from './tables/gaps.js';
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
  const page = html`<!doctype html>
    <html lang="en">
      ${headOf(sweep.name)}
      <body>
        <main>
          ${headerOf('sweep report', sweep.name, model.answers, tilesOf(model))} ${curveSection(model, plots)}
          ${forecastSection(model, nextTable(model))} ${classSection(model)}
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
          ${quicknessSection(model)} ${diagnosisSection(model)} ${notesSection(model.notes, sweep.isPartial)}
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

const rateLegend = (model: ReportModel): Markup | null => legend(rateLines(model));

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
    ${factList(facts)}
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
