import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';

const MINUTES = 60_000;
let stack: TestHome;

beforeAll(async () => {
  stack = createHome();
  expect((await stack.elbow('up')).code).toBe(0);
}, 3 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

const FILE = `name: noisy
trainable: noop
replicates: 5
space: { samplesPerClass: [10, 30, 100], x: [1, 2] }
`;

describe('a sweep that is run until its intervals are narrow', () => {
  it(
    'adds replicates by itself, says why, and is the same sweep when it is asked for again',
    async () => {
      writeFileSync(join(stack.scratch, 'noisy.yaml'), FILE);
      const args = [
        'run',
        'noisy.yaml',
        '--until',
        'width(score@100) < 0.2',
        '--set',
        'budget.maxTrials=300',
      ];
      const run = await stack.elbow(...args);
      expect(run.code, run.stderr).toBe(0);
      const decisions = await queryRows(
        stack,
        "select look, replicates, decision, added, reason from decisions where sweep = 'noisy' order by look",
      );
      // Uniform scores: five replicates of them say the mean to about ±0.13.
      expect(decisions.length).toBeGreaterThanOrEqual(2);
      expect(decisions[0]).toMatchObject({ look: 1, replicates: 5, decision: 'extended' });
      const last = decisions.at(-1)!;
      expect(last).toMatchObject({ decision: 'met', added: 0 });
      expect(run.stdout).toMatch(
        new RegExp(
          `^look ${Number(last['look'])}: width\\(score@100\\) < 0\\.2: so it is for 2 arms with ${Number(last['replicates'])} replicates\\.$`,
          'm',
        ),
      );
      const [{ trials }] = (await queryRows(
        stack,
        "select count(*) as trials from trial_results where sweep = 'noisy' and status = 'succeeded'",
      )) as [{ trials: number }];
      expect(trials).toBe(6 * Number(last['replicates']));
      const [{ width }] = (await queryRows(
        stack,
        "select max(ci_high - ci_low) as width from learning_curve where sweep = 'noisy' and samples_per_class = 100",
      )) as [{ width: number }];
      // The view's interval is that of each size alone; the spread of all sizes together gives about the same.
      expect(width).toBeLessThan(0.3);

      const again = await stack.elbow(...args);
      expect(again.code).toBe(0);
      expect(again.stderr).toContain('The sweep noisy has ended already');
      const show = await stack.elbow('show', 'noisy');
      expect(show.stdout.match(/^look \d+: /gm)).toHaveLength(decisions.length);
    },
    3 * MINUTES,
  );

  it(
    'may be asked of one that has ended, and its best arm be confirmed',
    async () => {
      const until = await stack.elbow('extend', 'noisy', '--until', 'width(score@100) < 0.12');
      expect(until.code, until.stderr).toBe(0);
      expect(until.stdout).toMatch(/^look \d+: width\(score@100\) < 0\.12/m);
      const before = await queryRows(
        stack,
        "select max(replicate) as last from trial_results where sweep = 'noisy'",
      );
      const confirm = await stack.elbow('extend', 'noisy', '--confirm', '4');
      expect(confirm.code, confirm.stderr).toBe(0);
      expect(confirm.stdout.replaceAll('\n', ' ')).toMatch(
        /Confirmed: x=[12] with 100 samples per class, chosen as the best with a mean score of 0\.\d+ on \d+ replicates, has 0\.\d+ \(95 % interval .*\) on 4 fresh ones that had no say in it\./,
      );
      const fresh = await queryRows(
        stack,
        `select replicate, samples_per_class from trial_results where sweep = 'noisy' and replicate > ${String(before[0]!['last'])} order by 1`,
      );
      expect(fresh).toEqual(
        [1, 2, 3, 4].map((i) => ({ replicate: Number(before[0]!['last']) + i, samples_per_class: 100 })),
      );
      // The report has both, and its file runs the same sweep.
      const report = await stack.elbow('report', 'noisy', '--out', 'report');
      expect(report.code, report.stderr).toBe(0);
      const page = readFileSync(join(stack.scratch, 'report', 'report.html'), 'utf8');
      expect(page).toContain('When it had enough');
      expect(page).toContain('Confirmed: x=');
      const same = await stack.elbow('run', 'report/sweep.yaml');
      expect(same.code, same.stderr).toBe(0);
      expect(same.stderr).toContain('has ended already');
    },
    3 * MINUTES,
  );

  it(
    'confirms nothing where nothing was chosen',
    async () => {
      writeFileSync(join(stack.scratch, 'alone.yaml'), FILE.replace('noisy', 'alone').replace('[1, 2]', '1'));
      expect((await stack.elbow('run', 'alone.yaml')).code).toBe(0);
      const alone = await stack.elbow('extend', 'alone', '--confirm');
      expect(alone.code).toBe(2);
      expect(alone.stderr).toContain('the sweep alone has one arm: none was chosen');
      const one = await stack.elbow('extend', 'alone', '--confirm', '1');
      expect(one.code).toBe(2);
      expect(one.stderr).toContain('expected --confirm with a whole number from 2, got 1');
    },
    MINUTES,
  );
});
