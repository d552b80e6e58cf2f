/** How curves and comparisons are reckoned, for pages on them. */
import type { CurvesModel } from './curves-types.js';
import { percent } from './format.js';
import type { Markup } from './markup.js';
import { html } from './markup.js';
import { factList } from './page.js';

/** The last section of a page. @param facts what was read and asked */
export function methodsSection(
  { confidence, delta, arms, score }: CurvesModel,
  facts: readonly (readonly [string, string])[],
  pairing: string,
): Markup {
  const level = percent(confidence);
  return html`<section>
    <h2>How it was reckoned</h2>
    ${factList(facts)}
    <p class="caption">
      Intervals at the sizes are ${level} Student t intervals of the mean over replicates, with the spread of
      all of an arm’s sizes smoothed over log n. Beyond them a thousand curves of ten families, each weighted
      by how well it foretells the sizes, say what is possible: intervals hold for the expected ${score.name}.
      The elbow is the smallest size, up to half the largest, from which on no doubling brings δ = ${delta}.
    </p>
    ${arms.length < 2 ? null : html`<p class="caption">${pairing}</p>`}
    <p class="caption">More of this, and how often these intervals hold, is in docs/curves.md of elbow.</p>
  </section>`;
}

/** How arms are compared whose replicates share their seeds. */
export const PAIRED =
  'Arms are compared replicate by replicate by the paired t test; p is adjusted for all comparisons together (Holm 1979).';
