import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/report/html.js';
import { buildSweepsReport, type ReportModel } from '../../src/report/index.js';
import { fixture, manyArms, quickstart, threeArms, type FixtureOptions } from './fixture.js';

const grid = (change?: FixtureOptions['change'], text = threeArms): ReportModel =>
  fixture(change ? { text, change } : { text });

describe('the leading arm beside the runner-up, on top of a report', () => {
  it('says how far it is ahead of the runner-up, and whether it is', () => {
    const modelOf = (adam: number, wobble: number): ReportModel =>
      grid(
        ({ params }, { samplesPerClass, replicate }) => {
          const better = params['optimizer'] === 'adam' ? adam : 0;
          const score =
            0.4 + samplesPerClass! / 5_000 + wobble * [0, 1, -1][replicate]! * (better > 0 ? 1 : -1);
          return { testAccuracy: score + better, objective: score + better };
        },
        threeArms.replace('[true, false]', 'true'),
      );
    const leading = (adam: number, wobble: number): string => modelOf(adam, wobble).answers[1]!;
    expect(leading(0.1, 0.001)).toMatch(
      /^optimizer=adam is ahead of the runner-up, optimizer=sgd, by \+0\.100 \(95 % \+0\.09\d to \+0\.10\d; p [<\d. ]+\) with 500 samples per class: the two are different\.$/,
    );
    expect(leading(0.0001, 0.0001)).toMatch(/by \+0\.000 .*: the two are equivalent within 0\.01\.$/);
    const note = 'by two one-sided tests, which are the 90 % interval lying within the margin';
    expect(reportHtml(modelOf(0.0001, 0.0001), [])).toContain(note);
    expect(reportHtml(modelOf(0.1, 0.001), [])).not.toContain(note);
    expect(leading(0.01, 0.02)).toMatch(
      /: undecided; about \d+ replicates would tell; the smallest margin that these data can show is 0\.\d{3}\.$/,
    );
  });

  it('says so where the arm that is best in validation is behind in test', () => {
    const model = grid(
      ({ params }, { samplesPerClass, replicate }) => {
        const isAdam = params['optimizer'] === 'adam';
        const test = 0.4 + samplesPerClass! / 5_000 + 0.001 * replicate;
        return { testAccuracy: isAdam ? test - 0.05 : test, objective: isAdam ? 0.9 : 0.8 };
      },
      threeArms.replace('[true, false]', 'true'),
    );
    expect(model.answers[1]).toMatch(
      /^optimizer=adam is behind the runner-up, optimizer=sgd, by \+0\.050 \(/,
    );
  });

  it('says nothing of arms that were not tested', () => {
    const once = grid(undefined, threeArms.replace('replicates: 3', 'replicates: 1'));
    expect(once.answers.join(' ')).not.toContain('runner-up');
    const many = fixture({ text: manyArms });
    const [first, second] = many.comparisons!.arms.map((hash) => many.arms.find((arm) => arm.hash === hash)!);
    expect(many.answers[1]).toContain(`${first!.label} is ahead of the runner-up, ${second!.label}, by +`);
  });

  it('says nothing where the leading arm is one of survivors: it is compared with none', () => {
    const whole = grid();
    const leader = whole.arms.find(({ rank }) => rank === 1)!;
    expect(whole.answers[1]).toMatch(new RegExp(`^${leader.label} is `));
    const pruned = grid(({ armHash: hash }, { samplesPerClass, replicate }) =>
      hash === leader.hash && samplesPerClass === 20 && replicate === 0 ? { status: 'pruned' } : {},
    );
    expect(pruned.arms.find(({ rank }) => rank === 1)!.hash).toBe(leader.hash);
    expect(pruned.answers.join(' ')).not.toMatch(/ahead of|behind/);
  });

  it('is beside the best arm of the other sweeps where several are compared', () => {
    const model = buildSweepsReport([fixture({ text: quickstart }), grid()], new Date(0));
    const ranked = model.arms.toSorted((a, b) => a.rank! - b.rank!);
    const sweepOf = (arm: (typeof ranked)[number]): string => arm.hash.split('/')[0]!;
    const other = ranked.find((arm) => sweepOf(arm) !== sweepOf(ranked[0]!))!;
    const who = other.rank === 2 ? 'the runner-up' : 'the best of the others';
    expect(model.answers[1]).toMatch(
      new RegExp(`^${ranked[0]!.label} is (ahead of|behind) ${who}, ${other.label}, by \\+`),
    );
  });
});
