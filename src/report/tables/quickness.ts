/** How quick trainings were, where the table of rates does not say it. */
import { count, counted } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { ArmReport, Quickness, ReportModel } from '../types.js';
import { armColumns } from './arm-columns.js';
import { cell } from './cells.js';

/** More rows than this are folded. */
const MOST_OPEN = 12;
/** More arms are left to curves.csv. */
const MOST_ROWS = 500;

/** What the three figures are, in a sentence. */
export const QUICKNESS =
  'Epochs, steps and seconds are means up to the end of the epoch in which a training first had nine tenths of its own best validation accuracy.';

export const quicknessHead = html`${['epochs', 'steps', 'seconds'].map((unit) => html`<th>${unit}<br />to 90 %</th>`)}`;

export const quicknessCells = (quickness: Quickness | null): Markup => html`
  <td>${cell(quickness?.epochs ?? null, 1)}</td>
  <td>${typeof quickness?.steps === 'number' ? count(quickness.steps) : '–'}</td>
  <td>${cell(quickness?.seconds ?? null, 1)}</td>
`;

/** The one arm by size, or arms at their largest size; nothing where no trial has the figures. */
export function quicknessSection(model: ReportModel): Markup | null {
  if (model.rates !== null) return null;
  const isAlone = model.arms.length === 1;
  const columns = armColumns(model);
  const rows = [...model.arms]
    .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity))
    .flatMap((arm) => {
      const known = arm.splits.filter(({ quickness }) => quickness !== null);
      return (isAlone ? known : known.slice(-1)).map((split) => ({ arm, split }));
    })
    .slice(0, MOST_ROWS);
  if (rows.length === 0) return null;
  const row = ({ arm, split }: (typeof rows)[number]): Markup => html`
    <tr>
      ${isAlone ? null : armCells(arm)}
      <td>${count(split.n)}</td>
      ${quicknessCells(split.quickness)}
    </tr>
  `;
  const armCells = (arm: ArmReport): Markup => html`
    <td>${columns.swatch(arm.hash)}${arm.rank ?? '–'}</td>
    ${columns.cells(arm.hash)}
  `;
  const table = html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${
            isAlone
              ? null
              : html`<th>rank</th>
                  ${columns.head}`
          }
          <th>per class</th>
          ${quicknessHead}
        </tr>
      </thead>
      <tbody>
        ${rows.map(row)}
      </tbody>
    </table>
  </div>`;
  return html`<section>
    <h2>How quick</h2>
    <p class="caption">${QUICKNESS}</p>
    ${
      rows.length <= MOST_OPEN
        ? table
        : html`<details>
            <summary>
              ${rows.length === MOST_ROWS ? 'The best' : 'All'}
              ${counted(rows.length, isAlone ? 'size' : 'arm')}
            </summary>
            ${table}
          </details>`
    }
  </section>`;
}
