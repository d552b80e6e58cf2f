/** Settings compared with each at its own best learning rate. */
import { count, counted, decimal, halfWidth, percent } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import { RATE } from '../rates.js';
import type { RateGroup, RateReport } from '../rate-types.js';
import type { ReportModel } from '../types.js';
import { armColumns } from './arm-columns.js';
import { cell, plusMinus } from './cells.js';
import { QUICKNESS, quicknessCells, quicknessHead } from './quickness.js';

const EDGES = {
  lowest: { mark: '↓', text: 'the lowest rate tried' },
  highest: { mark: '↑', text: 'the highest rate tried' },
} as const;

/** More settings are left to report.json. */
const MOST_ROWS = 500;

/** @param chart of all rates */
export function rateSection(model: ReportModel, chart: Markup | null): Markup | null {
  if (model.rates === null) return null;
  const { rates } = model;
  return html`<section>
    <h2>Each at its best rate</h2>
    <p class="caption">${captionText(rates)}</p>
    ${chart} ${rateTable(model, rates)}
    <ul class="notes caption">
      ${notesOf(model, rates).map((text) => html`<li>${text}</li>`)}
    </ul>
  </section>`;
}

function captionText({ groups, leftOut }: RateReport): string {
  const sizes = new Set(groups.map(({ n }) => n));
  const where =
    sizes.size === 1 ? `with ${count(groups[0]!.n)} samples per class` : 'at its largest size with results';
  const others = groups.length > 1 ? ', best test accuracy first' : '';
  const missing =
    leftOut === 0
      ? ''
      : ` Left out: ${counted(leftOut, 'setting')} with fewer than two rates that have a validation accuracy.`;
  return `A row is all arms that differ in nothing but ${RATE}, judged at the rate with the highest mean validation accuracy ${where}${others}.${missing}`;
}

function rateTable(model: ReportModel, { groups, trainsAbove }: RateReport): Markup {
  const columns = armColumns(model, RATE);
  const hasSizes = new Set(groups.map(({ n }) => n)).size > 1;
  const hasQuickness = groups.some(({ quickness }) => quickness !== null);
  const row = (group: RateGroup, i: number): Markup => html`
    <tr>
      <td>${columns.swatch(group.hash)}${i + 1}</td>
      ${columns.cells(group.hash)}
      <td>${edgeMark(group.edge)}<b>${group.rate}</b></td>
      ${hasSizes ? html`<td>${count(group.n)}</td>` : null}
      <td>${cell(group.validation)}</td>
      <td>${cell(group.test)}</td>
      <td>${plusMinus(halfWidth(group.interval))}</td>
      <td>${group.trials}</td>
      ${trainsAbove === null ? null : html`<td>${largestText(group)}</td>`}
      ${hasQuickness ? quicknessCells(group.quickness) : null}
    </tr>
  `;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>place</th>
          ${columns.head}
          <th>best rate</th>
          ${hasSizes ? html`<th>per class</th>` : null}
          <th>validation</th>
          <th>test</th>
          <th>${percent(model.confidence)}</th>
          <th>trials</th>
          ${trainsAbove === null ? null : html`<th>trains<br />up to</th>`}${hasQuickness ? quicknessHead : null}
        </tr>
      </thead>
      <tbody>
        ${groups.slice(0, MOST_ROWS).map(row)}
      </tbody>
    </table>
  </div>`;
}

function edgeMark(edge: RateGroup['edge']): Markup | null {
  return edge === null ? null : html`<span title="${EDGES[edge].text}">${EDGES[edge].mark}</span> `;
}

/** With `≥` where no larger rate was tried. */
function largestText({ largestTraining, rates }: RateGroup): string {
  if (largestTraining === null) return 'none';
  return `${largestTraining === rates.at(-1)!.rate ? '≥ ' : ''}${largestTraining}`;
}

/** What marks and columns mean. */
function notesOf({ chance }: ReportModel, { groups, trainsAbove }: RateReport): string[] {
  const edges = (['highest', 'lowest'] as const).filter((edge) =>
    groups.some((group) => group.edge === edge),
  );
  return [
    ...(edges.length === 0
      ? []
      : [
          `${edges.map((edge) => `${EDGES[edge].mark} ${EDGES[edge].text}`).join(', ')}: the best of all may lie outside.`,
        ]),
    ...(chance === null || trainsAbove === null
      ? []
      : [
          `Trains up to: the largest rate with a mean test accuracy above ${decimal(trainsAbove)}, a tenth of the way from guessing (${decimal(chance)}) to every image right; ≥ where no larger one was tried.`,
        ]),
    ...(groups.some(({ quickness }) => quickness !== null) ? [QUICKNESS] : []),
  ];
}
