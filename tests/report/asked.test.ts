import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { costOf, sumOrNull } from '../../src/report/costs.js';
import { curvesCsv } from '../../src/report/csv.js';
import { reportHtml } from '../../src/report/html.js';
import { parseSweep, printSpec, specsEqual } from '../../src/spec/index.js';
import { fixture, program, quickstart } from './fixture.js';

const prices = { perHour: 2, perLabel: 0.05 };

describe('a report that is asked otherwise than its sweep', () => {
  const asked = { target: 0.55, delta: 0.02, prices };
  const model = fixture({ text: quickstart, besides: { asked } });

  it('answers that, and keeps the file to be run again as it was', () => {
    expect(model).toMatchObject({ target: 0.55, delta: 0.02, prices });
    expect(model.answers.join(' ')).toContain('δ = 0.02');
    expect(model.answers[3]).toMatch(/^A test accuracy of 0\.55 takes about/);
    expect(model.made.spec).toEqual(fixture({ text: quickstart }).made.spec);
    expect(model.made.spec.report.target).toBe(0.6);
  });

  it('reckons what larger sizes cost: labels of all classes, and the training of all replicates', () => {
    const [arm] = model.arms;
    const { labels, seconds, price } = costOf(model, arm!, 2000);
    expect(labels).toBe(10_000);
    // 1 + n/40 seconds a trial: 13.5 at 500, 26 at 1,000, and by their power of n at 2,000.
    expect(seconds).toBeCloseTo(3 * 26 * (26 / 13.5), 6);
    expect(price).toBeCloseTo((2 * seconds!) / 3600 + 0.05 * 10_000, 6);
    const page = reportHtml(model, []);
    expect(page).toContain('<th>price</th>');
    expect(page).toContain(`<td>${price!.toFixed(2)}</td>`);
    expect(reportHtml(fixture({ text: quickstart }), [])).not.toContain('<th>price</th>');
  });

  it('knows no price of labels that nobody can count', () => {
    const own = fixture({ text: program, besides: { asked } });
    expect(costOf(own, own.arms[0]!, 2000)).toMatchObject({ labels: null, price: null });
    const hours = fixture({
      text: program,
      besides: { asked: { ...asked, prices: { perHour: 2, perLabel: null } } },
    });
    expect(costOf(hours, hours.arms[0]!, 2000).price).toBeGreaterThan(0);
    expect([sumOrNull([]), sumOrNull([1, 2]), sumOrNull([1, null])]).toEqual([0, 3, null]);
  });
});

describe('prices in a sweep file', () => {
  const text = quickstart.replace('target: 0.6', 'target: 0.6, prices: { perHour: 2 }');

  it('are kept, printed, and left out where nobody tells any', () => {
    const spec = parseSweep(text, 'a.yaml');
    expect(spec.report.prices).toEqual({ perHour: 2, perLabel: null });
    expect(specsEqual(parseSweep(printSpec(spec), 'b.yaml'), spec)).toBe(true);
    expect(parseSweep(quickstart, 'a.yaml').report).toEqual({ target: 0.6, delta: 0.01 });
  });

  it('have to be above 0', () => {
    expect(() => parseSweep(text.replace('perHour: 2', 'perHour: 0'), 'a.yaml')).toThrowError(
      expect.objectContaining({ code: 'spec-invalid' }),
    );
  });
});

describe('hours of training', () => {
  const environment = {
    elbowVersion: '0.1.0',
    gitCommit: null,
    node: 'v20.20.2',
    tensorflow: '2.21.0',
    dataDigest: null,
    threads: 1,
    cpuFeatures: null,
  };
  const pageOn = (...devices: string[]): string =>
    reportHtml(
      fixture({
        text: quickstart,
        besides: {
          attempts: devices.map((device) => ({
            trials: 1,
            host: device,
            environment: { ...environment, device },
          })),
        },
      }),
      [],
    ).replace(/\s+/g, ' ');

  it('are those of GPUs where all trials ran on them, and else of what they ran on', () => {
    const page = pageOn('gpu');
    expect(page).toContain('GPU-hours are those of the trials at a size');
    // Three trials of 51 s.
    expect(page).toMatch(/<td>0\.04\d? GPU-hours<\/td>/);
    for (const other of [pageOn('cpu'), pageOn('cpu', 'gpu'), pageOn()]) {
      expect(other).toContain('Hours are those of the trials at a size');
      expect(other).not.toContain('GPU-hour');
      expect(other).toMatch(/<td>2 min \d+ s<\/td>/);
    }
  });
});

describe('intervals on new images', () => {
  /** As many images as cifar10 has for tests: which half of them is right does, or does not, change with the replicate. */
  const answers = (isSame: boolean): Uint8Array[] =>
    [0, 1, 2].map((replicate) => new Uint8Array(1250).fill(isSame || replicate % 2 === 0 ? 0x0f : 0xf0));

  const widths = (isSame: boolean): number[] => {
    const correct = fixture({ text: quickstart }).trialReports.map(({ trial, replicate }) => ({
      trial,
      correct: answers(isSame)[replicate]!,
    }));
    return fixture({ text: quickstart, besides: { correct } }).arms[0]!.points.map(
      ({ elsewhere }) => elsewhere!.hi - elsewhere!.lo,
    );
  };

  it('are the wider the more replicates agree on which images are hard, and stand in curves.csv', () => {
    const [same, other] = [widths(true), widths(false)];
    for (const [i, width] of same.entries()) expect(other[i]).toBeLessThan(width);
    const model = fixture({ text: quickstart });
    const rows: Record<string, string>[] = parse(curvesCsv([model]), { columns: true });
    for (const [i, { elsewhere, plain, pooled }] of model.arms[0]!.points.entries()) {
      const numbers = [plain!, pooled!, elsewhere!].flatMap(({ lo, hi }) => [lo, hi]);
      const names = [
        'plain_low',
        'plain_high',
        'pooled_low',
        'pooled_high',
        'new_images_low',
        'new_images_high',
      ];
      expect(names.map((name) => Number(rows[i]![name]))).toEqual(numbers);
    }
  });
});

describe('classes in a report', () => {
  it('stand in its page, best arm alone, from confusion matrices', () => {
    const plain = fixture({ text: quickstart });
    expect(plain.classes).toBeNull();
    const confusions = plain.trialReports.map(({ trial, testAccuracy }) => {
      const right = Math.round(1000 * testAccuracy!);
      return {
        trial,
        classes: ['cat', 'dog & <b>'],
        counts: [
          [right, 1000 - right],
          [500, 500],
        ],
      };
    });
    const model = fixture({ text: quickstart, besides: { confusions } });
    expect(model.classes!.classes.map(({ name }) => name)).toEqual(['cat', 'dog & <b>']);
    const page = reportHtml(model, []);
    expect(page).toContain('<h2>Which classes profit from labels</h2>');
    expect(page).toContain('dog &amp; &lt;b&gt;');
    expect(page).toMatch(/<polyline points="[\d., ]+"/);
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
