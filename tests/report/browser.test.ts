import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../src/report/index.js';
import { fixture, manyArms, manyRates, noop, quickstart, threeArms, troubled } from './fixture.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
const all = {
  quickstart: { text: quickstart },
  threeArms: { text: threeArms },
  manyArms: { text: manyArms },
  manyRates,
  noop: { text: noop },
  troubled,
};
/** How many charts there are where they are not three. */
const charts = { noop: 2, threeArms: 4, manyArms: 5, manyRates: 5 };
const views = [
  { name: 'wide and light', width: 1200, colorScheme: 'light' },
  { name: 'wide and dark', width: 1200, colorScheme: 'dark' },
  { name: 'phone', width: 360, colorScheme: 'light' },
] as const;

/** Skipped, and counted as such, only where there is no browser. */
describe.skipIf(executablePath === undefined)('the report in a browser (needs Chromium)', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'elbow-browser-'));
    for (const [name, options] of Object.entries(all))
      await writeReport(fixture(options), join(folder, name));
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  const cases = Object.keys(all).flatMap((report) => views.map((view) => ({ report, view })));
  it.each(cases)(
    '$report, $view.name: fits, asks for nothing, complains of nothing',
    async ({ report, view }) => {
      const context = await browser.newContext({
        viewport: { width: view.width, height: 800 },
        colorScheme: view.colorScheme,
      });
      try {
        const page = await context.newPage();
        const complaints: string[] = [];
        const requests: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => requests.push(request.url()));
        const url = pathToFileURL(join(folder, report, 'report.html')).href;
        await page.goto(url);
        // Runs in the page, whose types this project does not have.
        const seen = await page.evaluate<{
          overflow: number;
          ink: string;
          paper: string;
          charts: number;
          small: number;
        }>(`(() => {
        const charts = [...document.querySelectorAll('figure svg')].filter((svg) => svg.getBoundingClientRect().width > 0);
        const text = charts.flatMap((svg) => [...svg.querySelectorAll('text')].map((t) => t.getBoundingClientRect().height)).filter((h) => h > 0);
        return {
          overflow: document.documentElement.scrollWidth - window.innerWidth,
          ink: getComputedStyle(document.body).color,
          paper: getComputedStyle(document.body).backgroundColor,
          charts: charts.length,
          small: Math.min(...text),
        };
      })()`);
        expect(complaints).toEqual([]);
        expect(requests).toEqual([url]);
        expect(seen.overflow).toBeLessThanOrEqual(0);
        expect(seen.charts).toBe(charts[report as keyof typeof charts] ?? 3);
        expect(seen.small).toBeGreaterThan(9);
        const brightness = (color: string): number =>
          Math.max(...color.match(/\d+/g)!.slice(0, 3).map(Number));
        const isDark = view.colorScheme === 'dark';
        expect(brightness(seen.ink) > brightness(seen.paper)).toBe(isDark);
      } finally {
        await context.close();
      }
    },
  );
});
