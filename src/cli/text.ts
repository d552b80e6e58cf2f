/** Figures and tables as the terminal shows them. Pure. */
import { columnsOf } from '../wrap-text.js';

/** 80 as `1 m 20 s`; below ten seconds with a decimal; null as a dash. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} m ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 12345 as `12,345`, the same on every machine. */
export const countText = (value: number): string => value.toLocaleString('en-US');

/** `1 trial`, `21 trials`. */
export const countedText = (value: number, noun: string): string =>
  `${countText(value)} ${noun}${value === 1 ? '' : 's'}`;

/** 0.51234 as `0.512`; large figures shorter, null as a dash. */
export function figureText(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value)) return countText(value);
  if (size >= 1000) return countText(Math.round(value));
  if (size >= 100) return value.toFixed(1);
  return size >= 0.001 ? value.toFixed(3) : value.toExponential(1);
}

/** Bytes as `0.4 MB`, `12 MB`, `3.1 GB` (10⁶ and 10⁹ bytes). */
export function sizeText(bytes: number): string {
  const [value, unit] = bytes >= 1e9 ? [bytes / 1e9, 'GB'] : [bytes / 1e6, 'MB'];
  return `${value < 10 ? value.toFixed(1) : countText(Math.round(value))} ${unit}`;
}

/** How long ago, for lists: `3 m ago`. */
export function agoText(then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export interface Column {
  readonly title: string;
  /** Figures stand at the right. */
  readonly right?: boolean;
}

export interface TableOptions {
  /** Applied to the header once it is padded. */
  readonly header?: (text: string) => string;
  /** Applied to a cell once it is padded. */
  readonly cell?: (text: string, row: number, column: number) => string;
}

/** Aligned columns without borders, two spaces between them; no line ends in spaces. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  // Not Math.max(...): a query may have more rows than a call takes arguments.
  const widths = columns.map((column, i) =>
    rows.reduce((widest, row) => Math.max(widest, columnsOf(row[i] ?? '')), columnsOf(column.title)),
  );
  const line = (cells: readonly string[], paint: (text: string, column: number) => string): string =>
    columns
      .map((column, i) => {
        const text = cells[i] ?? '';
        const gap = ' '.repeat((widths[i] ?? 0) - columnsOf(text));
        if (column.right) return gap + paint(text, i);
        return paint(text, i) + (i === columns.length - 1 ? '' : gap);
      })
      .join('  ')
      .trimEnd();
  const { header = (text) => text, cell = (text) => text } = options;
  return [
    line(
      columns.map((column) => column.title),
      header,
    ),
    ...rows.map((row, r) => line(row, (text, c) => cell(text, r, c))),
  ];
}

/** Cuts a text to so many columns. */
export function cutText(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** A p value: `p 0.034`, `p < 0.001`. */
export const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(3)}`);
