import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPresets, loadSweep, planTrials } from '../../src/spec/index.js';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';

const MINUTES = 60_000;
const presets = (await listPresets()).filter(({ source }) => /^ {2}small:$/m.test(source));
let stack: TestHome;

beforeAll(async () => {
  stack = createHome({ data: true });
  const ended = await stack.elbow('up');
  if (ended.code !== 0) throw new Error(ended.stderr);
}, 10 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

describe('the small scale of each preset', () => {
  it.each(presets.map(({ name }) => name))(
    'of %s is trained to its end, every trial with accuracies',
    async (preset) => {
      const { spec } = await loadSweep(preset, { scale: 'small' });
      const trials = planTrials(spec).length;
      const ended = await stack.elbow('run', preset, '--scale', 'small', '--json');
      expect(ended.code, ended.stderr).toBe(0);
      expect(JSON.parse(ended.stdout)).toMatchObject({
        sweep: `${preset}-small`,
        status: 'finished',
        trials,
        counts: { succeeded: trials, failed: 0 },
      });
      const rows = await queryRows(
        stack,
        `select arm, test_accuracy, epochs from trial_results where sweep = '${preset}-small'`,
      );
      expect(rows).toHaveLength(trials);
      for (const row of rows) {
        expect(row['epochs']).toBeGreaterThanOrEqual(1);
        expect(row['test_accuracy']).toBeGreaterThan(0);
      }
    },
    5 * MINUTES,
  );
});

describe('how long presets take', () => {
  it(
    'is measured in real trainers, kept, and told as a range',
    async () => {
      const before = await stack.elbow('presets');
      expect(before.stderr).toMatch(/elbow presets --measure/);
      expect(before.stdout).not.toMatch(/about/);
      const measured = await stack.elbow('presets', '--measure', '--json');
      expect(measured.code, measured.stderr).toBe(0);
      const rows = JSON.parse(measured.stdout) as { name: string; seconds: Record<string, number> }[];
      for (const { name, seconds } of rows) {
        expect(seconds['least'], name).toBeGreaterThan(0);
        expect(seconds['about']).toBeGreaterThanOrEqual(seconds['least']!);
        expect(seconds['most']).toBeGreaterThanOrEqual(seconds['about']!);
      }
      const after = await stack.elbow('presets', '--json');
      expect(JSON.parse(after.stdout)).toEqual(rows);
      expect((await stack.elbow('presets')).stdout).toMatch(/about +at least – at most/);
    },
    3 * MINUTES,
  );
});
