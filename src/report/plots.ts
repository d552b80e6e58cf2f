/** Draws the charts of a report: SVG by Vega, PNG by resvg with a font of our own. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { TopLevelSpec } from 'vega-lite';
import { curveChart } from './charts/curve.js';
import { effectsChart } from './charts/effects.js';
import type { Chart, Layout } from './charts/layout.js';
import { lossChart } from './charts/losses.js';
import { ratesChart } from './charts/rates.js';
import { scoresChart } from './charts/scores.js';
import { splitsChart } from './charts/splits.js';
import type { CurvesModel } from './curves-types.js';
import { withColors } from './palette.js';
import type { ReportModel } from './types.js';

/** PNGs have twice the pixels of their SVG, for sharp screens. */
const PNG_ZOOM = 2;

/** A drawn chart; colours are still names (palette.ts). */
export interface Plot {
  /** Also the name of its files. */
  readonly name: 'curve' | 'scores' | 'rates' | 'effects' | 'splits' | 'losses';
  readonly svg: Readonly<Record<Layout, string>>;
}

type Charts = readonly (readonly [Plot['name'], (layout: Layout) => Chart | null])[];

/** All charts that the report has figures for. */
export const drawPlots = (model: ReportModel): Promise<Plot[]> =>
  drawCharts([
    ...curveCharts(model),
    ['rates', (layout) => ratesChart(model, layout)],
    ['effects', (layout) => effectsChart(model, layout)],
    ['splits', (layout) => splitsChart(model, layout)],
    ['losses', (layout) => lossChart(model, layout)],
  ]);

/** Those of curves, or of single scores. */
export const drawCurvePlots = (model: CurvesModel): Promise<Plot[]> => drawCharts(curveCharts(model));

const curveCharts = (model: CurvesModel): Charts => [
  ['curve', (layout) => curveChart(model, layout)],
  ['scores', (layout) => scoresChart(model, layout)],
];

async function drawCharts(charts: Charts): Promise<Plot[]> {
  const plots: Plot[] = [];
  for (const [name, chart] of charts) {
    const wide = chart('wide');
    const narrow = chart('narrow');
    if (wide === null || narrow === null) continue;
    plots.push({
      name,
      svg: { wide: await draw(wide, `${name}-wide`), narrow: await draw(narrow, `${name}-narrow`) },
    });
  }
  return plots;
}

/** @param prefix makes ids unique, so that several drawings can stand in one page */
async function draw(chart: Chart, prefix: string): Promise<string> {
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  // See Chart: what is wrong with it shows when it is compiled.
  const spec = chart as unknown as TopLevelSpec;
  // Fonts cannot be measured without a canvas; Vega's estimate is close enough for labels of digits.
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none', logLevel: vega.Error });
  const svg = await view.toSVG();
  view.finalize();
  return withTitles(svg)
    .replace(/\bid="([^"]+)"/g, `id="${prefix}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${prefix}-$1)`);
}

/** What a point says to a screen reader it says to who points at it, too: browsers show titles. */
const withTitles = (svg: string): string =>
  svg.replace(
    /<path aria-label="([^"]*)"([^>]*aria-roledescription="point"[^>]*)\/>/g,
    '<path$2><title>$1</title></path>',
  );

/** A chart as a file of its own: light colours on white. */
export function standaloneSvg(svg: string): string {
  const colored = withColors(svg, 'light');
  return colored.replace(/(<svg[^>]*>)/, '$1<rect width="100%" height="100%" fill="#ffffff"/>');
}

/** Renders a file of its own to PNG, with the font that comes with elbow: servers often have none. */
export async function toPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const font = (await fontFiles()).map(({ path }) => path);
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: PNG_ZOOM },
    font: { loadSystemFonts: false, fontFiles: font, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  });
  return image.render().asPng();
}

async function fontFiles(): Promise<{ path: string }[]> {
  const require = createRequire(import.meta.url);
  const files = ['400Regular/Inter_400Regular.ttf', '700Bold/Inter_700Bold.ttf'];
  return Promise.all(
    files.map(async (file) => {
      const path = require.resolve(`@expo-google-fonts/inter/${file}`);
      // resvg leaves text out without a word when a font cannot be read.
      await readFile(path);
      return { path };
    }),
  );
}
