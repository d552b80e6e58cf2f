/** How the figures of a page on curves came about. */
import type { CurvesModel } from './curves-types.js';
import type { Methods } from './finding-types.js';
import type { Markup } from './markup.js';
import { html } from './markup.js';
import { curveMethods } from './methods.js';
import { factList } from './page.js';
import type { ReportModel } from './types.js';

/**
 * The last section of a page.
 * @param facts what was read and asked
 * @param besides what else is to know of it
 */
export function methodsSection(
  model: CurvesModel & Pick<ReportModel, 'elbowVersion'>,
  facts: readonly (readonly [string, string])[],
  besides: string | null = null,
): Markup {
  const methods = curveMethods(model);
  return html`<section>
    <h2>How it was reckoned</h2>
    ${factList(facts)} ${besides === null ? null : html`<p class="caption">${besides}</p>`}
    ${methods === null ? null : paperPart(methods)}
    <p class="caption">
      Intervals at the sizes have the spread of all of an arm’s sizes, smoothed over log n. More of this, and
      how often these intervals hold, is in docs/curves.md of elbow.
    </p>
  </section>`;
}

/** A paragraph for a paper, with its sources. */
export const paperPart = ({ text, sources }: Methods): Markup =>
  html`<h3>For a paper</h3>
    <p class="paper">${text}</p>
    ${
      sources.length === 0
        ? null
        : html`<ul class="notes caption">
            ${sources.map((source) => html`<li>${source}</li>`)}
          </ul>`
    }`;
