import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/report/html.js';
import { fixture, noop, program, quickstart, threeArms } from './fixture.js';

describe('what to run next', () => {
  const model = fixture({ text: quickstart });

  it('is replicates and sizes that the pool has, the most narrowing an hour first, as commands', () => {
    const { asked, arm, steps } = model.next!;
    expect({ asked, arm }).toEqual({ asked: 'target', arm: 'lenet' });
    expect(steps.map(({ options }) => options).sort()).toEqual([
      '--replicates 5',
      '--replicates 6',
      '--set samplesPerClass=[2000]',
      '--set samplesPerClass=[4000]',
      '--set samplesPerClass=[710]',
    ]);
    for (const { width, seconds, trials } of steps) {
      expect(width).toBeGreaterThan(0);
      expect(width).toBeLessThanOrEqual(1);
      expect(seconds).toBeGreaterThan(0);
      expect(trials).toBeGreaterThan(0);
    }
    const worth = steps.map(({ width, seconds }) => -Math.log(width) / seconds!);
    expect(worth).toEqual(worth.toSorted((a, b) => b - a));
    // 1 + n/40 seconds a trial at the sizes, and what those foretell beyond them.
    expect(steps.find(({ options }) => options === '--replicates 5')!.seconds).toBeCloseTo(
      2 * (7 + (10 + 20 + 50 + 100 + 200 + 500 + 1000) / 40),
      6,
    );
    const page = reportHtml(model, []);
    expect(page).toContain('elbow extend quickstart --set samplesPerClass=[2000]');
  });

  it('counts the trials of all arms, which an extension adds to', () => {
    const three = fixture({ text: threeArms }).next!;
    expect(three.steps.find(({ options }) => options === '--set samplesPerClass=[1000]')!.trials).toBe(12);
    expect(three.asked).toBe('score');
  });

  it('offers no size that there are no images for, and none beside all images', () => {
    const sizes = (text: string): string[] =>
      fixture({ text })
        .next!.steps.map(({ options }) => options)
        .filter((one) => one.includes('samples'));
    expect(sizes('name: a\nreplicates: 2\nspace: { samplesPerClass: [100, 1000, 4000] }')).toEqual([
      '--set samplesPerClass=[2000]',
    ]);
    expect(sizes('name: a\nreplicates: 2\nspace: { samplesPerClass: [100, 500, null] }')).toEqual([
      '--set samplesPerClass=[1600]',
    ]);
    const own = sizes(program.replace('[10, 100, 1000]', '[10, 100, 1000, 100000]'));
    expect(own).toContain('--set samplesPerClass=[200000]');
  });

  it('is not there without curves, nor where scores turn', () => {
    expect(fixture({ text: noop }).next).toBeNull();
    const turning = fixture({
      text: quickstart,
      change: (_, { samplesPerClass, replicate }) => ({
        testAccuracy: 0.4 + (samplesPerClass === 100 ? -0.2 : 0) + 0.001 * replicate,
      }),
    });
    expect(turning.notes.map(({ code }) => code)).toContain('not-monotone');
    expect(turning.next).toBeNull();
  });
});
