/**
 * Colours of plots. Plots are drawn in names (`var(--ink)`); a page gives the names their colours, light and dark,
 * and a file of its own gets the light ones put in. Series after Okabe and Ito, told apart by people who see red
 * and green alike (https://jfly.uni-koeln.de/color/), lightened for dark pages.
 */

/** Colour names of plots, with their light and dark values. */
export const COLORS = {
  ink: { light: '#1b2330', dark: '#e8ecf2' },
  'ink-soft': { light: '#5b6675', dark: '#a3adbb' },
  grid: { light: '#e3e7ec', dark: '#2c3440' },
  paper: { light: '#ffffff', dark: '#161b22' },
  other: { light: '#c3cad3', dark: '#46505d' },
  'series-0': { light: '#0068a8', dark: '#5cb8f0' },
  'series-1': { light: '#d55e00', dark: '#ff9248' },
  'series-2': { light: '#00855f', dark: '#37c79c' },
  'series-3': { light: '#b3508c', dark: '#e58fc4' },
  'series-4': { light: '#c98500', dark: '#f2bd4b' },
  'series-5': { light: '#5a4fcf', dark: '#a79bff' },
  'series-6': { light: '#6b4a2b', dark: '#c9a27e' },
} as const;

export type ColorName = keyof typeof COLORS;

/** A colour by name, as plots are drawn with. */
export const color = (name: ColorName): string => `var(--${name})`;

/** How many series have a colour of their own. */
export const SERIES_COUNT = 7;

/** Colour of a series by its place, which wraps around. */
export function seriesColor(index: number): string {
  return `var(--series-${index % SERIES_COUNT})`;
}

/** A drawing with its colour names replaced, for a file that stands alone. */
export function withColors(svg: string, theme: 'light' | 'dark' = 'light'): string {
  return svg.replace(/var\(--([a-z0-9-]+)\)/g, (whole, name: string) =>
    Object.hasOwn(COLORS, name) ? COLORS[name as ColorName][theme] : whole,
  );
}

/** CSS declarations of all colours. */
export function cssColors(theme: 'light' | 'dark'): string {
  return Object.entries(COLORS)
    .map(([name, values]) => `--${name}:${values[theme]};`)
    .join('');
}
