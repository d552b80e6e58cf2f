/** Trials one by one, and those that failed by code. */
import { count, counted } from '../format.js';
import type { Markup } from '../markup.js';
import { html, raw } from '../markup.js';
import type { FailureGroup, ReportModel, TrialReport } from '../types.js';
import { armColumns, type ArmColumns } from './arm-columns.js';
import { cell } from './cells.js';

/** More trials than this make a page heavy; trials.csv has them all. */
const MOST_ROWS = 1500;
/** Up to this many trials the table is open from the start. */
const OPEN_ROWS = 60;
/** Of a failure's messages and trial numbers. */
const MOST_MESSAGES = 3;
const MOST_NUMBERS = 12;

interface Columns {
  readonly arms: ArmColumns | null;
  readonly score: ReportModel['score'];
  readonly hasSizes: boolean;
  readonly hasRemarks: boolean;
}

/** Every trial, folded when there are many. */
export function trialTable(model: ReportModel): Markup {
  const rows = model.trialReports.slice(0, MOST_ROWS);
  const columns: Columns = {
    arms: model.arms.length > 1 ? armColumns(model) : null,
    score: model.score,
    hasSizes: model.trialReports.some((trial) => trial.samplesPerClass !== null),
    hasRemarks: model.trialReports.some((trial) => remark(trial) !== null),
  };
  const cut = html`<p class="caption">
    The first ${count(rows.length)}; trials.csv has all ${count(model.trials)}.
  </p>`;
  return html`<details${model.trials <= OPEN_ROWS ? raw(' open') : null}>
    <summary>${counted(model.trials, 'trial')}</summary>
    <div class="scroll">
      <table>
        <thead>${headRow(columns)}</thead>
        <tbody>${rows.map((trial) => trialRow(trial, columns))}</tbody>
      </table>
    </div>
    ${model.trials > rows.length ? cut : null}
  </details>`;
}

function headRow({ arms, score, hasSizes, hasRemarks }: Columns): Markup {
  const figures = score.isAccuracy
    ? html`<th>epochs</th>
        <th>best</th>
        <th>train</th>
        <th>validation</th>
        <th>test</th>`
    : html`<th>${score.name}</th>`;
  return html`<tr>
    <th>trial</th>
    ${arms?.head}${hasSizes ? html`<th>per class</th>` : null}
    <th>replicate</th>
    <th class="text">status</th>
    ${figures}
    <th>seconds</th>
    ${score.isAccuracy ? html`<th>images/s</th>` : null}${hasRemarks ? html`<th class="text">remark</th>` : null}
  </tr>`;
}

function trialRow(trial: TrialReport, { arms, score, hasSizes, hasRemarks }: Columns): Markup {
  const figures = score.isAccuracy
    ? html`<td>${trial.epochs}</td>
        <td>${trial.bestEpoch ?? '–'}</td>
        <td>${cell(trial.trainAccuracy)}</td>
        <td>${cell(trial.valAccuracy)}</td>
        <td>${cell(trial.testAccuracy)}</td>`
    : html`<td>${cell(trial.objective)}</td>`;
  const size = trial.samplesPerClass === null ? 'all' : count(trial.samplesPerClass);
  const speed = trial.imagesPerSecond === null ? '–' : count(trial.imagesPerSecond);
  const again = trial.attempt > 1 ? html` <small>attempt ${trial.attempt}</small>` : null;
  return html`<tr>
    <td>${trial.trial}</td>
    ${arms?.cells(trial.armHash)}${hasSizes ? html`<td>${size}</td>` : null}
    <td>${trial.replicate}</td>
    <td class="text"><span class="${trial.status}">${trial.status}</span>${again}</td>
    ${figures}
    <td>${cell(trial.seconds, 1)}</td>
    ${score.isAccuracy ? html`<td>${speed}</td>` : null}${hasRemarks ? html`<td class="text">${remark(trial)}</td>` : null}
  </tr>`;
}

/** Why a trial failed, or what was found odd about it. */
const remark = (trial: TrialReport): string | null => trial.failureCode ?? trial.diagnosis;

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
        ${model.failures.map(failureRow)}
      </tbody>
    </table>
  </div>`;
}

function failureRow({ code, meaning, trials, messages }: FailureGroup): Markup {
  const more = messages.length - MOST_MESSAGES;
  const numbers = trials.slice(0, MOST_NUMBERS).join(', ');
  const moreNumbers = trials.length > MOST_NUMBERS ? ` and ${trials.length - MOST_NUMBERS} more` : '';
  return html`<tr>
    <td class="text"><code>${code}</code></td>
    <td>${count(trials.length)}</td>
    <td class="long">${meaning}</td>
    <td class="long">
      ${messages.slice(0, MOST_MESSAGES).map((message) => html`<div>${message}</div>`)}
      ${more > 0 ? html`<div>and ${more} more</div>` : null}
      <div class="caption">${trials.length === 1 ? 'trial' : 'trials'} ${numbers}${moreNumbers}</div>
    </td>
  </tr>`;
}
