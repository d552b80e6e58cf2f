/** Contact sheets: rows of small pictures under headings, as one PNG. */
import { wrapText } from '../wrap-text.js';
import { color } from './palette.js';
import { html, raw, type Markup } from './markup.js';
import { standaloneSvg, toPng } from './plots.js';

export interface SheetTile {
  /** Shape [height, width, 3], bytes. */
  readonly rgb: Uint8Array;
  /** Stands under the picture; empty for none. */
  readonly caption: string;
}

export interface SheetBlock {
  readonly heading: string;
  /** As many rows as the sheet has names, as many tiles in each as it has columns. */
  readonly rows: readonly (readonly SheetTile[])[];
}

export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  /** Pixels of a picture. */
  readonly height: number;
  readonly width: number;
  readonly columns: readonly string[];
  readonly rowNames: readonly string[];
  readonly blocks: readonly SheetBlock[];
}

/** In drawn units, of which a picture's pixel takes SCALE; the PNG has two of its pixels a unit. */
const SCALE = 3;
const MARGIN = 32;
const NAMES = 104;
const GAP = 10;
const HEADER = 72;
const HEADING = 62;
const CAPTION = 18;
/** Estimated width of a letter by its size: headings are broken into lines before they are drawn. */
const LETTER = 0.56;

const text = (
  x: number,
  y: number,
  size: number,
  ink: 'ink' | 'ink-soft',
  words: string,
  more = '',
): Markup =>
  html`<text x="${x}" y="${y}" font-family="Inter" font-size="${size}" fill="${color(ink)}" ${raw(more)}
    >${words}</text
  >`;

/** Draws a sheet. @returns a PNG, pictures enlarged without smoothing */
export async function drawSheet(sheet: Sheet): Promise<Uint8Array> {
  const { PNG } = await import('pngjs');
  const { height, width, columns, rowNames } = sheet;
  const [tileWidth, tileHeight] = [width * SCALE, height * SCALE];
  const hasCaptions = sheet.blocks.some(({ rows }) => rows.some((row) => row.some(({ caption }) => caption)));
  const rowHeight = tileHeight + GAP + (hasCaptions ? CAPTION : 0);
  const left = MARGIN + NAMES;
  const whole = left + columns.length * (tileWidth + GAP) - GAP + MARGIN;
  const columnAt = (i: number): number => left + i * (tileWidth + GAP);

  const image = ({ rgb, caption }: SheetTile, x: number, y: number): Markup => {
    const png = new PNG({ width, height });
    for (let pixel = 0; pixel < width * height; pixel++) {
      png.data.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
      png.data[pixel * 4 + 3] = 255;
    }
    const data = PNG.sync.write(png).toString('base64');
    return html`<image
        x="${x}"
        y="${y}"
        width="${tileWidth}"
        height="${tileHeight}"
        image-rendering="optimizeSpeed"
        href="data:image/png;base64,${data}"
      />${
        caption
          ? text(x + tileWidth / 2, y + tileHeight + 13, 10.5, 'ink-soft', caption, 'text-anchor="middle"')
          : ''
      }`;
  };

  const parts: Markup[] = [
    text(MARGIN, MARGIN + 16, 20, 'ink', sheet.title, 'font-weight="700"'),
    text(MARGIN, MARGIN + 38, 12.5, 'ink-soft', sheet.subtitle),
  ];
  let y = MARGIN + HEADER;
  for (const { heading, rows } of sheet.blocks) {
    const lines = wrapText(heading, Math.floor((whole - 2 * MARGIN) / (13.5 * LETTER)));
    lines.forEach((line, i) => parts.push(text(MARGIN, y + i * 19, 13.5, 'ink', line, 'font-weight="700"')));
    const above = y + (lines.length - 1) * 19 + 26;
    columns.forEach((column, i) => {
      const more = 'text-anchor="middle"';
      parts.push(text(columnAt(i) + tileWidth / 2, above, 11.5, 'ink-soft', column, more));
    });
    y = above + 10;
    rows.forEach((tiles, row) => {
      const name = rowNames[row] ?? '';
      parts.push(text(left - 14, y + tileHeight / 2 + 4, 12, 'ink', name, 'text-anchor="end"'));
      tiles.forEach((tile, i) => parts.push(image(tile, columnAt(i), y)));
      y += rowHeight;
    });
    y += HEADING - GAP;
  }
  const total = y - HEADING + MARGIN;
  const svg = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${whole}"
    height="${total}"
    viewBox="0 0 ${whole} ${total}"
  >
    ${parts}
  </svg>`;
  return toPng(standaloneSvg(svg.text));
}
