/** What all charts share: sizes for a wide page and for a phone, fonts, lines. */
import { SURVIVORS_ONLY } from '../arm-names.js';
import type { CurvesModel } from '../curves-types.js';
import { color, seriesColor } from '../palette.js';
import type { ArmReport } from '../types.js';

/**
 * A Vega-Lite specification. Its own type is a union too wide to check layers against that are put together at run
 * time; a test draws every chart, and Vega-Lite refuses what it does not know.
 */
export type Chart = Readonly<Record<string, unknown>>;

/** Every chart is drawn twice: text must stay readable where the page is narrow. */
export type Layout = 'wide' | 'narrow';

/** Width of a whole chart in CSS pixels. */
export const CHART_WIDTH: Readonly<Record<Layout, number>> = { wide: 980, narrow: 340 };

/** Fonts of a chart; a page's own font follows, files use the first. */
export const FONT = 'Inter, system-ui, sans-serif';

/** Vega's configuration, the same for all charts. */
export const CONFIG: Chart = {
  background: 'transparent',
  font: FONT,
  padding: 4,
  view: { stroke: 'transparent' },
  axis: {
    labelColor: color('ink-soft'),
    titleColor: color('ink-soft'),
    titleFontWeight: 'normal',
    labelFontSize: 12,
    titleFontSize: 12,
    titlePadding: 8,
    gridColor: color('grid'),
    domainColor: color('grid'),
    tickColor: color('grid'),
  },
  header: { labelColor: color('ink'), labelFontSize: 12, labelFontWeight: 'bold', title: null },
  legend: {
    labelColor: color('ink'),
    labelFontSize: 12,
    title: null,
    orient: 'bottom',
    symbolType: 'circle',
    symbolStrokeWidth: 0,
    symbolOpacity: 1,
    labelLimit: 0,
    offset: 6,
  },
  text: { fontSize: 12, color: color('ink-soft') },
};

/** Whether there are several sizes: a single one makes no curve. */
export const hasCurve = ({ sizes }: Pick<CurvesModel, 'sizes'>): boolean => sizes.length > 1;

/** Arms that have a colour, with it, in the order of the grid. */
export function highlighted(
  model: Pick<CurvesModel, 'arms'>,
): readonly { readonly arm: ArmReport; readonly color: string }[] {
  return model.arms.filter((arm) => arm.isHighlighted).map((arm, i) => ({ arm, color: seriesColor(i) }));
}

/** A text with its middle left out, in at most so many letters, at least 3. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** Letters of an arm in a legend. */
const LEGEND_LETTERS = 90;

/**
 * The legend of arms: none for a single arm, nor on a phone, where the page has one that can wrap. Vega cannot
 * measure text here and takes a letter for 9 to 10 pixels. Long labels lose their middle; tables have them whole.
 * @param surviving labels of arms of which trials were pruned
 */
export function armLegend(
  labels: readonly string[],
  layout: Layout,
  surviving: readonly string[] = [],
): object | null {
  if (labels.length < 2 || layout === 'narrow') return null;
  const shown = labels.map(
    (label) => shortened(label, LEGEND_LETTERS) + (surviving.includes(label) ? ` (${SURVIVORS_ONLY})` : ''),
  );
  const widest = Math.max(...shown.map((label) => label.length)) * 9.6 + 50;
  return {
    columns: Math.max(1, Math.min(3, Math.floor((CHART_WIDTH[layout] - 60) / widest))),
    labelExpr: `${JSON.stringify(shown)}[indexof(${JSON.stringify(labels)}, datum.label)]`,
  };
}

/** A label in lines that fit a width in pixels, joined by line feeds; broken at spaces only. */
export function inLines(label: string, width: number): string {
  const most = Math.floor(width / 7);
  return label.split(' ').reduce((text, word) => {
    const line = text.slice(text.lastIndexOf('\n') + 1);
    return text === '' ? word : `${text}${line.length + 1 + word.length > most ? '\n' : ' '}${word}`;
  }, '');
}

/** Of the labels of rows, in CSS pixels; a letter of a wide font, DejaVu Sans, is about so wide. */
const LABEL_WIDTH: Readonly<Record<Layout, number>> = { wide: 520, narrow: 130 };
const LETTER_WIDTH = 7.2;
const LINE_HEIGHT = 15;

/** Lines of a row's label, and letters by which a word may be longer than a line before it is cut. */
const MOST_LINES = 4;
const TOLERANCE = 6;

/** Long ones lose the middle of their words, and of all; where that would make two alike they are whole. */
function rowLabels(names: readonly string[], width: number): string[] {
  const most = Math.floor(width / 7);
  const short = names.map((name) => {
    const words = name.split(' ').map((word) => shortened(word, most + TOLERANCE));
    return inLines(shortened(words.join(' '), MOST_LINES * most), width);
  });
  return new Set(short).size === names.length ? short : names.map((name) => inLines(name, width));
}

/**
 * A chart with a row for each label, from top to bottom. Room for the labels is left in numbers: Vega, which cannot measure
 * text here, would leave half as much again.
 * @param below in CSS pixels, for the axis and a legend
 * @returns what the y field `label` holds for each name, its encoding, and the chart's sizes
 */
export function rowsLayout(
  names: readonly string[],
  layout: Layout,
  below: number,
): { readonly labels: readonly string[]; readonly y: object; readonly frame: Chart } {
  const labels = rowLabels(names, LABEL_WIDTH[layout]);
  const lines = labels.map((label) => label.split('\n'));
  const left = Math.max(0, ...lines.flat().map((line) => line.length)) * LETTER_WIDTH + 14;
  const right = 14;
  return {
    labels,
    y: {
      field: 'label',
      type: 'nominal',
      title: null,
      sort: labels,
      axis: {
        labelExpr: "split(datum.label, '\\n')",
        labelLimit: 0,
        labelColor: color('ink'),
        labelLineHeight: LINE_HEIGHT,
        grid: true,
      },
    },
    frame: {
      width: CHART_WIDTH[layout] - left - right,
      height: labels.length * (Math.max(0, ...lines.map((own) => own.length)) * LINE_HEIGHT + 8),
      padding: { left, right, top: 6, bottom: below },
      autosize: { type: 'none', contains: 'content' },
      config: CONFIG,
    },
  };
}

/** A log axis whose ticks are the sizes themselves. */
export function sizeAxis(sizes: readonly number[], layout: Layout) {
  return {
    title: 'samples per class (log scale)',
    values: [...sizes],
    format: ',',
    grid: true,
    labelOverlap: 'greedy' as const,
    labelAngle: 0,
    labelFlush: false,
    labelFontSize: layout === 'wide' ? 12 : 11,
  };
}

/** The domain of a log axis: a little more than the sizes; a single one stands in the middle. */
export function sizeDomain(sizes: readonly number[]): [number, number] {
  const first = sizes[0] ?? 1;
  const last = sizes.at(-1) ?? first;
  if (first === last) return [first / 2, last * 2];
  const margin = (last / first) ** 0.04;
  return [first / margin, last * margin];
}

/** The domain of a score: all values with a margin, and no accuracy outside [0, 1]. */
export function scoreDomain(values: readonly number[], isAccuracy: boolean): [number, number] {
  // Not Math.min(...): a sweep may have more values than a call takes arguments.
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const margin = (high - low) * 0.06 || 0.05;
  const [lo, hi] = [low - margin, high + margin];
  return isAccuracy ? [Math.max(0, lo), Math.min(1, hi)] : [lo, hi];
}
