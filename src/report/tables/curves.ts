/** Means by arm and size. */
import { markedLabel, metricWords, SURVIVORS_ONLY } from '../arm-names.js';
import { hasCurve } from '../charts/layout.js';
import type { CurvesModel } from '../curves-types.js';
import { elbowWords } from '../elbow-words.js';
import { count, counted, halfWidth, percent, signed } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { ArmPoint, ArmReport } from '../types.js';
import { armColumns } from './arm-columns.js';
import { cell, ends, plusMinus } from './cells.js';

/** With more arms than this, only the coloured ones are listed by size; curves.csv has all. */
const MOST_ARMS_BY_SIZE = 12;
/** With more arms than this, the others are folded below. */
const MOST_RANKS = 24;
/** Of those folded below; curves.csv and report.json have all. */
const MOST_FOLDED = 1_500;

/** The one arm by size, or a ranking of arms with their sizes folded below. */
export function curveTable(model: CurvesModel): Markup {
  const hasSizes = model.sizes.length > 0;
  if (model.arms.length === 1 && hasSizes) return sizesTable(model, model.arms);
  const ranked = [...model.arms].sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
  const rest = ranked.slice(MOST_RANKS);
  const overview = html`${armsTable(model, ranked.slice(0, MOST_RANKS))}${
    rest.length === 0
      ? null
      : html`<details>
          <summary>${counted(rest.length, 'more arm')}</summary>
          ${armsTable(model, rest.slice(0, MOST_FOLDED))}
          ${rest.length > MOST_FOLDED ? html`<p class="caption">The next ${count(MOST_FOLDED)}; report.json has all.</p>` : null}
        </details>`
  }`;
  if (!hasSizes) return overview;
  const isCut = model.arms.length > MOST_ARMS_BY_SIZE;
  const shown = isCut ? ranked.filter((arm) => arm.isHighlighted) : model.arms;
  return html`${overview}
    <details>
      <summary>
        ${isCut ? 'The coloured arms' : 'Every arm'} ${hasCurve(model) ? 'by size' : 'in detail'}
      </summary>
      ${sizesTable(model, shown)}
    </details>`;
}

function armsTable(model: CurvesModel, arms: readonly ArmReport[]): Markup {
  const hasSizes = model.sizes.length > 0;
  const columns = armColumns(model);
  const interval = percent(model.confidence);
  const head = hasSizes
    ? html`${model.score.isAccuracy ? html`<th>${metricWords(model.objective.metric)}</th>` : null}
        <th>${model.score.name}</th>
        <th>${interval}</th>
        ${
          hasCurve(model)
            ? html`<th>per class</th>
                <th class="text">elbow</th>
                <th>last doubling</th>`
            : null
        }`
    : html`<th>mean ${model.score.name}</th>
        <th>${interval}</th>
        <th>trials</th>`;
  const row = (arm: ArmReport): Markup => html`
    <tr>
      <td>${columns.swatch(arm.hash)}${arm.rank ?? '–'}${arm.isSurvivorsOnly ? '\u00a0†' : null}</td>
      ${columns.cells(arm.hash)}${hasSizes ? sizedCells(model, arm) : sizelessCells(arm)}
    </tr>
  `;
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>rank</th>
            ${columns.head}${head}
          </tr>
        </thead>
        <tbody>
          ${arms.map(row)}
        </tbody>
      </table>
    </div>
    ${
      arms.some(({ isSurvivorsOnly }) => isSurvivorsOnly)
        ? html`<p class="caption">
            † ${SURVIVORS_ONLY}: trials of the arm were pruned, and the better ones are left.
          </p>`
        : null
    }`;
}

function sizedCells(model: CurvesModel, arm: ArmReport): Markup {
  const last = arm.points.at(-1);
  const gain = arm.fit?.elbow.lastGain ?? null;
  return html`${model.score.isAccuracy ? html`<td>${cell(arm.objective)}</td>` : null}
    <td>${cell(last?.mean ?? null)}</td>
    <td>${plusMinus(halfWidth(last?.pooled ?? null))}</td>
    ${
      hasCurve(model)
        ? html`<td>${last === undefined ? '–' : count(last.n)}</td>
            <td class="text">${elbowText(arm)}</td>
            <td>${gain === null ? '–' : signed(gain.value)}</td>`
        : null
    }`;
}

function sizelessCells(arm: ArmReport): Markup {
  return html`<td>${cell(arm.sizeless?.mean ?? null)}</td>
    <td>${plusMinus(halfWidth(arm.sizeless?.interval ?? null))}</td>
    <td>${arm.sizeless?.count ?? 0}</td>`;
}

const elbowText = ({ fit }: ArmReport): string => (fit === null ? '–' : elbowWords(fit.elbow));

function sizesTable(model: CurvesModel, arms: readonly ArmReport[]): Markup {
  const { isAccuracy, name } = model.score;
  const interval = percent(model.confidence);
  const { swatch } = armColumns(model);
  const splits = isAccuracy
    ? html`<th>train</th>
        <th>validation</th>`
    : null;
  const hasImages = arms.some(({ points }) => points.some(({ elsewhere }) => elsewhere !== null));
  const title = (arm: ArmReport): Markup | null =>
    arms.length < 2
      ? null
      : html`<tr class="arm">
          <th colspan="${(isAccuracy ? 8 : 6) + (hasImages ? 1 : 0)}">
            ${swatch(arm.hash)}${markedLabel(arm)}
          </th>
        </tr>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>per class</th>
          <th>replicates</th>
          <th>mean ${name}</th>
          <th>${interval}</th>
          ${hasImages ? html`<th>on new images</th>` : null}
          <th>this size alone</th>
          <th>std</th>
          ${splits}
        </tr>
      </thead>
      <tbody>
        ${arms.map((arm) => html`${title(arm)}${arm.points.map((point) => sizeRow(arm, point, { isAccuracy, hasImages }))}`)}
      </tbody>
    </table>
  </div>`;
}

interface Shown {
  readonly isAccuracy: boolean;
  readonly hasImages: boolean;
}

function sizeRow(arm: ArmReport, point: ArmPoint, { isAccuracy, hasImages }: Shown): Markup {
  const means = arm.splits.find((one) => one.n === point.n);
  const splits = isAccuracy
    ? html`<td>${cell(means?.train ?? null)}</td>
        <td>${cell(means?.validation ?? null)}</td>`
    : null;
  return html`<tr>
    <td>${count(point.n)}</td>
    <td>${point.replicates}</td>
    <td><b>${cell(point.mean)}</b></td>
    <td>${ends(point.pooled)}</td>
    ${hasImages ? html`<td>${ends(point.elsewhere)}</td>` : null}
    <td>${plusMinus(halfWidth(point.plain))}</td>
    <td>${cell(point.std)}</td>
    ${splits}
  </tr>`;
}
