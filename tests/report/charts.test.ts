import { describe, expect, it } from 'vitest';
import { varyingParams } from '../../src/report/arm-names.js';
import { rowsLayout } from '../../src/report/charts/layout.js';
import { MOST_PANELS, rateLines, ratesChart } from '../../src/report/charts/rates.js';
import { MOST_ROWS, scoresChart } from '../../src/report/charts/scores.js';
import { splitsChart } from '../../src/report/charts/splits.js';
import type { ReportModel } from '../../src/report/types.js';
import { fixture, manyArms, manyRates, noop, quickstart, threeArms } from './fixture.js';

interface Layer {
  readonly data: { readonly values: readonly Readonly<Record<string, unknown>>[] };
}
interface Panel {
  readonly title?: { readonly text: readonly string[] };
  readonly layer: readonly Layer[];
}

const panelsOf = (model: ReportModel): readonly Panel[] => ratesChart(model, 'wide')!['concat'] as Panel[];
/** The rows' labels from top to bottom. */
const rowsOf = (model: ReportModel): unknown[] =>
  (scoresChart(model, 'wide')!['layer'] as Layer[]).at(-1)!.data.values.map((row) => row['label']);

describe('the chart of rates', () => {
  it('has a panel for each value of the first setting, best first, and a line for each of the others', () => {
    const model = fixture(manyRates);
    const panels = panelsOf(model);
    const best = [...new Set(model.rates!.groups.map(({ hash }) => optimizerOf(model, hash)))];
    expect(panels.map(({ title }) => title!.text.join(' '))).toEqual(best);
    expect(rateLines(model)[0]!.label).toBe('loss=cross-entropy batchNorm=true');
    expect(rateLines(model)).toHaveLength(4);
  });

  it('marks of each setting the rate that is best in validation', () => {
    const model = fixture(manyRates);
    const marked = panelsOf(model).flatMap(({ title, layer }) =>
      layer[2]!.data.values.map(({ rate, test }) => ({ panel: title!.text.join(' '), rate, test })),
    );
    const expected = model.rates!.groups.map(({ hash, rate, test }) => ({
      panel: optimizerOf(model, hash),
      rate,
      test,
    }));
    expect(marked).toHaveLength(expected.length);
    expect(marked).toEqual(expect.arrayContaining(expected));
  });

  it('puts a single setting beside the rate into one panel, and a rate alone into one line', () => {
    const two = fixture({
      text: 'name: a\nreplicates: 2\nspace: { samplesPerClass: 50, learningRate: [0.01, 0.1], batchNorm: [true, false] }',
    });
    expect(panelsOf(two)).toHaveLength(1);
    expect(panelsOf(two)[0]!.title).toBeUndefined();
    expect(
      rateLines(two)
        .map(({ label }) => label)
        .sort(),
    ).toEqual(['batchNorm=false', 'batchNorm=true']);
    const alone = fixture({ text: 'name: a\nspace: { samplesPerClass: 50, learningRate: [0.01, 0.1] }' });
    expect(rateLines(alone).map(({ label }) => label)).toEqual(['–']);
  });

  it('calls arms by their names where they have some', () => {
    const model = fixture({
      text: `name: a
space: { samplesPerClass: 50, learningRate: [0.01, 0.1] }
arms: [{ name: plain }, { name: dropped, dropout: 0.5 }]`,
    });
    expect(panelsOf(model)).toHaveLength(1);
    expect(
      rateLines(model)
        .map(({ label }) => label)
        .sort(),
    ).toEqual(['dropped', 'plain']);
  });

  it('draws the panels with the best settings where there are too many', () => {
    const widths = Array.from({ length: MOST_PANELS + 2 }, (_, i) => (i + 1) / 8);
    const model = fixture({
      text: `name: a
space: { samplesPerClass: 50, width: [${widths.join(', ')}], batchNorm: [true, false], learningRate: [0.01, 0.1] }`,
    });
    expect(panelsOf(model)).toHaveLength(MOST_PANELS);
  });

  it('is not there without two rates to choose from', () => {
    expect(ratesChart(fixture({ text: quickstart }), 'wide')).toBeNull();
  });
});

const optimizerOf = (model: ReportModel, hash: string): string =>
  `optimizer=${String(model.arms.find((arm) => arm.hash === hash)!.params['optimizer'])}`;

