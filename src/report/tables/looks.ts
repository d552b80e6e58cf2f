/** Looks at a sweep with `until`: what each found, and what it did. */
import { count, significant } from '../format.js';
import { html, type Markup } from '../markup.js';
import type { ReportModel } from '../types.js';

/** Arms of a look that are shown; report.json has all. */
const MOST_SHOWN = 12;

/** Null for a sweep that nobody looked at. */
export function looksSection({ looks }: ReportModel): Markup | null {
  const last = looks.at(-1);
  if (last === undefined) return null;
  const shown = last.figures.slice(0, MOST_SHOWN);
  const left = last.figures.length - shown.length;
  return html`<section>
    <h2>When it had enough</h2>
    <p class="caption">
      Replicates were to be added until ${last.until.join(' and ')} for every arm. Looks heed how wide
      intervals are, and never who leads.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>look</th>
            <th>replicates</th>
            <th>added</th>
            <th class="text">because</th>
          </tr>
        </thead>
        <tbody>
          ${looks.map(
            (look) =>
              html`<tr>
                <td>${count(look.look)}</td>
                <td>${count(look.replicates)}</td>
                <td>${look.added === 0 ? '–' : count(look.added)}</td>
                <td class="long">${look.reason}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      shown.length === 0
        ? null
        : html`<details>
            <summary>What the last look found</summary>
            <div class="scroll">
              <table>
                <thead>
                  <tr>
                    <th class="text">arm</th>
                    <th class="text">condition</th>
                    <th>was</th>
                    <th class="text">holds</th>
                  </tr>
                </thead>
                <tbody>
                  ${shown.map(
                    ({ arm, condition, value, isMet }) =>
                      html`<tr>
                        <td class="name">${arm}</td>
                        <td class="text">${condition}</td>
                        <td>${value === null ? 'no end' : significant(value)}</td>
                        <td class="text">${isMet ? 'yes' : 'no'}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>
            ${left === 0 ? null : html`<p class="caption">And ${count(left)} more in report.json.</p>`}
          </details>`
    }
  </section>`;
}
