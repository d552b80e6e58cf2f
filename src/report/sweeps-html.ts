/** Prints the report of several sweeps as one page. */
import { methodsSection } from './curve-methods.js';
import { curveSection } from './curve-section.js';
import { count, listed, percent } from './format.js';
import type { Markup } from './markup.js';
import { html } from './markup.js';
import { headerOf, notesSection, pageText } from './page.js';
import type { Plot } from './plots.js';
import type { SweepsReport } from './sweeps-report.js';
import { comparisonSection } from './tables/comparisons.js';
import { forecastSection } from './tables/forecast.js';
import { curveTiles } from './tiles.js';

/** With more, the settings of a row would fill the page. */
const MOST_DIFFERENCES = 40;
const COLORED = 'The leading arm of each sweep is coloured, the others grey.';

export function sweepsHtml(model: SweepsReport, plots: readonly Plot[]): string {
  const title = listed(model.sweeps.map(({ name }) => name));
  return pageText(
    title,
    [
      headerOf('sweeps compared', title, model.answers, curveTiles(model)),
      curveSection(model, plots, { colored: COLORED, rankedAt: model.rankedAt }),
      differencesSection(model),
      forecastSection(model),
      comparisonSection(model),
      notesSection(model.notes),
      methodsSection(model, factsOf(model), pairingText(model)),
    ],
    model,
    ['report.json', 'curves.csv'],
  );
}

/** The sweeps, and the settings in which their files differ. */
function differencesSection({ sweeps, differences }: SweepsReport): Markup {
  const rows: [string, readonly string[]][] = [
    ['status', sweeps.map(({ status }) => status)],
    ['trials succeeded', sweeps.map(({ succeeded, trials }) => `${count(succeeded)} of ${count(trials)}`)],
    ['arms', sweeps.map(({ arms }) => count(arms))],
    ...differences
      .slice(0, MOST_DIFFERENCES)
      .map(({ path, values }): [string, string[]] => [path, values.map(plainText)]),
  ];
  const more = differences.length - MOST_DIFFERENCES;
  return html`<section>
    <h2>What differs</h2>
    <p class="caption">
      ${
        differences.length === 0
          ? 'The sweep files say the same.'
          : 'Settings of the sweep files that are not the same in all of them.'
      }
      ${more > 0 ? `The first ${MOST_DIFFERENCES} of ${count(differences.length)}; report.json has all.` : null}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">setting</th>
            ${sweeps.map(({ name }) => html`<th class="text">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([name, values]) =>
              html`<tr>
                <td class="text">${name}</td>
                ${values.map((value) => html`<td class="name">${value}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** Characters of a value; the layers of a network would fill a page. */
const MOST_CHARACTERS = 120;

/** A value of a sweep file, from JSON: lists without their brackets. */
function plainText(json: string | null): string {
  if (json === null) return '–';
  const value: unknown = JSON.parse(json);
  const text = Array.isArray(value) ? value.map(String).join(', ') : String(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function factsOf({ sweeps, confidence, delta, target }: SweepsReport): [string, string][] {
  const digests = [...new Set(sweeps.flatMap(({ dataDigest }) => dataDigest ?? []))];
  return [
    ['Seeds', sweeps.map(({ name, seed }) => `${name} ${seed}`).join(', ')],
    ...(digests.length === 0 ? [] : [['Data digest (SHA-256)', digests.join(', ')] as [string, string]]),
    ['Intervals', percent(confidence)],
    ['δ of the elbow, and margin of comparisons', String(delta)],
    ...(target === null ? [] : [['Target', String(target)] as [string, string]]),
  ];
}

const pairingText = ({ arePaired }: SweepsReport): string =>
  arePaired
    ? 'The sweeps have the same seed and data, so that a replicate has the same subsets and seeds in all of them.'
    : 'Sweeps with different seeds share no subsets: their arms are compared without pairs, those of the same seed in pairs.';