describe('labels of rows', () => {
  const labelsOf = (names: readonly string[]): readonly string[] => rowsLayout(names, 'narrow', 0).labels;
  const long = `network=${'deep-'.repeat(12)}one`;

  it('lose the middle of what is too long, and keep its ends', () => {
    const [first, second] = labelsOf([long, 'optimizer=adam batchNorm=true']);
    expect(first).toMatch(/^network=dee.*….*deep-one$/);
    expect(first!.length).toBeLessThan(30);
    expect(second).toBe('optimizer=adam\nbatchNorm=true');
  });

  it('stay whole where they would be alike', () => {
    const other = long.replace('deep-deep-deep-deep-deep-deep', 'deep-deep-flat-deep-deep-deep');
    expect(labelsOf([long, other])).toEqual([long, other]);
  });

  it('are whole for who points at a mean', () => {
    const model = fixture({
      text: `name: a\ntrainable: noop\nspace: { network: [short, "${'deep-'.repeat(20)}one"] }`,
    });
    const rows = (scoresChart(model, 'narrow')!['layer'] as Layer[]).at(-1)!.data.values;
    const cut = rows.find(({ label }) => String(label).includes('…'))!;
    expect(cut['said']).toMatch(/^network=(deep-){20}one: 0\.\d{3}$/);
  });
});

describe('settings in which arms differ', () => {
  const arm = (label: string, params: Readonly<Record<string, string | number>>) => ({ label, params });

  it('are those of all arms, in the order of the labels, also what some arms lack', () => {
    const arms = [
      arm('optimizer=sgd rate=0.1', { model: 'lenet', optimizer: 'sgd', rate: 0.1 }),
      arm('optimizer=momentum rate=0.1 beta=0.9', {
        model: 'lenet',
        beta: 0.9,
        optimizer: 'momentum',
        rate: 0.1,
      }),
      arm('optimizer=sgd rate=0.2', { model: 'lenet', optimizer: 'sgd', rate: 0.2 }),
    ];
    expect(varyingParams(arms)).toEqual(['optimizer', 'rate', 'beta']);
    expect(varyingParams([])).toEqual([]);
    expect(varyingParams(arms.slice(0, 1))).toEqual([]);
  });
});

describe('the chart of scores', () => {
  it('has the best arms of one size, best first', () => {
    const model = fixture(manyRates);
    const ranked = [...model.arms].sort((a, b) => a.rank! - b.rank!).map((arm) => arm.label);
    expect(rowsOf(model)).toEqual(ranked.slice(0, MOST_ROWS));
  });

  it('has those of trials without a size', () => {
    expect(rowsOf(fixture({ text: noop }))).toHaveLength(6);
  });

  it('leaves sizes to the curve', () => {
    expect(scoresChart(fixture({ text: manyArms }), 'wide')).toBeNull();
  });
});

describe('the chart of train, validation and test accuracy', () => {
  const points = (model: ReportModel): readonly Readonly<Record<string, unknown>>[] =>
    (splitsChart(model, 'wide') as unknown as Layer).data.values;
  const splits = (model: ReportModel): unknown[] => [...new Set(points(model).map(({ split }) => split))];
  const scored = (_: unknown, { samplesPerClass }: { samplesPerClass: number | null }) => ({
    metrics: { unfamiliar_accuracy: 0.2 + samplesPerClass! / 10_000 },
  });

  it('has a curve of changed test images where they were scored, and none where they were not', () => {
    const model = fixture({ text: threeArms, change: scored });
    expect(splits(model)).toEqual(['train', 'validation', 'test', 'changed images']);
    const changed = points(model).filter(({ split }) => split === 'changed images');
    expect(changed).toHaveLength(4 * 5);
    expect(changed.slice(0, 5)).toMatchObject(
      [20, 50, 100, 200, 500].map((n) => ({ n, accuracy: 0.2 + n / 10_000 })),
    );
    expect(splits(fixture({ text: threeArms }))).toEqual(['train', 'validation', 'test']);
  });

  it('has a dot of them in the rows of a single size', () => {
    const text = threeArms.replace('[20, 50, 100, 200, 500]', '500');
    expect(splits(fixture({ text, change: scored }))).toContain('changed images');
    expect(splits(fixture({ text }))).not.toContain('changed images');
  });
});
