/** A contact sheet: each picture as it was given, as the network sees it, and what the network makes of it. */
import { wrapText } from '../wrap-text.js';
import type { Doubt, ClassProbability, Unfamiliarity } from './verdict.js';
import { percentBelow } from './verdict.js';

/** One picture of a sheet. */
export interface SheetEntry {
  readonly file: string;
  /** PNGs. */
  readonly given: Uint8Array;
  readonly seen: Uint8Array;
  readonly top: readonly ClassProbability[];
  readonly unfamiliarity: Unfamiliarity | null;
  readonly doubts: readonly Doubt[];
}

export interface SheetOptions {
  readonly title: string;
  readonly subtitle: string;
  /** A sentence each about pictures that are not on it. */
  readonly notes: readonly string[];
}

/** Pixels of a side of both images. */
export const SHEET_IMAGE = 168;

const WIDTH = 1080;
const MARGIN = 32;
const HEAD = 92;
const GAP = 20;
const PAD = 18;
const BARS_LEFT = MARGIN + PAD + 2 * (SHEET_IMAGE + GAP) + 6;
const BARS_RIGHT = WIDTH - MARGIN - PAD;
const NAME_WIDTH = 132;
const FIGURE_WIDTH = 66;
const BAR_STEP = 25;
const LINE = 19;
/** Letters of a line of the verdict; Inter's are half as wide as high in the mean. */
const LETTERS = 76;

/** Draws a sheet. @returns a PNG */
export async function drawAnswers(
  entries: readonly SheetEntry[],
  options: SheetOptions,
): Promise<Uint8Array> {
  const { color, escapeHtml, toPng, withColors } = await import('../report/index.js');
  const text = (
    x: number,
    y: number,
    content: string,
    { size = 14, fill = color('ink'), weight = 400, anchor = 'start' } = {},
  ): string =>
    `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escapeHtml(content)}</text>`;
  const box = (x: number, y: number, width: number, height: number, fill: string, more = ''): string =>
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${more}/>`;
  const image = (x: number, y: number, png: Uint8Array, caption: string): string =>
    box(x, y, SHEET_IMAGE, SHEET_IMAGE, color('grid'), 'rx="4" fill-opacity="0.45"') +
    `<image x="${x}" y="${y}" width="${SHEET_IMAGE}" height="${SHEET_IMAGE}" href="data:image/png;base64,${Buffer.from(png).toString('base64')}"/>` +
    text(x + SHEET_IMAGE / 2, y + SHEET_IMAGE + 18, caption, {
      size: 12,
      fill: color('ink-soft'),
      anchor: 'middle',
    });

  const bars = (top: readonly ClassProbability[], y: number, isDoubted: boolean): string =>
    top
      .map(({ class: name, probability }, i) => {
        const middle = y + i * BAR_STEP;
        const width = BARS_RIGHT - BARS_LEFT - NAME_WIDTH - FIGURE_WIDTH;
        const isFirst = i === 0;
        const fill = !isFirst ? color('other') : color(isDoubted ? 'series-1' : 'series-0');
        return (
          text(BARS_LEFT + NAME_WIDTH - 12, middle + 5, cut(name, 16), {
            anchor: 'end',
            weight: isFirst ? 700 : 400,
          }) +
          box(BARS_LEFT + NAME_WIDTH, middle - 7, width, 14, color('grid'), 'rx="3" fill-opacity="0.6"') +
          box(BARS_LEFT + NAME_WIDTH, middle - 7, Math.max(1, probability * width), 14, fill, 'rx="3"') +
          text(BARS_RIGHT, middle + 5, `${(100 * probability).toFixed(1)} %`, {
            anchor: 'end',
            weight: isFirst ? 700 : 400,
          })
        );
      })
      .join('');

  let y = HEAD;
  const cards = entries.map(({ file, given, seen, top, unfamiliarity, doubts }) => {
    const lines = doubts.flatMap(({ message }) => wrapText(message, LETTERS));
    const usual = familiarText(unfamiliarity);
    const textHeight = 34 + top.length * BAR_STEP + 10 + (lines.length + usual.length) * LINE;
    const height = Math.max(SHEET_IMAGE + 26, textHeight) + 2 * PAD;
    const inner = y + PAD;
    const left = MARGIN + PAD;
    const verdictTop = inner + 34 + top.length * BAR_STEP + 12;
    const card =
      box(MARGIN, y, WIDTH - 2 * MARGIN, height, color('paper'), `rx="8" stroke="${color('grid')}"`) +
      image(left, inner, given, 'as given') +
      image(left + SHEET_IMAGE + GAP, inner, seen, 'as the network sees it') +
      text(BARS_LEFT, inner + 13, cut(file, 62), { size: 13, fill: color('ink-soft') }) +
      bars(top, inner + 38, doubts.length > 0) +
      usual
        .map((line, i) => text(BARS_LEFT, verdictTop + i * LINE, line, { size: 13, fill: color('ink-soft') }))
        .join('') +
      lines
        .map((line, i) =>
          text(BARS_LEFT, verdictTop + (usual.length + i) * LINE, line, {
            size: 13,
            fill: color('series-1'),
          }),
        )
        .join('');
    y += height + GAP;
    return card;
  });
  const notes = options.notes.flatMap((note) => wrapText(note, 130));
  const foot = notes
    .map((line, i) => text(MARGIN, y + 14 + i * LINE, line, { size: 13, fill: color('ink-soft') }))
    .join('');
  const height = y + notes.length * LINE + (notes.length > 0 ? GAP : 8);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Inter">` +
    box(0, 0, WIDTH, height, color('paper')) +
    text(MARGIN, 46, options.title, { size: 22, weight: 700 }) +
    text(MARGIN, 72, options.subtitle, { size: 14, fill: color('ink-soft') }) +
    `${cards.join('')}${foot}</svg>`;
  return toPng(withColors(svg));
}

function familiarText(unfamiliarity: Unfamiliarity | null): string[] {
  if (!unfamiliarity) return [];
  return [`More unusual than ${percentBelow(unfamiliarity.moreUnusualThan)} of the validation images.`];
}

function cut(text: string, most: number): string {
  const letters = [...text];
  return letters.length <= most ? text : `…${letters.slice(1 - most).join('')}`;
}
