/** Tables of report.html. */
import { byMeans } from './answers.js';
import { highlighted } from './charts/layout.js';
import { count, counted, decimal, halfWidth, rounded, signed } from './format.js';
import { Markup, html, raw } from './markup.js';
import type { ArmReport, ReportModel, TrialReport } from './types.js';

/** More trials than this make a page heavy; trials.csv has them all. */
const MOST_TRIAL_ROWS = 1500;
/** Up to this many trials the table is open from the start. */
const OPEN_TRIAL_ROWS = 60;
/** With more arms than this, only arms are listed, and sizes are left to curves.csv. */
const MOST_ARMS_BY_SIZE = 12;

const cell = (value: number | null, digits = 3): string => (value === null ? '–' : decimal(value, digits));
const plusMinus = (half: number | null): string => (half === null ? '–' : `± ${decimal(half)}`);

/** Means by arm and size; of many arms, one row each. */
export function curveTable(model: ReportModel): Markup {
  const ranked = [...model.arms].sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
  if (model.arms.length === 1 && model.sizes.length > 0) return sizesTable(model, model.arms);
  const overview = armsTable(model, ranked);
  if (model.sizes.length === 0) return overview;
  const all = sizesTable(
    model,
    model.arms.length > MOST_ARMS_BY_SIZE ? ranked.filter((arm) => arm.isHighlighted) : model.arms,
  );
  const which = model.arms.length > MOST_ARMS_BY_SIZE ? 'The coloured arms by size' : 'Every arm by size';
  return html`${overview}
    <details>
      <summary>${which}</summary>
      ${all}
    </details>`;
}

function swatch(model: ReportModel, arm: ArmReport): Markup {
  const color = highlighted(model).find((one) => one.arm === arm)?.color ?? 'var(--other)';
  return raw(`<span class="swatch" style="background:${color}"></span>`);
}

