import { describe, expect, it } from 'vitest';
import { compareArms } from '../../src/curves/index.js';
import { curveChart } from '../../src/report/charts/curve.js';
import { effectsChart } from '../../src/report/charts/effects.js';
import { effectsCsv } from '../../src/report/effects-csv.js';
import { reportHtml } from '../../src/report/html.js';
import type { ReportModel } from '../../src/report/types.js';
import {
  fixture,
  manyArms,
  manyRates,
  noop,
  program,
  quickstart,
  threeArms,
  type FixtureOptions,
} from './fixture.js';

const grid = (change?: FixtureOptions['change'], text = threeArms): ReportModel =>
  fixture(change ? { text, change } : { text });

/** The text of a section of the page. */
const sectionOf = (model: ReportModel, title: string): string =>
  reportHtml(model, [])
    .split('<section>')
    .find((part) => part.includes(`<h2>${title}</h2>`))
    ?.replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ') ?? '';

const labelled = (model: ReportModel, label: string): string =>
  model.arms.find((arm) => arm.label === label)!.hash;

describe('what each setting does', () => {
  it('is told of a grid at its largest size, in the order and with the values of the file', () => {
    const { effects } = grid();
    expect(effects).toMatchObject({ n: 500, reason: null, found: { replicates: 3, leftOut: 0 } });
    expect(
      effects!.found!.main.settings.map(({ setting, levels }) => [setting, levels.map(({ level }) => level)]),
    ).toEqual([
      ['optimizer', ['adam', 'sgd']],
      ['batchNorm', [true, false]],
    ]);
  });

  it('is told of the largest size that some replicate has whole', () => {
    const failed = { status: 'failed', testAccuracy: null, objective: null } as const;
    const { effects } = grid((_, { samplesPerClass, number, replicate }) => {
      if (samplesPerClass === 500 && number % 4 === 0) return failed;
      return samplesPerClass === 200 && replicate === 1 ? failed : {};
    });
    expect(effects).toMatchObject({ n: 200, found: { replicates: 2, leftOut: 0 } });
  });

  const ended = (status: 'failed' | 'pruned') =>
    grid(({ params }) =>
      params['optimizer'] === 'sgd' && params['batchNorm'] === false
        ? { status, testAccuracy: null, objective: null }
        : {},
    );

  it.each([
    [
      'chosen arms',
      fixture({
        text: 'name: a\nreplicates: 2\nspace: { samplesPerClass: 50 }\narms: [{ name: plain }, { name: dropped, dropout: 0.5 }, { name: wide, width: 2 }]',
      }),
      'not-a-grid',
    ],
    ['arms of which trials were pruned', ended('pruned'), 'survivors-only'],
    ['a grid of which an arm has no scores', ended('failed'), 'no-whole-replicate'],
  ])('is not told of %s, with the reason', (_, model, reason) => {
    expect(model.effects).toEqual({ n: null, found: null, tied: [], reason });
    expect(sectionOf(model, 'What each setting does')).toContain('cannot be said');
    expect(effectsChart(model, 'wide')).toBeNull();
    expect(effectsCsv(model).trim().split('\n')).toHaveLength(1);
  });

  it('takes a setting that counts beside one value of another with that value', () => {
    const model = grid(
      undefined,
      'name: a\nreplicates: 2\nspace: { samplesPerClass: 50, optimizer: [adam, momentum], momentum: 0.5 }',
    );
    expect(model.effects!.found!.main.settings.map(({ setting }) => setting)).toEqual(['optimizer']);
  });

  it('takes settings that do not cross, such as optimizers with their own rates, together as one', () => {
    const model = fixture(manyRates);
    const { tied, found, reason } = model.effects!;
    expect([reason, tied]).toEqual([null, ['optimizer/learningRate']]);
    expect(found!.main.settings.map(({ setting, levels }) => [setting, levels.length])).toEqual([
      ['optimizer/learningRate', 9],
      ['loss', 2],
      ['batchNorm', 2],
    ]);
    expect(found!.main.settings[0]!.levels[0]!.level).toBe('sgd/0.01');
    // Of the 18 arms with batch norm and those without, pair by pair.
    const of = (isOn: boolean): number => {
      const own = model.arms.filter(({ params }) => params['batchNorm'] === isOn);
      return own.reduce((sum, { points }) => sum + points[0]!.mean / own.length, 0);
    };
    expect(found!.main.settings[2]!.difference!.value).toBeCloseTo(of(true) - of(false), 12);
    expect(sectionOf(model, 'What each setting does')).toContain(
      'optimizer/learningRate stands together as one: not every value of the one was tried with every value of the other.',
    );
  });

  it('is not asked of a single arm', () => {
    const model = fixture({ text: quickstart });
    expect(model).toMatchObject({ effects: null, comparisons: null, crossings: [], bestOf: null });
    const page = reportHtml(model, []);
    expect(page).not.toContain('What each setting does');
    expect(page).not.toContain('Arms compared');
  });

  it('is told of trials without a size, too', () => {
    expect(fixture({ text: noop }).effects).toMatchObject({ n: null, found: { replicates: 4 } });
  });

  it('stands in a table and a chart with a row a value', () => {
    const model = grid();
    const text = sectionOf(model, 'What each setting does');
    const [optimizer] = model.effects!.found!.main.settings;
    expect(text).toContain(`+${optimizer!.difference!.value.toFixed(3)}`);
    expect(text).toContain('p is for 2 tests together (Holm)');
    expect(text).toContain('optimizer × batchNorm adam, true');
    const layers = effectsChart(model, 'narrow')!['layer'] as { data: { values: { label: string }[] } }[];
    expect(layers.at(-1)!.data.values.map(({ label }) => label)).toEqual([
      'optimizer=adam',
      'optimizer=sgd',
      'batchNorm=true',
      'batchNorm=false',
    ]);
  });

  it('has no intervals with one replicate, and says so', () => {
    const model = grid(undefined, threeArms.replace('replicates: 3', 'replicates: 1'));
    const text = sectionOf(model, 'What each setting does');
    expect(text).toContain('With one replicate there is no interval and no test');
    expect(text).not.toContain('95 %');
    expect(sectionOf(model, 'Arms compared')).toContain('With one replicate in common there is no test.');
  });
});

