/** What each setting does, and what two do together. */
import type { Effect, Interaction, SettingEffects } from '../../curves/index.js';
import type { EffectsReport } from '../finding-types.js';
import { count, counted, listed, percent, probability, signed } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { ReportModel } from '../types.js';
import { cell, signedEnds } from './cells.js';

/** More are left to effects.csv. */
const MOST_LEVELS = 200;
const MOST_CELLS = 400;

const REASONS: Readonly<Record<NonNullable<EffectsReport['reason']>, string>> = {
  'not-a-grid':
    'What each setting does cannot be said: that takes every combination of the settings’ values, and these arms are not all of them.',
  'survivors-only':
    'What each setting does cannot be said: trials were pruned, and the scores that are left are those of survivors.',
  'no-whole-replicate':
    'What each setting does cannot be said: at no size has any replicate a score of every combination.',
};

type Found = NonNullable<EffectsReport['found']>;

/** @param chart of all levels */
export function effectsSection(model: ReportModel, chart: Markup | null): Markup | null {
  if (model.effects === null) return null;
  const { found, reason } = model.effects;
  return html`<section>
    <h2>What each setting does</h2>
    ${
      found === null
        ? html`<p class="caption">${REASONS[reason!]}</p>`
        : html`<p class="caption">${captionText(model, found, model.effects)}</p>
            ${chart} ${mainTable(model, found)} ${interactionTable(model, found)}`
    }
  </section>`;
}

function captionText(
  { score, confidence }: ReportModel,
  { replicates, leftOut }: Found,
  { n, tied }: EffectsReport,
): string {
  const where = n === null ? '' : ` with ${count(n)} samples per class`;
  const bars =
    replicates === 1
      ? 'With one replicate there is no interval and no test'
      : `Bars are ${percent(confidence)} t intervals over ${counted(replicates, 'replicate')}`;
  const missing =
    leftOut === 0
      ? ''
      : `; ${counted(leftOut, 'replicate')} without every combination ${leftOut === 1 ? 'is' : 'are'} left out`;
  const together =
    tied.length === 0
      ? ''
      : ` ${listed(tied)} ${tied.length === 1 ? 'stands' : 'stand'} together as one: not every value of the one was tried with every value of the other.`;
  return `Mean ${score.name} of a value over all other settings${where}, beside the mean over everything: the distance of two dots is what one value brings more than the other. ${bars}${missing}.${together}`;
}

const head = (hasTests: boolean, confidence: number): Markup | null =>
  hasTests
    ? html`<th>${percent(confidence)}</th>
        <th>p</th>`
    : null;

const tested = (effect: Effect, hasTests: boolean): Markup | null =>
  hasTests
    ? html`<td>${signedEnds(effect.interval)}</td>
        <td>${probability(effect.adjusted)}</td>`
    : null;

/** What p values are adjusted for. */
const familyText = (family: number): string =>
  family < 2 ? '' : ` p is for ${count(family)} tests together (Holm).`;

function mainTable({ score, confidence }: ReportModel, { main, replicates }: Found): Markup {
  const hasTests = replicates > 1;
  const rows = main.settings.flatMap((setting) => settingRows(setting, hasTests));
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">setting</th>
            <th class="text">value</th>
            <th>mean ${score.name}</th>
            <th>difference</th>
            ${head(hasTests, confidence)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MOST_LEVELS)}
        </tbody>
      </table>
    </div>
    <p class="caption">
      The difference of two values is the first minus the second; of more, each minus the mean of
      all.${familyText(main.family)}${rows.length > MOST_LEVELS ? ' effects.csv has all values.' : ''}
    </p>`;
}

function settingRows({ setting, levels, difference }: SettingEffects, hasTests: boolean): Markup[] {
  return levels.map((level, i) => {
    const told = difference ?? level;
    const isTold = difference === null || i === 0;
    const empty = hasTests
      ? html`<td></td>
          <td></td>
          <td></td>`
      : html`<td></td>`;
    return html`<tr>
      <td class="name">${i === 0 ? setting : ''}</td>
      <td class="name">${String(level.level)}</td>
      <td>${cell(level.mean)}</td>
      ${
        isTold
          ? html`<td><b>${signed(told.value)}</b></td>
              ${tested(told, hasTests)}`
          : empty
      }
    </tr>`;
  });
}

function interactionTable({ confidence }: ReportModel, { interactions, replicates }: Found): Markup | null {
  if (interactions === null)
    return html`<p class="caption">
      Interactions are left out: the settings have too many values to list them two by two.
    </p>`;
  if (interactions.pairs.length === 0) return null;
  const hasTests = replicates > 1;
  const rows = interactions.pairs.flatMap((pair) => pairRows(pair, hasTests));
  const { family } = interactions;
  return html`<details>
    <summary>What two settings do together</summary>
    <p class="caption">
      What two values together bring beyond both single effects. Of settings with two values the first alone
      stands here: the second has the same with the sign changed.${familyText(family)}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">settings</th>
            <th class="text">values</th>
            <th>beyond both</th>
            ${head(hasTests, confidence)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, MOST_CELLS)}
        </tbody>
      </table>
    </div>
    ${rows.length > MOST_CELLS ? html`<p class="caption">effects.csv has all.</p>` : null}
  </details>`;
}

const pairRows = ({ settings, cells }: Interaction, hasTests: boolean): Markup[] =>
  cells
    .filter(({ isMirrored }) => !isMirrored)
    .map(
      (one, i) =>
        html`<tr>
          <td class="name">${i === 0 ? settings.join(' × ') : ''}</td>
          <td class="name">${one.levels.map(String).join(', ')}</td>
          <td><b>${signed(one.value)}</b></td>
          ${tested(one, hasTests)}
        </tr>`,
    );
