/** How far training images are ahead of test images, and what is left on changed ones, by arm and size. */
import { hasChanged } from '../charts/splits.js';
import { count, signed } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { ArmReport, ReportModel } from '../types.js';
import { armColumns, type ArmColumns } from './arm-columns.js';
import { cell } from './cells.js';

/** With more arms than this, only the coloured ones are listed; curves.csv has all. */
const MOST_ARMS = 24;

/** Null where no trial has accuracies on training and test images. Open where there are changed test images to compare. */
export function gapTable(model: ReportModel): Markup | null {
  const arms = model.arms.length > MOST_ARMS ? model.arms.filter((arm) => arm.isHighlighted) : model.arms;
  const columns = armColumns(model);
  const isChanged = hasChanged(model);
  const rows = model.sizes.flatMap((n) =>
    arms.flatMap(
      (arm) => rowOf(arm, { n, columns: model.arms.length > 1 ? columns : null, isChanged }) ?? [],
    ),
  );
  if (rows.length === 0) return null;
  return html`<details${isChanged ? html` open` : null}>
    <summary>Gaps between training and test images</summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>per class</th>
            ${model.arms.length > 1 ? columns.head : null}
            <th>train</th>
            <th>test</th>
            <th>gap</th>
            ${isChanged ? html`<th>changed images</th>` : null}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${
      isChanged
        ? html`<p class="caption">
            Changed images: the mean accuracy on test images that were rotated, scaled, shifted, darkened,
            blurred, recoloured and noised, at five severities each.
          </p>`
        : null
    }
  </details>`;
}

interface Row {
  readonly n: number;
  /** Null with a single arm. */
  readonly columns: ArmColumns | null;
  readonly isChanged: boolean;
}

function rowOf(arm: ArmReport, { n, columns, isChanged }: Row): Markup | null {
  const means = arm.splits.find((one) => one.n === n);
  if (means === undefined || means.train === null || means.test === null) return null;
  return html`<tr>
    <td>${columns?.swatch(arm.hash)}${count(n)}</td>
    ${columns?.cells(arm.hash)}
    <td>${cell(means.train)}</td>
    <td>${cell(means.test)}</td>
    <td>${signed(means.train - means.test)}</td>
    ${isChanged ? html`<td>${cell(means.unfamiliar)}</td>` : null}
  </tr>`;
}