describe('arms compared', () => {
  it('are compared two by two where they are few, best by the objective first', () => {
    const { comparisons, arms } = grid();
    const ranked = [...arms].sort((a, b) => a.rank! - b.rank!);
    expect(comparisons).toMatchObject({ n: 500, family: 6, against: null, leftOut: 0, survivorsOnly: [] });
    expect(comparisons!.arms).toEqual(ranked.map(({ hash }) => hash));
    const [first, second] = ranked;
    const alone = compareArms(
      [first!, second!].map(({ hash, points }) => ({
        arm: hash,
        scores: points.flatMap(({ n, scores }) => scores.map((one) => ({ n, ...one }))),
      })),
    ).pairs[0]!;
    expect(comparisons!.pairs[0]).toMatchObject({
      a: first!.hash,
      b: second!.hash,
      p: alone.p,
      lo: alone.lo,
    });
  });

  it('are each compared with the best where they are many, and no more than thirty', () => {
    const { comparisons, arms } = fixture({ text: manyArms });
    const best = arms.find(({ rank }) => rank === 1)!.hash;
    expect(comparisons).toMatchObject({ against: best, family: 29, leftOut: 18 });
    expect(comparisons!.pairs.every(({ b }) => b === best)).toBe(true);
    expect(sectionOf(fixture({ text: manyArms }), 'Arms compared')).toContain(
      '18 arms with lower ranks are not compared.',
    );
  });

  it('turn round with losses', () => {
    const text = noop.replace('replicates', 'objective: { metric: score, direction: minimize }\nreplicates');
    const [more, less] = [fixture({ text: noop }), fixture({ text })].map((model) => {
      const [a, b] = [model.arms[0]!.hash, model.arms[1]!.hash];
      const pair = model.comparisons!.pairs.find((one) =>
        [one.a, one.b].every((arm) => [a, b].includes(arm)),
      )!;
      return pair.a === a ? pair.difference! : -pair.difference!;
    });
    expect(less).toBeCloseTo(-more!, 12);
  });

  it('leave out those of which trials were pruned, and name them', () => {
    const model = grid(({ params, samplesPerClass, replicate }) =>
      params['optimizer'] === 'sgd' &&
      params['batchNorm'] === true &&
      samplesPerClass === 20 &&
      replicate === 0
        ? { status: 'pruned' }
        : {},
    );
    const hash = labelled(model, 'optimizer=sgd batchNorm=true');
    expect(model.comparisons).toMatchObject({ survivorsOnly: [hash], family: 3 });
    expect(model.comparisons!.arms).not.toContain(hash);
    expect(model.bestOf!.arms).toBe(3);
    expect(sectionOf(model, 'Arms compared')).toContain(
      'Survivors only, and compared with none, because trials were pruned: optimizer=sgd batchNorm=true.',
    );
    expect(model.notes.find(({ code }) => code === 'survivors')!.text).toMatch(
      /^Survivors only: trials of optimizer=sgd batchNorm=true were pruned\. .* too high\.$/,
    );
    expect(sectionOf(model, 'Learning curve').match(/ †/g)).toHaveLength(2);
    expect(sectionOf(model, 'Learning curve')).toContain('† survivors only: trials of the arm were pruned');
    expect(sectionOf(model, 'Learning curve')).toContain('optimizer=sgd batchNorm=true (survivors only)');
    expect(JSON.stringify(curveChart(model, 'wide'))).toContain(' (survivors only)');
  });

  it('are marked nowhere where no trial was pruned', () => {
    expect(reportHtml(grid(), [])).not.toMatch(/survivors only|†/i);
    expect(JSON.stringify(curveChart(grid(), 'wide'))).not.toContain('survivors');
  });

  it('tell what the best is worth on replicates that it was not chosen on', () => {
    const model = fixture({ text: noop });
    expect(model.bestOf).toMatchObject({ arms: 6, replicates: 4, leftOut: 0 });
    // Scores of noop are luck alone.
    expect(model.bestOf!.plain.score).toBeGreaterThan(model.bestOf!.honest.score);
    expect(sectionOf(model, 'Arms compared')).toMatch(
      /What the best of 6 arms is worth: chosen on all 4 replicates, .* has .* there; chosen on all but one .* \(95 % .* to .*\)/,
    );
  });

  it('tell the same of the best where it is the best on every replicate', () => {
    const model = grid(({ params, testAccuracy, objective }) => {
      const more = params['optimizer'] === 'adam' && params['batchNorm'] === true ? 0.3 : 0;
      return { testAccuracy: testAccuracy! + more, objective: objective! + more };
    });
    const { plain, honest } = model.bestOf!;
    expect(honest.score).toBeCloseTo(plain.score, 12);
    const told = plain.score.toFixed(3);
    expect(sectionOf(model, 'Arms compared')).toMatch(
      new RegExp(
        `is worth: .* test accuracy of ${told} there; .* the best has ${told} .* batchNorm=true 3 times`,
      ),
    );
  });

  it('cross where one is shown to be ahead with few images and the other with many', () => {
    const model = grid(({ params, testAccuracy, objective }, { samplesPerClass }) => {
      const more = (params['optimizer'] === 'adam') === samplesPerClass! < 100 ? 0.2 : 0;
      return { testAccuracy: testAccuracy! + more, objective: objective! + more };
    });
    const crossing = model.crossings.find(
      ({ before, after }) =>
        before === labelled(model, 'optimizer=adam batchNorm=true') &&
        after === labelled(model, 'optimizer=sgd batchNorm=true'),
    );
    expect(crossing).toMatchObject({ from: 50, to: 100, sizes: 5 });
    expect(sectionOf(model, 'Arms compared')).toContain(
      'Curves cross: optimizer=adam batchNorm=true is ahead with 50 samples per class, optimizer=sgd batchNorm=true with 100 (95 % for 5 sizes together).',
    );
  });

  it('of two programs are one comparison', () => {
    expect(fixture({ text: program }).comparisons).toMatchObject({ family: 1, n: 1000 });
  });
});

