import { describe, expect, it } from 'vitest';
import { luckOf } from '../../src/curves/fit.js';
import { classReports, type Confusion } from '../../src/report/classes.js';
import { parseSweep } from '../../src/spec/index.js';
import type { TrialFigures } from '../../src/storage/storage.js';

const spec = parseSweep(
  'name: a\nreplicates: 3\nspace: { samplesPerClass: [50, 100, 200, 400, 800] }',
  'a.yaml',
);
const IMAGES = 1_000;

/** Trials whose classes are recognised by a share of their own at each size. */
function simulate(shares: Readonly<Record<string, (n: number) => number>>) {
  const luck = luckOf(5);
  const names = Object.keys(shares);
  const figures: TrialFigures[] = [];
  const confusions: Confusion[] = [];
  for (const samplesPerClass of [50, 100, 200, 400, 800]) {
    for (let replicate = 0; replicate < 3; replicate++) {
      const trial = figures.length;
      figures.push({
        trial,
        armHash: 'x',
        samplesPerClass,
        replicate,
        status: 'succeeded',
        objective: 0.5,
        testAccuracy: 0.5,
      });
      const counts = names.map((name, label) => {
        const right = Math.round(IMAGES * (shares[name]!(samplesPerClass) + 0.004 * luck.normal()));
        return names.map((_, other) =>
          other === label ? right : other === (label + 1) % names.length ? IMAGES - right : 0,
        );
      });
      confusions.push({ trial, classes: names, counts });
    }
  }
  return { figures, confusions };
}

describe('which classes profit from labels', () => {
  const shares = {
    done: () => 0.9,
    hard: (n: number) => 0.2 + 0.02 * Math.log(n / 50),
    growing: (n: number) => 0.3 + 0.12 * Math.log(n / 50),
  };
  const { figures, confusions } = simulate(shares);
  const report = classReports(spec, 'lenet', figures, confusions)!;

  it('are those whose curve still rises, and not those that are recognised least', () => {
    expect(report).toMatchObject({ arm: 'lenet', n: 800, of: 3 });
    expect(report.classes.map(({ name }) => name)).toEqual(['growing', 'hard', 'done']);
    const [growing, , done] = report.classes;
    expect(growing!.accuracy).toBeCloseTo(shares.growing(800), 2);
    expect(growing!.lastGain!.value).toBeCloseTo(0.12 * Math.LN2, 2);
    expect(growing!.nextGain!.lo).toBeGreaterThan(0.02);
    expect(done!.nextGain!.hi).toBeLessThan(0.02);
    expect(growing!.points.map(({ n }) => n)).toEqual([50, 100, 200, 400, 800]);
  });

  it('are told of twenty of very many, those that are recognised least', () => {
    const many = Object.fromEntries(
      Array.from({ length: 25 }, (_, i) => [`class ${i}`, () => 0.1 + 0.03 * i] as const),
    );
    const simulated = simulate(many);
    const { of, classes } = classReports(spec, 'lenet', simulated.figures, simulated.confusions)!;
    expect(of).toBe(25);
    expect(classes.map(({ name }) => Number(name.slice(6))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
  });

  it('cannot be told with one size, without answers, and of a class without test images', () => {
    expect(classReports(spec, 'lenet', figures.slice(0, 3), confusions.slice(0, 3))).toBeNull();
    expect(classReports(spec, 'lenet', figures, [])).toBeNull();
    const empty = confusions.map((one) => ({
      ...one,
      counts: one.counts.map((row, i) => (i === 1 ? [0, 0, 0] : row)),
    }));
    expect(classReports(spec, 'lenet', figures, empty)!.classes.map(({ name }) => name)).toEqual([
      'growing',
      'done',
    ]);
  });
});
