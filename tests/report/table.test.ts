import { describe, expect, it } from 'vitest';
import { buildTableReport, coloredArms, fitDrawn } from '../../src/report/index.js';
import { drawCurvePlots } from '../../src/report/plots.js';
import { tableHtml } from '../../src/report/table-html.js';
import { rankScores } from '../../src/report/score-ranks.js';
import type { TableArm, TableAsked } from '../../src/report/table-report.js';

const SIZES = [10, 20, 50, 100, 200, 500, 1000];
const score = (top: number, n: number, replicate: number): number =>
  top - 1.1 * n ** -0.35 + 0.01 * Math.sin(12.9898 * n + 78.233 * replicate);
const arm = (name: string, top: number, sizes = SIZES, replicates = [0, 1, 2]): TableArm => ({
  arm: name,
  scores: sizes.flatMap((n) =>
    replicates.map((replicate) => ({ n, replicate, score: score(top, n, replicate) })),
  ),
});

const ASKED: TableAsked = {
  range: { lo: 0, hi: 1 },
  direction: 'maximize',
  delta: 0.01,
  confidence: 0.95,
  seed: 0,
  target: null,
  testSize: null,
  pool: null,
  compareAt: null,
  margin: 0.01,
};

function report(arms: readonly TableArm[], change: Partial<TableAsked & { at: readonly number[] }> = {}) {
  const asked = { ...ASKED, ...change };
  const colored = coloredArms(arms, asked.direction);
  return buildTableReport({
    title: 'scores.csv',
    scoreName: 'score',
    arms: arms.map((one) => ({ ...one, drawn: fitDrawn(one.scores, asked, colored.has(one.arm)) })),
    asked,
    madeAt: new Date(0),
    elbowVersion: '0.1.0',
  });
}

describe('the report of a table', () => {
  it('answers with the score, the elbow, the doubling, the target and the two best arms', () => {
    const { answers } = report([arm('b', 0.75), arm('a', 0.8)], { target: 0.75, testSize: 10_000 });
    expect(answers).toHaveLength(5);
    expect(answers[0]).toMatch(
      /^With 1,000 samples per class, a has the highest mean score of 2 arms: 0\.70\d \(95 % interval 0\.\d+ to 0\.\d+; on new images 0\.\d+ to 0\.\d+; 3 replicates\)\.$/,
    );
    expect(answers[1]).toMatch(
      /^a is ahead of the runner-up, b, by \+0\.050 \(95 % \+0\.0\d+ to \+0\.0\d+; p .*\) with 1,000 samples per class: the two are different\.$/,
    );
    expect(answers[2]).toBe(
      'Elbow, where a doubling no longer brings δ = 0.01: not reached with either arm.',
    );
    expect(answers[3]).toMatch(/^Doubling to 2,000 samples per class would bring about \+0\.0\d+ \(/);
    expect(answers[4]).toMatch(/^A score of 0\.75 takes about [\d,]+ samples per class with a \(/);
  });

  it('calls the curve of a table without arms by its file, and compares nothing', () => {
    const model = report([arm('', 0.8)]);
    expect(model.answers[0]).toMatch(
      /^With 1,000 samples per class, scores\.csv reaches a mean score of 0\.70/,
    );
    expect(model).toMatchObject({ comparisons: null, crossings: [], bestOf: null });
  });

  it('tells sizes that were asked for behind the doublings, which the sentences are about', () => {
    const model = report([arm('', 0.8)], { at: [100, 2000, 9000] });
    expect(model.arms[0]!.fit!.at.map(({ n }) => n)).toEqual([2000, 4000, 100, 9000]);
    expect(model.arms[0]!.fit!.curve.at(-1)!.n).toBe(9000);
    expect(model.answers[2]).toMatch(/^Doubling to 2,000 /);
    expect(model.notes.map(({ code }) => code)).toContain('not-calibrated');
    expect(report([arm('', 0.8)]).notes.map(({ code }) => code)).not.toContain('not-calibrated');
  });

  it('ranks at the size that most arms have, lower losses first, and names arms without it', () => {
    const arms = [arm('a', 0.7), arm('b', 0.8, SIZES.slice(0, 5)), arm('c', 0.6, SIZES.slice(0, 6))];
    const { n, ranks } = rankScores(arms, 'maximize');
    expect([n, ...[...ranks].map(([name, { rank }]) => `${name} ${rank}`)]).toEqual([
      200,
      'b 1',
      'a 2',
      'c 3',
    ]);
    expect([...rankScores(arms, 'minimize').ranks.keys()]).toEqual(['c', 'a', 'b']);
    const model = report([arms[0]!, arms[2]!, arm('d', 0.9, [10, 20])]);
    expect(model.answers[0]).toMatch(/^With 20 samples per class, d has the highest mean score of 3 arms/);
    const odd = report([arms[0]!, arms[2]!, arm('d', 0.9, [15, 30, 60])]);
    expect(odd.notes[0]).toEqual({
      code: 'unranked',
      text: 'Without scores at 500 samples per class, where arms are ranked: d.',
    });
  });

  it('shows the leading ones of hundreds of arms, and says so', async () => {
    const arms = Array.from({ length: 200 }, (_, i) => arm(`arm-${i}`, 0.6 + 0.001 * i, [10, 40, 160, 640]));
    const model = report(arms);
    expect(model.arms.filter(({ isHighlighted }) => isHighlighted).map(({ label }) => label)).toEqual(
      [194, 195, 196, 197, 198, 199].map((i) => `arm-${i}`),
    );
    expect(model.comparisons!.against).toBe('arm-199');
    const page = tableHtml(model, await drawCurvePlots(model));
    expect(page).toContain('The best arms by score are coloured, the others grey.');
    expect(page).toMatch(/The best 12 of 200 arms with a\s+curve are listed; report\.json has all\./);
    expect(page).toContain('170 arms with lower ranks are not compared.');
  });

  it('says its own confidence everywhere, escapes names, and needs nothing else', async () => {
    const model = report([arm('<b>', 0.8), arm('c', 0.75)], { confidence: 0.8 });
    const page = tableHtml(model, await drawCurvePlots(model));
    expect(page).toContain('80 %');
    expect(page).not.toContain('95 %');
    expect(page).not.toContain('<b>,');
    expect(page).toContain('&lt;b&gt;');
    expect(page).not.toMatch(/<script|https?:(?!\/\/www\.w3\.org)/);
  });

  it('compares where it was asked to', async () => {
    const arms = [arm('a', 0.8), arm('b', 0.75)];
    const at = async (compareAt: number | 'mean') => {
      const model = report(arms, { compareAt });
      return [model.answers[1], tableHtml(model, await drawCurvePlots(model))] as const;
    };
    const [sentence, page] = await at(100);
    expect(sentence).toMatch(/^a is ahead of the runner-up, b, by \+0\.050/);
    expect(sentence).toContain(') with 100 samples per class: ');
    expect(page).toMatch(/replicate by replicate with 100 samples per class\. Above 0/);
    const [overSizes, other] = await at('mean');
    expect(overSizes).toContain(') over all sizes: ');
    expect(other).toContain('as means over all sizes that both have');
  });
});
