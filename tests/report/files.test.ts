import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curvesCsv, trialsCsv } from '../../src/report/csv.js';
import { reportHtml } from '../../src/report/html.js';
import { writeReport } from '../../src/report/index.js';
import { parseSweep, specsEqual } from '../../src/spec/index.js';
import { fixture, manyArms, manyRates, noop, program, quickstart, threeArms, troubled } from './fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'elbow-report-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const all = [
  { name: 'quickstart', options: { text: quickstart }, charts: ['curve', 'losses', 'splits'] },
  { name: 'threeArms', options: { text: threeArms }, charts: ['curve', 'effects', 'losses', 'splits'] },
  {
    name: 'manyArms',
    options: { text: manyArms },
    charts: ['curve', 'effects', 'losses', 'rates', 'splits'],
  },
  { name: 'manyRates', options: manyRates, charts: ['effects', 'losses', 'rates', 'scores', 'splits'] },
  { name: 'noop', options: { text: noop }, charts: ['effects', 'scores'] },
  { name: 'program', options: { text: program }, charts: ['curve', 'effects', 'losses', 'splits'] },
  { name: 'troubled', options: troubled, charts: ['curve', 'losses', 'splits'] },
];

describe.each(all)('the files of $name', ({ name, options, charts }) => {
  const model = fixture(options);
  const read = (file: string): Promise<string> => readFile(join(folder, name, file), 'utf8');

  beforeAll(async () => {
    await writeReport(model, join(folder, name));
  });

  it('are a page, data, and each chart as SVG and PNG; nothing half-written is left', async () => {
    const pictures = charts.flatMap((chart) => [`${chart}.png`, `${chart}.svg`]);
    expect((await readdir(join(folder, name))).sort()).toEqual(
      [
        'curves.csv',
        'effects.csv',
        'report.html',
        'report.json',
        'sweep.yaml',
        'trials.csv',
        ...pictures,
      ].sort(),
    );
  });

  it('hold the whole model, and a spec that is the same again', async () => {
    expect(JSON.parse(await read('report.json'))).toEqual(model);
    expect(specsEqual(parseSweep(await read('sweep.yaml'), 'sweep.yaml'), model.made.spec)).toBe(true);
  });

  it('have one row a trial, one an arm and size, and one an effect', async () => {
    expect((await read('trials.csv')).trim().split('\n')).toHaveLength(model.trials + 1);
    const points = model.arms.reduce((sum, arm) => sum + arm.points.length, 0);
    expect((await read('curves.csv')).trim().split('\n')).toHaveLength(points + 1);
    const { found = null } = model.effects ?? {};
    const effects = [
      ...(found?.main.settings ?? []).flatMap(({ levels }) => levels),
      ...(found?.interactions?.pairs ?? []).flatMap(({ cells }) => cells),
    ];
    expect((await read('effects.csv')).trim().split('\n')).toHaveLength(effects.length + 1);
  });

  it('say how quick trials were, in the words of the views', async () => {
    for (const file of ['trials.csv', 'curves.csv']) {
      const [head, row] = (await read(file)).split('\n');
      expect(head).toMatch(/,epochs_to_90_percent,steps_to_90_percent,seconds_to_90_percent$/);
      if (row !== '') expect(/,\d[\d.]*,\d[\d.]*,\d[\d.]*$/.test(row!)).toBe(name !== 'noop');
    }
  });

  it('need no network: the page names no other file and runs no script', async () => {
    const page = await read('report.html');
    expect(page).not.toMatch(/<script|<link|<iframe|<img|@import|url\((?!#)/i);
    expect(page).not.toMatch(/(src|href)="(?!#)/);
    expect(page).toContain(`<title>${model.sweep.name} · elbow</title>`);
  });

  it('have unique ids across the drawings of the page', async () => {
    const ids = [...(await read('report.html')).matchAll(/\bid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(charts)(
    'have a picture that stands alone, %s: no names of colours, no NaN, text in the PNG',
    async (chart) => {
      const svg = await read(`${chart}.svg`);
      expect(svg).not.toMatch(/var\(|NaN|undefined|Infinity/);
      const png = PNG.sync.read(await readFile(join(folder, name, `${chart}.png`)));
      expect(png.width).toBeGreaterThan(1200);
      expect(lowerInk(png)).toBeGreaterThan(100);
    },
  );
});

/** Dark pixels low in a picture, where the text of axes and legends is. */
function lowerInk(png: PNG): number {
  let ink = 0;
  for (let y = Math.floor(png.height * 0.85); y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      if (png.data[(y * png.width + x) * 4]! < 160) ink++;
    }
  }
  return ink;
}

describe('the page', () => {
  it('escapes what others wrote', async () => {
    await writeReport(fixture(troubled), join(folder, 'escaped'));
    const page = await readFile(join(folder, 'escaped', 'report.html'), 'utf8');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script>');
  });

  it('shows what was found: counts, the figures of one trial, and settings to try', () => {
    const model = fixture(troubled);
    const text = reportHtml(model, []);
    expect(text).toContain('<h2>Diagnosis</h2>');
    expect(text).toContain('in epoch 3 &lt;b&gt;.');
    expect(text).toContain('<code>learningRate: 0.0001</code> – a tenth of the rate');
    expect(text).toContain('19 of 20');
    expect(reportHtml({ ...model, diagnoses: [] }, [])).not.toContain('<h2>Diagnosis</h2>');
  });

  it('shows settings at their best rate, with how quick they were', () => {
    const model = fixture(manyRates);
    const text = reportHtml(model, []).replace(/\s+/g, ' ');
    expect(text).toContain('<h2>Each at its best rate</h2>');
    expect(text).toContain('<span title="the highest rate tried">↑</span> <b>0.1</b>');
    expect(text).toContain('<span title="the lowest rate tried">↓</span> <b>0.3</b>');
    expect(text).toContain('<td>≥ 0.003</td>');
    expect(text).toContain('above 0.190, a tenth of the way from guessing (0.100)');
    expect(text).toContain('seconds<br />to 90 %');
    expect(text).not.toContain('Left out:');
    expect(text).not.toContain('<h2>How quick</h2>');
    expect(reportHtml({ ...model, rates: { ...model.rates!, leftOut: 2 } }, [])).toContain(
      'Left out: 2 settings with fewer than two rates',
    );
    expect(reportHtml({ ...model, rates: null }, [])).not.toContain('<h2>Each at its best rate</h2>');
  });

  it('tells how far training images are ahead, and what is left on changed ones where they were asked for', () => {
    const plain = reportHtml(fixture({ text: threeArms }), []);
    expect(plain).toContain('<summary>Gaps between training and test images</summary>');
    expect(plain).not.toContain('changed images');
    const model = fixture({
      text: threeArms,
      change: () => ({ trainAccuracy: 0.9, testAccuracy: 0.5, metrics: { unfamiliar_accuracy: 0.3125 } }),
    });
    const row = reportHtml(model, [])
      .replace(/\s+/g, ' ')
      .match(/<td>0.900<\/td> <td>0.500<\/td> <td>\+0.400<\/td> <td>0.31[23]<\/td>/);
    expect(row).not.toBeNull();
    expect([...trialsCsv(model)].join('').split('\n')[0]).toContain(',metric_unfamiliar_accuracy,');
    expect(curvesCsv([model]).split('\n')[1]).toContain(
      `,0.9,${model.arms[0]!.splits[0]!.validation},0.5,0.3125,`,
    );
  });

  it('marks no rate that is not at an edge, and shows no figures that no trial has', () => {
    const text = reportHtml(
      fixture({
        ...manyRates,
        change: (result, trial) => ({
          ...manyRates.change!(result, trial),
          metrics: {},
          valAccuracy: [0.01, 1, 0.001].includes(Number(result.params['learningRate'])) ? 0.2 : 0.1,
        }),
      }),
      [],
    );
    expect(text).toContain('↓');
    expect(text).not.toContain('↑');
    expect(text).not.toContain('to 90 %');
  });

  it('names settings without their rate where arms have names', () => {
    const text = reportHtml(
      fixture({
        text: 'name: a\nspace: { samplesPerClass: 100 }\narms: [{ learningRate: [0.1, 0.01] }, { name: plain, optimizer: sgd, learningRate: [0.1, 0.01] }, { name: heavy, optimizer: momentum, learningRate: [0.1, 0.01] }]',
      }),
      [],
    );
    const section = text.slice(text.indexOf('Each at its best rate'), text.indexOf('<h2>How it was made'));
    expect(section).toMatch(/<td class="name">–<\/td>/);
    expect(section).toMatch(/<td class="name">plain<\/td>/);
    expect(section).toMatch(/<td class="name">heavy<\/td>/);
  });

  it('shows how quick arms were where there is one rate, and not at all without the figures', () => {
    const arms = reportHtml(fixture({ text: threeArms }), []);
    expect(arms).toContain('<h2>How quick</h2>');
    expect(arms).not.toContain('Each at its best rate');
    const sizes = reportHtml(fixture({ text: quickstart }), []);
    expect(sizes.match(/<h2>How quick<\/h2>[^]*?<\/section>/)![0].match(/<tr>/g)).toHaveLength(1 + 7);
    expect(reportHtml(fixture({ text: quickstart, change: () => ({ metrics: {} }) }), [])).not.toContain(
      '<h2>How quick</h2>',
    );
  });

  it('escapes values of settings in drawings and tables', async () => {
    const text = 'name: a\ntrainable: noop\nspace: { x: ["<img src=q onerror=1>", "\\"&"] }';
    await writeReport(fixture({ text }), join(folder, 'settings'));
    const page = await readFile(join(folder, 'settings', 'report.html'), 'utf8');
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=q onerror=1&gt;');
  });

  it('is written when nothing has succeeded', async () => {
    const model = fixture({
      text: quickstart,
      change: () => ({
        status: 'failed',
        testAccuracy: null,
        objective: null,
        failureCode: 'data-missing',
        failureMessage: 'gone',
      }),
    });
    const { files } = await writeReport(model, join(folder, 'failed'));
    expect(files[0]).toBe(join(folder, 'failed', 'report.html'));
    expect(await readFile(files[0]!, 'utf8')).toContain('None of the 21 trials succeeded');
  });
});

describe('a folder', () => {
  it('keeps what is not ours, and is refused when it is a file', async () => {
    const dir = join(folder, 'kept');
    await mkdir(dir);
    await writeFile(join(dir, 'notes.txt'), 'mine');
    await writeReport(fixture({ text: noop }), dir);
    expect(await readFile(join(dir, 'notes.txt'), 'utf8')).toBe('mine');
    await expect(writeReport(fixture({ text: noop }), join(dir, 'notes.txt'))).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--out'),
    });
  });
});
