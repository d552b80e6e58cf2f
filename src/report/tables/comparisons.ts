/** Arms in pairs, and what else is found of them beside each other. */
import type { Comparison } from '../../curves/index.js';
import { commonSizes, rankedBy } from '../arm-names.js';
import type { CurvesModel } from '../curves-types.js';
import { bestOfText, crossingTexts, labelsOf, verdictText } from '../finding-text.js';
import type { ComparisonReport } from '../finding-types.js';
import { count, counted, listed, percent, probability, signed } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import { armColumns } from './arm-columns.js';

const LEAST_SIGN_FLIP = 6;
/** Arms that are named. */
const MOST_NAMES = 10;

export function comparisonSection(model: CurvesModel): Markup | null {
  const { comparisons } = model;
  if (comparisons === null) return null;
  const notes = notesOf(model, comparisons);
  return html`<section>
    <h2>Arms compared</h2>
    <p class="caption">${captionText(model, comparisons)}</p>
    ${comparisons.pairs.some(({ replicates }) => replicates > 0) ? pairTable(model, comparisons) : null}
    ${
      notes.length === 0
        ? null
        : html`<ul class="notes">
            ${notes.map((text) => html`<li>${text}</li>`)}
          </ul>`
    }
  </section>`;
}

function captionText(
  model: CurvesModel,
  { n, against, arms, leftOut, family, pairs }: ComparisonReport,
): string {
  if (arms.length < 2) return 'There are no two arms that can be compared.';
  if (!pairs.some(({ replicates }) => replicates > 0))
    return 'The arms have no size and replicate in common, so that none can be compared.';
  const where = whereText(model, n, arms);
  const tests =
    family === 0
      ? ' With one replicate in common there is no test.'
      : ` Intervals are of each alone${family === 1 ? '' : `; p is for ${counted(family, 'comparison')} together (Holm)`}.`;
  const way = pairs.every(({ isPaired }) => isPaired)
    ? 'replicate by replicate'
    : pairs.some(({ isPaired }) => isPaired)
      ? 'replicate by replicate where these share seeds, and without pairs (Welch) elsewhere,'
      : 'without pairs (Welch), because their replicates share no seeds,';
  if (against === null) return `Every two arms, ${way}${where}. Above 0 the first one is better.${tests}`;
  const isRanked = model.arms.some(({ rank }) => rank !== null);
  const left =
    leftOut === 0
      ? ''
      : ` ${counted(leftOut, 'arm')} with lower ranks ${leftOut === 1 ? 'is' : 'are'} not compared.`;
  return `${counted(arms.length - 1, 'arm')} beside ${labelsOf(model)(against)}, ${isRanked ? `the best by ${rankedBy(model)}` : 'the first of them, as none has an objective'}, ${way}${where}; every two would be too many to read. Below 0 that one is better.${tests}${left}`;
}

function whereText(model: CurvesModel, n: ComparisonReport['n'], arms: readonly string[]): string {
  if (n === null) return '';
  if (n === 'mean') return ' as means over all sizes that both have';
  const compared = model.arms.filter(({ hash }) => arms.includes(hash));
  const isLargest = n === commonSizes(compared).at(-1);
  return ` with ${count(n)} samples per class${isLargest ? ', the largest size that all of them have' : ''}`;
}

function pairTable(model: CurvesModel, { pairs, against, margin, family, n }: ComparisonReport): Markup {
  const columns = armColumns(model);
  const label = labelsOf(model);
  const stuck = new Set(model.clusters.filter((one) => one.n === n).map(({ arm }) => arm));
  const name = (hash: string): Markup =>
    html`<td class="pair">${columns.swatch(hash)}${label(hash)}${stuck.has(hash) ? '\u00a0*' : ''}</td>`;
  const hasTests = family > 0;
  const row = (pair: Comparison): Markup =>
    html`<tr>
      ${name(pair.a)}${against === null ? name(pair.b) : null}
      <td><b>${pair.difference === null ? '–' : signed(pair.difference)}</b></td>
      ${
        hasTests
          ? html`<td>
                ${pair.lo === null || pair.hi === null ? '–' : `${signed(pair.lo)} to ${signed(pair.hi)}`}
              </td>
              <td>${probability(pair.adjusted)}</td>
              <td class="text">${pair.verdict === null ? '–' : verdictText(pair.verdict, margin)}</td>
              <td>${pair.replicates}</td>
              <td>${pair.replicatesNeeded === null ? '–' : `≈ ${count(pair.replicatesNeeded)}`}</td>`
          : html`<td>${pair.replicates}</td>`
      }
    </tr>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="text">arm</th>
          ${against === null ? html`<th class="text">beside</th>` : null}
          <th>difference</th>
          ${
            hasTests
              ? html`<th>${percent(model.confidence)}</th>
                  <th>p</th>
                  <th class="text">verdict</th>`
              : null
          }
          <th>replicates</th>
          ${hasTests ? html`<th>would tell</th>` : null}
        </tr>
      </thead>
      <tbody>
        ${pairs.map(row)}
      </tbody>
    </table>
  </div>`;
}

function notesOf(model: CurvesModel, comparisons: ComparisonReport): string[] {
  const { pairs, arms, margin, n, survivorsOnly } = comparisons;
  const label = labelsOf(model);
  const isStuck = model.clusters.some((one) => one.n === n && arms.includes(one.arm));
  return [
    ...(model.bestOf === null ? [] : [bestOfText(model.bestOf, model, label)]),
    ...crossingTexts(model.crossings, label, model.confidence),
    ...(pairs.some(({ verdict }) => verdict === 'equivalent')
      ? [
          `Equivalent within ${margin}: by two one-sided tests, which are the ${percent(2 * model.confidence - 1)} interval lying within the margin; the ${percent(model.confidence)} one may reach beyond it.`,
        ]
      : []),
    ...(pairs.some(({ verdict }) => verdict === 'undecided')
      ? [
          `Undecided: neither different nor equivalent within ${margin}. “Would tell” is about how many replicates would decide it, were the difference what it is (power 0.8).`,
        ]
      : []),
    ...(isStuck
      ? ['* Some trials of this arm stayed at chance: t intervals of means say little of it.']
      : []),
    ...(pairs.some(({ p, replicates }) => p !== null && replicates < LEAST_SIGN_FLIP)
      ? [`With fewer than ${LEAST_SIGN_FLIP} replicates tests take differences to be about normal.`]
      : []),
    ...(survivorsOnly.length === 0 ? [] : [survivorsText(survivorsOnly.map(label))]),
  ];
}

function survivorsText(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES);
  const more = names.length - shown.length;
  return `Survivors only, and compared with none, because trials were pruned: ${listed(more > 0 ? [...shown, `${count(more)} more`] : shown)}.`;
}
