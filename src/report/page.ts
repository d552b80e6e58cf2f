/** What every page of a report has: its head and header, sections, figures with their legends, notes and facts. */
import { when } from './format.js';
import type { Markup } from './markup.js';
import { escapeHtml, html, raw } from './markup.js';
import type { Plot } from './plots.js';
import { STYLE } from './style.js';
import type { Tile } from './tiles.js';
import type { Note, ReportModel } from './types.js';

/** A page asks for nothing: no network, no script. */
const headOf = (title: string): Markup =>
  html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
    <title>${title} · elbow</title>
    <style>
      ${raw(STYLE)}
    </style>
  </head>`;

/**
 * A whole page.
 * @param files beside it that have the figures
 */
export function pageText(
  title: string,
  content: readonly (Markup | null)[],
  { madeAt, elbowVersion }: Pick<ReportModel, 'madeAt' | 'elbowVersion'>,
  files: readonly string[],
): string {
  const named = files.map((file, i) => {
    const before = i === 0 ? '' : i === files.length - 1 ? ' and ' : ', ';
    return html`${before}<code>${file}</code>`;
  });
  const page = html`<!doctype html>
    <html lang="en">
      ${headOf(title)}
      <body>
        <main>
          ${content}
          <footer>
            <p>
              Made ${when(madeAt)} by elbow ${elbowVersion}. The figures are in ${named} beside this page.
            </p>
          </footer>
        </main>
      </body>
    </html> `;
  return page.text;
}

/** @param kind of report */
export const headerOf = (
  kind: string,
  title: string,
  answers: readonly string[],
  tiles: readonly Tile[],
): Markup =>
  html`<header>
    <p class="kind">elbow · ${kind}</p>
    <h1>${title}</h1>
    <div class="answers">${answers.map((answer) => html`<p>${unbroken(answer)}</p>`)}</div>
    <dl class="tiles">
      ${tiles.map(
        ({ name, value, detail }) =>
          html`<div class="tile">
            <dt>${name}</dt>
            <dd>${value}${detail === null ? null : html`<small>${detail}</small>`}</dd>
          </div>`,
      )}
    </dl>
  </header>`;

/** Signs stay in the line of their figures. */
export const unbroken = (text: string): string =>
  text.replaceAll(' %', '\u00a0%').replaceAll('δ = ', 'δ\u00a0=\u00a0');

/** Nothing when there is nothing to show in it. */
export function section(
  title: string,
  caption: string,
  ...content: readonly (Markup | null)[]
): Markup | null {
  if (content.every((part) => part === null)) return null;
  return html`<section>
    <h2>${title}</h2>
    <p class="caption">${unbroken(caption)}</p>
    ${content}
  </section>`;
}

/** Null without any. @param isPartial whether trials are still to end */
export function notesSection(notes: readonly Note[], isPartial = false): Markup | null {
  if (notes.length === 0) return null;
  return html`<section class="${isPartial ? 'partial' : ''}">
    <h2>To know before you believe it</h2>
    <ul class="notes">
      ${notes.map((note) => html`<li>${note.text}</li>`)}
    </ul>
  </section>`;
}

/** Names with their values. */
export const factList = (facts: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;

/** Which colour is which, for phones: a legend that wraps; none for a single one. */
export function legend(series: readonly { readonly label: string; readonly color: string }[]): Markup | null {
  if (series.length < 2) return null;
  const swatch = (color: string): Markup => raw(`<span class="swatch" style="background:${color}"></span>`);
  return html`<ul class="legend">
    ${series.map(({ label, color }) => html`<li>${swatch(color)}${label}</li>`)}
  </ul>`;
}

/** Drawings by name. */
export const plotOf =
  (plots: readonly Plot[]) =>
  (name: Plot['name']): Plot | undefined =>
    plots.find((one) => one.name === name);

/** A drawing, once for wide pages and once for phones. */
export function figure(
  plot: Plot | undefined,
  description: string,
  legend: Markup | null = null,
): Markup | null {
  if (plot === undefined) return null;
  const labelled = (svg: string): Markup =>
    raw(svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(description)}" `));
  return html`<figure>
    <div class="wide">${labelled(plot.svg.wide)}</div>
    <div class="narrow">${labelled(plot.svg.narrow)}${legend}</div>
  </figure>`;
}
