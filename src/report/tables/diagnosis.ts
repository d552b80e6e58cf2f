/** Findings by code: how many trials of which arms, one trial's figures, and what to try. */
import { count, counted, listed } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { DiagnosisGroup, ReportModel } from '../types.js';

/** Arms that are named; report.json has all. */
const MOST_ARMS = 6;

export function diagnosisSection(model: ReportModel): Markup | null {
  if (model.diagnoses.length === 0) return null;
  return html`<section>
    <h2>Diagnosis</h2>
    <p class="caption">
      What was found about trainings that ended, each finding with the figures of one trial and what to try.
      Most telling first; <code>elbow trial ${model.sweep.name} NUMBER</code> has those of every trial.
    </p>
    ${model.diagnoses.map((group) => findingPart(group, model))}
  </section>`;
}

function findingPart({ code, title, trials, arms, example }: DiagnosisGroup, model: ReportModel): Markup {
  const isAlone = model.arms.length < 2;
  const ended = counted(model.counts.succeeded, 'trial');
  const named = arms
    .slice(0, MOST_ARMS)
    .map((arm) => `${arm.label} (${count(arm.trials)} of ${count(arm.of)})`);
  const rest = arms.length - named.length;
  const where = rest > 0 ? [...named, `${count(rest)} more arms`] : named;
  return html`<div class="finding">
    <h3>${title} <code>${code}</code></h3>
    <p><strong>${count(trials.length)} of ${ended}</strong>${isAlone ? '' : `: ${listed(where)}`}</p>
    <p class="caption">Trial ${example.trial}: ${example.evidence}</p>
    ${
      example.remedies.length === 0
        ? null
        : html`<ul class="remedies">
            ${example.remedies.map(remedyItem)}
          </ul>`
    }
    ${example.layers.length === 0 ? null : layerTable(example.layers)}
  </div>`;
}

/** The setting stands before the dash, as a sweep file writes it. */
function remedyItem(remedy: string): Markup {
  const [setting, ...why] = remedy.split(' – ');
  return html`<li><code>${setting}</code>${why.length === 0 ? null : ` – ${why.join(' – ')}`}</li>`;
}

/** Norms: two significant digits. */
const short = (value: number | null): string =>
  value === null
    ? '–'
    : value !== 0 && (value < 1e-3 || value >= 1e4)
      ? value.toExponential(1)
      : String(Number(value.toPrecision(2)));

/** Gradient times weights, and dead units, layer by layer. */
function layerTable(layers: DiagnosisGroup['example']['layers']): Markup {
  const pull = (gradient: number | null, weight: number | null): string =>
    short(gradient === null || weight === null ? null : gradient * weight);
  return html`<details>
    <summary>${counted(layers.length, 'layer')} of that trial, from the input on</summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">layer</th>
            <th>gradient, first epoch</th>
            <th>last epoch</th>
            <th>times weights, first epoch</th>
            <th>last epoch</th>
            <th>dead units</th>
          </tr>
        </thead>
        <tbody>
          ${layers.map(
            (one) =>
              html`<tr>
                <td class="text">${one.layer}</td>
                <td>${short(one.gradientFirst)}</td>
                <td>${short(one.gradientLast)}</td>
                <td>${pull(one.gradientFirst, one.weightFirst)}</td>
                <td>${pull(one.gradientLast, one.weightLast)}</td>
                <td>${one.units === null ? '–' : `${one.dead} of ${one.units}`}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
