/** What more data would bring, and what it would cost, by arm. */
import { costOf, trainingText } from '../costs.js';
import type { CurvesModel } from '../curves-types.js';
import { elbowInterval } from '../elbow-words.js';
import { isTurning } from '../forecasts.js';
import { count, counted, decimal, percent, rounded, signed } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { ArmFit, ArmReport, FittedArm } from '../types.js';
import { armColumns } from './arm-columns.js';
import { ends, signedEnds } from './cells.js';

/** With more arms than this, the best ones are listed; report.json has all that are fitted. */
const MOST_ARMS = 12;
const FAMILIES = 3;

type Fitted = ArmReport & FittedArm;

/**
 * Null where no arm has a curve that one can follow beyond the data.
 * @param next what to run next
 */
export function forecastSection(model: CurvesModel, next: Markup | null = null): Markup | null {
  const fitted = model.arms
    .filter((arm): arm is Fitted => arm.fit !== null && arm.fit.at.length > 0 && !isTurning(arm))
    .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
  const arms = fitted.slice(0, MOST_ARMS);
  if (arms.length === 0) return null;
  const hasTime = arms.some(({ splits }) => splits.some(({ seconds }) => seconds !== null));
  const hours = hasTime
    ? ` ${model.areGpuHours ? 'GPU-hours' : 'Hours'} are those of the trials at a size, one after the other, with as many replicates as now.`
    : '';
  const left =
    fitted.length > arms.length
      ? ` The best ${arms.length} of ${counted(fitted.length, 'arm')} with a curve are listed; report.json has all.`
      : '';
  return html`<section>
    <h2>What more data would bring</h2>
    <p class="caption">
      Read from the fitted curves, with ${percent(model.confidence)} intervals that hold for the expected
      ${model.score.name} on this test set, for samples like these; “on new images” holds for other test
      images, too.${hours}${left}
    </p>
    ${moreTable(model, arms, hasTime)} ${curveFacts(model, arms)} ${next}
  </section>`;
}

function moreTable(model: CurvesModel, arms: readonly Fitted[], hasTime: boolean): Markup {
  const columns = armColumns(model);
  const isOne = model.arms.length === 1;
  const hasImages = arms.some(({ fit }) => fit.at.some(({ elsewhere }) => elsewhere !== null));
  const hasLabels = model.classCount !== null;
  const hasPrice = model.prices !== null;
  const interval = percent(model.confidence);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${isOne ? null : columns.head}
          <th>per class</th>
          <th>${model.score.name}</th>
          <th>${interval}</th>
          ${hasImages ? html`<th>on new images</th>` : null}
          <th>gain</th>
          <th>${interval}</th>
          ${hasLabels ? html`<th>more labels</th>` : null} ${hasTime ? html`<th>training</th>` : null}
          ${hasPrice ? html`<th>price</th>` : null}
        </tr>
      </thead>
      <tbody>
        ${arms.flatMap((arm) =>
          arm.fit.at.map((at, i) => {
            const cost = costOf(model, arm, at.n);
            return html`<tr>
              ${isOne ? null : i === 0 ? html`${columns.cells(arm.hash)}` : html`<td colspan="${columns.count}"></td>`}
              <td>${count(at.n)}</td>
              <td><b>${decimal(at.score)}</b></td>
              <td>${ends(at)}</td>
              ${hasImages ? html`<td>${ends(at.elsewhere)}</td>` : null}
              <td>${signed(at.gain.value)}</td>
              <td>${signedEnds(at.gain)}</td>
              ${hasLabels ? html`<td>${cost.labels === null ? '–' : count(cost.labels)}</td>` : null}
              ${hasTime ? html`<td>${trainingText(cost.seconds, model.areGpuHours)}</td>` : null}
              ${hasPrice ? html`<td>${cost.price === null ? '–' : cost.price.toFixed(2)}</td>` : null}
            </tr>`;
          }),
        )}
      </tbody>
    </table>
  </div>`;
}

/** Elbow, target, end and shape of each arm's curve. */
function curveFacts(model: CurvesModel, arms: readonly Fitted[]): Markup {
  const columns = armColumns(model);
  const isOne = model.arms.length === 1;
  const hasTarget = model.target !== null;
  return html`<details>
    <summary>The curves: elbow, end, families</summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${isOne ? null : columns.head}
            <th class="text">elbow, δ = ${model.delta}</th>
            ${hasTarget ? html`<th class="text">samples for ${model.target}</th>` : null}
            <th>with any number</th>
            <th class="text">knee by Kneedle</th>
            <th class="text">families by how likely they are</th>
          </tr>
        </thead>
        <tbody>
          ${arms.map(
            (arm) =>
              html`<tr>
                ${isOne ? null : columns.cells(arm.hash)}
                <td class="text">${elbowFact(arm.fit)}</td>
                ${hasTarget ? html`<td class="text">${targetFact(arm.fit)}</td>` : null}
                <td>${endFact(arm.fit)}</td>
                <td class="text">${kneeFact(arm.fit)}</td>
                <td class="long">${familyFact(arm.fit)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="caption">
      The elbow is the size from which on no doubling brings δ, which is a question of money. Kneedle (Satopää
      et al. 2011) looks for the point furthest from the straight line between both ends: another axis, or one
      size more, moves it.
    </p>
  </details>`;
}

function elbowFact({ elbow }: ArmFit): string {
  const share = elbow.share === null ? '' : `, reached in ${Math.round(100 * elbow.share)} of 100 curves`;
  const where = elbow.n === null ? '' : `≈ ${rounded(elbow.n)} (${elbowInterval(elbow)}), `;
  return `${where}${elbow.state.replaceAll('-', ' ')}${elbow.reached === null ? share : ''}`;
}

function targetFact({ target }: ArmFit): string {
  if (target === null) return '–';
  if (target.n === null)
    return target.reachable === false
      ? 'not reachable'
      : `in ${Math.round(100 * target.share)} of 100 curves`;
  const hi = target.hi === null ? 'or more' : `to ${rounded(target.hi)}`;
  return `≈ ${rounded(target.n)} (${target.lo === null ? '' : `${rounded(target.lo)} `}${hi})`;
}

function endFact({ asymptote }: ArmFit): string {
  if (asymptote === null) return '–';
  const ends = [asymptote.lo, asymptote.hi].map((end) => (end === null ? '?' : decimal(end)));
  return `${decimal(asymptote.value)} (${ends.join(' – ')})`;
}

function kneeFact({ kneedle }: ArmFit): string {
  const knees = kneedle.flatMap(({ axis, n }) => (n === null ? [] : [`${rounded(n)} (${axis})`]));
  return knees.length === 0 ? 'none' : knees.join(', ');
}

const familyFact = ({ families }: ArmFit): string =>
  families
    .slice(0, FAMILIES)
    .map(({ family, share }) => `${family} ${share.toFixed(2)}`)
    .join(', ');
