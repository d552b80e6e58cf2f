import { expect, describe, it } from 'vitest';
import { buildSweepsReport, differingSubjects, type ReportModel } from '../../src/report/index.js';
import { drawCurvePlots } from '../../src/report/plots.js';
import { sweepsHtml } from '../../src/report/sweeps-html.js';
import { fixture, noop, program, quickstart, threeArms } from './fixture.js';

const ASKED = { asked: { target: 0.6, delta: 0.01 } };
const sweep = (text: string): ReportModel => fixture({ text, besides: ASKED });
const named = (name: string, more = ''): string =>
  quickstart.replace('quickstart', name).replace('space: {', `${more}space: {`);
const lenet = sweep(named('lenet'));
const dropout = sweep(named('dropout').replace('space: {', 'space: { dropout: 0.5, '));
const otherSeed = sweep(named('other-seed', 'seed: 7\n'));
const grid = sweep(threeArms);

const report = (...models: readonly ReportModel[]) => buildSweepsReport(models, new Date(0));
const pageOf = async (model: ReturnType<typeof report>): Promise<string> =>
  sweepsHtml(model, await drawCurvePlots(model));

describe('sweeps beside each other', () => {
  it('have the name of the sweep, and of the setting where there are several', () => {
    expect(report(lenet, dropout).arms.map(({ label }) => label)).toEqual(['lenet', 'dropout']);
    expect(report(lenet, grid).arms.map(({ label }) => label)).toEqual([
      'lenet',
      ...grid.arms.map(({ label }) => `optimizers ${label}`),
    ]);
  });

  it('are compared in pairs where they share their seed, as arms of one sweep are', () => {
    const { comparisons, arePaired, bestOf } = report(lenet, dropout);
    expect(arePaired).toBe(true);
    expect(bestOf).not.toBeNull();
    const [pair] = comparisons!.pairs;
    expect(pair).toMatchObject({ isPaired: true, replicates: 3 });
    const scores = (model: ReportModel) => model.arms[0]!.points.at(-1)!.scores.map(({ score }) => score);
    const [first, second] = [pair!.a, pair!.b].map((hash) =>
      scores(hash.startsWith('lenet') ? lenet : dropout),
    );
    const differences = first!.map((one, i) => one - second![i]!);
    expect(pair!.difference).toBeCloseTo(differences.reduce((sum, one) => sum + one) / 3, 12);
  });

  it('are compared without pairs where they do not, arms of one sweep still in pairs', async () => {
    const two = report(lenet, otherSeed);
    expect(two).toMatchObject({ arePaired: false, bestOf: null });
    expect(two.comparisons!.pairs).toMatchObject([{ isPaired: false, replicates: 3, signFlip: null }]);
    expect(await pageOf(two)).toMatch(
      /Every two arms, without pairs \(Welch\), because their\s+replicates share no seeds/,
    );
    const mixed = report(otherSeed, grid);
    const { pairs } = mixed.comparisons!;
    expect(pairs).toHaveLength(10);
    const isWithin = (hash: string, other: string) => hash.split('/')[0] === other.split('/')[0];
    for (const { a, b, isPaired } of pairs) expect(isPaired).toBe(isWithin(a, b));
  });

  it('are ranked and compared at the largest size that all have, and answer which is best', async () => {
    const model = report(lenet, grid);
    expect(model).toMatchObject({ rankedAt: 500, comparisons: { n: 500 } });
    expect(model.answers[0]).toMatch(
      /^With 500 samples per class, .* has the highest mean validation accuracy of 5 arms/,
    );
    const page = await pageOf(model);
    expect(page).toMatch(/Arms are ranked at\s+500 samples per class\./);
    expect(page).toContain('<h1>lenet and optimizers</h1>');
  });

  it('colours the leading arm of each where there are many, and says so', async () => {
    const longer = sweep(
      threeArms.replace('optimizers', 'longer').replace('space:', 'space:\n  epochs: [30, 80]'),
    );
    const model = report(grid, longer);
    const colored = model.arms.filter(({ isHighlighted }) => isHighlighted);
    expect(colored.map(({ hash }) => hash)).toEqual(
      [grid, longer].map(
        ({ sweep: { name }, arms }) => `${name}/${arms.find(({ rank }) => rank === 1)!.hash}`,
      ),
    );
    expect(colored.every(({ fit }) => fit!.curve.length > 0)).toBe(true);
    expect(await pageOf(model)).toMatch(/The leading arm of each sweep is coloured, the\s+others grey\./);
  });

  it('mark arms of which trials were pruned as survivors only, in legends and tables', async () => {
    const pruned = fixture({
      text: named('pruned'),
      change: (_, { number }) => (number === 0 ? { status: 'pruned' } : {}),
    });
    const page = await pageOf(report(lenet, pruned));
    expect(page).toContain('pruned (survivors only)');
    expect(page).not.toContain('lenet (survivors only)');
    expect(page.match(/\u00a0†/g)).toHaveLength(1);
    expect(page).toMatch(/Survivors only, and compared with none, because trials were pruned: pruned\./);
    expect(await pageOf(report(lenet, dropout))).not.toMatch(/survivors only|†/i);
  });

  it('say in words for a paper by which tests they were compared', async () => {
    expect(await pageOf(report(lenet, dropout))).toMatch(
      /<p class="paper">Curves are averages .* by paired t tests and two one-sided tests within 0\.01/,
    );
    const apart = await pageOf(report(lenet, otherSeed));
    expect(apart).toMatch(/compared at 1,000 per class by Welch’s t tests and two/);
    expect(apart).toContain('Biometrika 34, 1947');
    expect(await pageOf(report(otherSeed, grid))).toContain(
      'by paired or, without shared seeds, Welch’s t tests (10 adjusted together, Holm 1979)',
    );
  });

  it('count GPU-hours where all of them ran on GPUs, and hours where one did not', async () => {
    const timed = (model: ReportModel, areGpuHours: boolean): ReportModel => ({ ...model, areGpuHours });
    expect(await pageOf(report(timed(lenet, true), timed(dropout, true)))).toMatch(/\d GPU-hours</);
    expect(await pageOf(report(timed(lenet, true), timed(dropout, false)))).not.toContain('GPU-hours');
  });

  it('say in which settings their files differ', async () => {
    const model = report(lenet, dropout, otherSeed);
    expect(model.differences).toEqual([
      { path: 'seed', values: ['42', '42', '7'] },
      { path: 'space.dropout', values: ['0', '0.5', '0'] },
    ]);
    expect(await pageOf(model)).toMatch(
      /space\.dropout<\/td>\s*<td class="name">0<\/td>\s*<td class="name">0\.5</,
    );
  });

  it('cannot be compared with other data, another metric, direction or axis', () => {
    expect(differingSubjects([lenet, dropout, grid])).toEqual([]);
    const mnist = sweep(named('digits', 'dataset: mnist\n'));
    expect(differingSubjects([lenet, mnist])).toEqual(['data set: cifar10 in lenet and mnist in digits']);
    const loss = program
      .replace('val_accuracy', 'bytes, direction: minimize')
      .replace('own-program', 'bytes');
    expect(
      differingSubjects([sweep(program), fixture({ text: loss, change: () => ({ testAccuracy: null }) })]),
    ).toEqual([
      'metric: test accuracy in own-program and bytes in bytes',
      'objective: val_accuracy in own-program and bytes in bytes',
      'direction: maximize in own-program and minimize in bytes',
    ]);
    const sized = noop.replace('wait', 'sized').replace('space: {', 'space: { samplesPerClass: [10, 20],');
    expect(differingSubjects([fixture({ text: noop }), fixture({ text: sized })])).toEqual([
      'axis: no sizes in wait and samples per class in sized',
    ]);
  });

  it('answer without sizes, and without any score', async () => {
    const waits = [fixture({ text: noop }), fixture({ text: noop.replace('wait', 'again') })];
    const model = report(...waits);
    expect(model).toMatchObject({ rankedAt: null, comparisons: { n: null } });
    expect(model.answers[0]).toMatch(/ has the highest mean score of 12 arms \(0\.\d+\)\.$/);
    const none = ['none', 'nothing'].map((name) =>
      fixture({
        text: named(name),
        change: () => ({
          status: 'failed',
          failureCode: 'out-of-memory',
          testAccuracy: null,
          objective: null,
        }),
      }),
    );
    const empty = report(...none);
    expect(empty.answers).toEqual(['No trial of these sweeps has a score yet.']);
    expect(await pageOf(empty)).toContain('0 of 21');
  });
});