describe('trainings that work or stay at chance', () => {
  const model = grid(({ params }, { samplesPerClass, replicate }) =>
    params['optimizer'] === 'sgd' && params['batchNorm'] === false && samplesPerClass === 500 && replicate > 0
      ? { testAccuracy: 0.1 }
      : {},
  );
  const hash = labelled(model, 'optimizer=sgd batchNorm=false');

  it('count with their scores, and are named', () => {
    expect(model.clusters).toMatchObject([{ arm: hash, n: 500, trained: 1, of: 3 }]);
    expect(model.arms.find((arm) => arm.hash === hash)!.points.at(-1)!.replicates).toBe(3);
    const note = model.notes.find(({ code }) => code === 'clusters')!;
    expect(note.text).toMatch(/optimizer=sgd batchNorm=false with 500 samples per class 1 of 3 \(mean test/);
    expect(sectionOf(model, 'Arms compared')).toContain('* Some trials of this arm stayed at chance');
  });

  it('are none where all trained, or where chance is not known', () => {
    expect(grid().clusters).toEqual([]);
    expect(grid().notes.map(({ code }) => code)).not.toContain('clusters');
    expect(
      fixture({ text: program, change: ({ replicate }) => ({ testAccuracy: replicate / 2 }) }).clusters,
    ).toEqual([]);
  });
});
