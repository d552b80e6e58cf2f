import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/report/html.js';
import { fixture, manyArms, noop, program, quickstart, threeArms } from './fixture.js';

const words = (text: string): number => text.split(/\s+/).length;
const authors = (sources: readonly string[]): string[] => sources.map((one) => one.split(/[\s,.]/)[0]!);

describe('the paragraph for a paper', () => {
  it.each([
    ['one arm', quickstart],
    ['four arms', threeArms],
    ['very many arms', manyArms],
  ])('of %s is as long as one has room for, and names data, seed and versions', (_, text) => {
    const { text: said } = fixture({ text }).methods!;
    expect(words(said)).toBeGreaterThanOrEqual(100);
    expect(words(said)).toBeLessThanOrEqual(160);
    expect(said).toContain('on cifar10 (10 classes, 10,000 test images)');
    expect(said).toMatch(
      /seed 42\).* Software: elbow 0\.1\.0, TensorFlow 2\.21\.0 through TensorFlow\.js\.$/,
    );
  });

  it('names the sizes, replicates and comparisons of the sweep', () => {
    const model = fixture({ text: threeArms });
    expect(model.methods!.text).toContain(
      'was measured for 4 arms (optimizer and batchNorm) at 5 sizes (20 to 500 samples per class) in 3 replicates (60 trials; seed 42)',
    );
    expect(model.methods!.text).toContain(
      'compared at 500 per class by paired t tests (6 adjusted together, Holm 1979) and two one-sided tests within 0.01',
    );
    expect(model.methods!.text).toContain('(patience 3)');
    expect(authors(model.methods!.sources)).toEqual([
      'Cawley',
      'Hoeting',
      'Holm',
      'Mohr',
      'Satopää',
      'Schuirmann',
      'Viering',
    ]);
  });

  it('claims no method that was not used', () => {
    const alone = fixture({ text: quickstart }).methods!;
    expect(alone.text).not.toMatch(/compared|Holm/);
    expect(authors(alone.sources)).toEqual(['Hoeting', 'Mohr', 'Satopää', 'Viering']);
    const once = fixture({ text: threeArms.replace('replicates: 3', 'replicates: 1') }).methods!;
    expect(once.text).not.toMatch(/Intervals|tests/);
    const single = fixture({ text: noop }).methods!;
    expect(single.text).not.toMatch(/curve|elbow is|validation/);
    expect(fixture({ text: program }).methods!.text).not.toMatch(/cifar10|nested|stopped early|weights/);
  });

  it('says how many trials are missing', () => {
    const { text } = fixture({
      text: quickstart,
      change: (_, { number }) =>
        number < 2 ? { status: 'failed', testAccuracy: null, objective: null } : {},
    }).methods!;
    expect(text).toContain('(21 trials, 19 succeeded; seed 42)');
  });

  it('is not there where nothing was measured', () => {
    const failed = { status: 'failed', testAccuracy: null, objective: null } as const;
    const model = fixture({ text: quickstart, change: () => failed });
    expect(model.methods).toBeNull();
    expect(reportHtml(model, [])).not.toContain('For a paper');
  });

  it('stands in the page with how it was made, escaped', () => {
    const page = reportHtml(fixture({ text: quickstart }), []);
    const section = page.slice(page.indexOf('<h2>How it was made</h2>'));
    expect(section).toContain('<h3>For a paper</h3>');
    expect(section).toContain('Viering &amp; Loog 2022');
  });
});