function armsTable(model: ReportModel, arms: readonly ArmReport[]): Markup {
  const hasSizes = model.sizes.length > 0;
  const { metric } = model.made.spec.objective;
  const head = hasSizes
    ? html`<th>${metric}</th>
        <th>${model.score.name}</th>
        <th>95 %</th>
        <th>at</th>
        <th class="text">elbow</th>
        <th>last doubling</th>`
    : html`<th>mean ${model.score.name}</th>
        <th>95 %</th>
        <th>trials</th>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>rank</th>
          <th class="text">arm</th>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${arms.map((arm) => {
          const last = arm.points.at(-1);
          const gain = arm.elbow?.lastGain ?? null;
          const figures = hasSizes
            ? html`<td>${cell(arm.objective)}</td>
                <td>${cell(last?.mean ?? null)}</td>
                <td>${plusMinus(halfWidth(last?.pooled ?? null))}</td>
                <td>${last === undefined ? '–' : count(last.n)}</td>
                <td class="text">${elbowText(arm)}</td>
                <td>${gain === null ? '–' : signed(gain.value)}</td>`
            : html`<td>${cell(arm.sizeless?.mean ?? null)}</td>
                <td>${plusMinus(halfWidth(arm.sizeless?.interval ?? null))}</td>
                <td>${arm.sizeless?.count ?? 0}</td>`;
          return html`<tr>
            <td>${arm.rank ?? '–'}</td>
            <td class="text">${swatch(model, arm)}${arm.label}</td>
            ${figures}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

/** An elbow in a cell. */
function elbowText({ elbow }: ArmReport): string {
  if (elbow === null) return '–';
  switch (elbow.state) {
    case 'reached':
      return `≈ ${rounded(elbow.n ?? 0)}`;
    case 'from-the-start':
      return 'from the start';
    case 'not-reached':
      return 'not reached';
    case 'undecided':
      return `undecided (means: ${byMeans(elbow)})`;
    case 'cannot-be-said':
      return 'cannot be said';
  }
}

function sizesTable(model: ReportModel, arms: readonly ArmReport[]): Markup {
  const { isAccuracy, name } = model.score;
  const splits = isAccuracy
    ? html`<th>train</th>
        <th>validation</th>`
    : null;
  const body = arms.map((arm) => {
    const title =
      arms.length > 1
        ? html`<tr class="arm">
            <th colspan="8">${swatch(model, arm)}${arm.label}</th>
          </tr>`
        : null;
    return html`${title}${arm.points.map((point) => {
      const means = arm.splits.find((one) => one.n === point.n);
      const figures = isAccuracy
        ? html`<td>${cell(means?.train ?? null)}</td>
            <td>${cell(means?.validation ?? null)}</td>`
        : null;
      return html`<tr>
        <td>${count(point.n)}</td>
        <td>${point.replicates}</td>
        <td><b>${cell(point.mean)}</b></td>
        <td>${plusMinus(halfWidth(point.pooled))}</td>
        <td>${plusMinus(halfWidth(point.plain))}</td>
        <td>${cell(point.std)}</td>
        ${figures}
      </tr>`;
    })}`;
  });
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>per class</th>
          <th>replicates</th>
          <th>mean ${name}</th>
          <th>95 % (pooled)</th>
          <th>95 % (this size)</th>
          <th>std</th>
          ${splits}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/** Failed trials by code. */
export function failureTable(model: ReportModel): Markup {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="text">code</th>
          <th>trials</th>
          <th class="text">what it means</th>
          <th class="text">what was said</th>
        </tr>
      </thead>
      <tbody>
        ${model.failures.map(({ code, meaning, trials, messages }) => {
          const more = messages.length > 3 ? html`<br />and ${messages.length - 3} more` : null;
          return html`<tr>
            <td class="text"><code>${code}</code></td>
            <td>${count(trials.length)}</td>
            <td class="long">${meaning}</td>
            <td class="long">
              ${messages.slice(0, 3).map((message, i) => html`${i > 0 ? raw('<br>') : null}${message}`)}${more}<br /><span
                class="caption"
                >${numbers(trials)}</span
              >
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

function numbers(trials: readonly number[]): string {
  const shown = trials.slice(0, 12).join(', ');
  const noun = trials.length === 1 ? 'trial' : 'trials';
  return `${noun} ${shown}${trials.length > 12 ? ` and ${trials.length - 12} more` : ''}`;
}

/** Every trial, folded when there are many. */
export function trialTable(model: ReportModel): Markup {
  const { isAccuracy } = model.score;
  const hasArms = model.arms.length > 1;
  const rows = model.trialReports.slice(0, MOST_TRIAL_ROWS);
  const accuracies = isAccuracy
    ? html`<th>epochs</th>
        <th>best</th>
        <th>train</th>
        <th>validation</th>
        <th>test</th>`
    : html`<th>${model.score.name}</th>`;
  const speed = isAccuracy ? html`<th>images/s</th>` : null;
  const table = html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>trial</th>
          ${hasArms ? html`<th class="text">arm</th>` : null}
          <th>per class</th>
          <th>replicate</th>
          <th class="text">status</th>
          ${accuracies}
          <th>seconds</th>
          ${speed}
          <th class="text">diagnosis</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((trial) => trialRow(trial, isAccuracy, hasArms))}
      </tbody>
    </table>
  </div>`;
  const cut =
    model.trials > rows.length
      ? html`<p class="caption">
          The first ${count(rows.length)}; trials.csv has all ${count(model.trials)}.
        </p>`
      : null;
  const open = model.trials <= OPEN_TRIAL_ROWS ? raw(' open') : null;
  return html`<details${open}><summary>${counted(model.trials, 'trial')}</summary>${table}${cut}</details>`;
}

function trialRow(trial: TrialReport, isAccuracy: boolean, hasArms: boolean): Markup {
  const accuracies = isAccuracy
    ? html`<td>${trial.epochs}</td>
        <td>${trial.bestEpoch ?? '–'}</td>
        <td>${cell(trial.trainAccuracy)}</td>
        <td>${cell(trial.valAccuracy)}</td>
        <td>${cell(trial.testAccuracy)}</td>`
    : html`<td>${cell(trial.objective)}</td>`;
  const speed = isAccuracy
    ? html`<td>${trial.imagesPerSecond === null ? '–' : count(trial.imagesPerSecond)}</td>`
    : null;
  const again = trial.attempt > 1 ? html` <small>attempt ${trial.attempt}</small>` : null;
  const size = trial.samplesPerClass === null ? '–' : count(trial.samplesPerClass);
  return html`<tr>
    <td>${trial.trial}</td>
    ${hasArms ? html`<td class="text">${trial.arm}</td>` : null}
    <td>${size}</td>
    <td>${trial.replicate}</td>
    <td class="text"><span class="${trial.status}">${trial.status}</span>${again}</td>
    ${accuracies}
    <td>${cell(trial.seconds, 1)}</td>
    ${speed}
    <td class="text">${trial.failureCode ?? trial.diagnosis ?? ''}</td>
  </tr>`;
}
