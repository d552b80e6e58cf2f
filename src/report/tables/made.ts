/** How a report was made: what ran, where, and the same again. */
import { printSpec } from '../../spec/index.js';
import type { SweepSpec } from '../../spec/types.js';
import { paperPart } from '../curve-methods.js';
import { count, counted, duration, when } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import { factList } from '../page.js';
import type { ReportModel } from '../types.js';

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

/** The sweep, its data and environments, and how to run it again. */
export function madeSection({ made, sweep, methods }: ReportModel): Markup {
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
    ${methods === null ? null : paperPart(methods)}
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
