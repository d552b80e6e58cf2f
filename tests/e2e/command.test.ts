import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let stack: TestHome;

beforeAll(async () => {
  stack = createHome({ env: { MY_TOKEN: 'secret' } });
  expect((await stack.elbow('up')).code).toBe(0);
}, 3 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

const write = (name: string, text: string): void => writeFileSync(join(stack.scratch, name), text);
const read = (name: string): string => {
  const path = join(stack.scratch, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

/** What programs leave in their folders. */
const filesKept = (): string[] => {
  const folder = join(stack.home, 'checkpoints');
  return existsSync(folder) ? readdirSync(folder) : [];
};

const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('a sweep of a program', () => {
  it(
    'has an arm that fails, is shown, and is whole after a rerun',
    async () => {
      write(
        'fails.mjs',
        `import { existsSync } from 'node:fs';
        const [batchNorm, size] = process.argv.slice(2);
        if (batchNorm === 'maybe' && !existsSync('mended')) {
          console.error('batchNorm must not be maybe');
          process.exit(3);
        }
        console.log('token: ' + process.env.MY_TOKEN);
        console.log(JSON.stringify({ epoch: 1, train_loss: 1, error: NaN }).replace('null', 'NaN'));
        console.log(JSON.stringify({ epoch: 2, train_loss: 0.5, error: 1 / size, epochs_to_90_percent: 1.5 }));`,
      );
      write(
        'fails.yaml',
        `name: fails
replicates: 2
trainable: { command: [node, fails.mjs, "{batchNorm}", "{samplesPerClass}"] }
space: { batchNorm: [true, maybe], samplesPerClass: [10, 20] }
objective: { metric: error, direction: minimize }
`,
      );
      const plan = await stack.elbow('run', 'fails.yaml', '--dry-run');
      expect(plan.stdout).toMatch(/fails: 2 arms × 2 sizes × 2 replicates = 8 trials/);
      expect(plan.stdout).toMatch(/command +node fails\.mjs \{batchNorm\} \{samplesPerClass\}/);

      const run = await stack.elbow('run', 'fails.yaml');
      expect(run.code, run.stderr).toBe(3);
      expect(run.stdout).toMatch(/error by samples per class/);
      const show = await stack.elbow('show', 'fails');
      expect(show.stdout).toMatch(/fails finished: 4 succeeded, 4 failed/);
      expect(show.stdout).toMatch(/program-failed: 4 trials failed/);
      expect(show.stdout).toMatch(/ended with exit code 3; its last lines:\n +batchNorm must not be maybe/);
      const json = JSON.parse((await stack.elbow('show', 'fails', '--json')).stdout) as unknown;
      expect(json).toMatchObject({ failures: [{ code: 'program-failed', trials: [1, 3, 5, 7] }] });

      const results = await queryRows(
        stack,
        `select trial, status, samples_per_class, batch_norm, objective, epochs, best_epoch, train_loss, test_accuracy,
           metrics from trial_results where sweep = 'fails' order by trial limit 2`,
      );
      expect(results).toEqual([
        {
          trial: 0,
          status: 'succeeded',
          samples_per_class: 10,
          batch_norm: true,
          objective: 0.1,
          epochs: 2,
          best_epoch: null,
          train_loss: 0.5,
          test_accuracy: null,
          metrics: { error: 0.1, epochs_to_90_percent: 1.5 },
        },
        expect.objectContaining({ trial: 1, status: 'failed', batch_norm: null, objective: null }),
      ]);
      expect(
        await queryRows(
          stack,
          `select tensorflow, device, data_digest, threads, checkpoint, lease, node is not null as node
           from attempts where sweep = 'fails' and trial in (0, 1) order by trial`,
        ),
      ).toEqual(
        // One that fails is tried three times before it counts.
        [1, 3].map((lease) => ({
          tensorflow: null,
          device: null,
          data_digest: null,
          threads: null,
          checkpoint: null,
          lease,
          node: true,
        })),
      );
      const logs = await stack.elbow('logs', 'fails', '0');
      expect(logs.stdout).toMatch(/runs node fails\.mjs true 10 in /);
      expect(logs.stdout).toMatch(/token: undefined/);
      const model = await stack.elbow('predict', 'fails', '0', 'picture.png');
      expect(model.code).toBe(2);
      expect(model.stderr).toMatch(/only elbow's own networks are kept/);

      write('mended', '');
      const rerun = await stack.elbow('rerun', 'fails');
      expect(rerun.code, rerun.stderr).toBe(0);
      expect(
        await queryRows(
          stack,
          `select trial, attempt, status, failure_code from attempts where sweep = 'fails' and trial < 2 order by 1, 2`,
        ),
      ).toEqual([
        { trial: 0, attempt: 1, status: 'succeeded', failure_code: null },
        { trial: 1, attempt: 1, status: 'failed', failure_code: 'program-failed' },
        { trial: 1, attempt: 2, status: 'succeeded', failure_code: null },
      ]);
      const report = await stack.elbow('report', 'fails', '--out', 'report');
      expect(report.code, report.stderr).toBe(0);
      expect(readFileSync(join(stack.scratch, 'report', 'report.html'), 'utf8')).toContain('node fails.mjs');
      expect(filesKept()).toEqual([]);
    },
    4 * MINUTES,
  );

  it(
    'goes on from its own files after a pause and after its worker was killed, and leaves no process behind',
    async () => {
      write(
        'slow.mjs',
        `import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
        process.on('SIGTERM', () => undefined);
        const state = process.env.ELBOW_FOLDER + '/state';
        let epoch = existsSync(state) ? Number(readFileSync(state, 'utf8')) : 0;
        appendFileSync('starts', process.pid + ' ' + epoch + '\\n');
        const step = () => {
          if (existsSync('stop') && epoch >= 3) return;
          epoch++;
          console.log(JSON.stringify({ epoch, train_loss: 1 / epoch, score: epoch }));
          // Never half a state, as docs/command.md asks for: it is killed at any moment.
          writeFileSync(state + '.new', String(epoch));
          renameSync(state + '.new', state);
          setTimeout(step, 100);
        };
        step();`,
      );
      write(
        'slow.yaml',
        'name: slow\ntrainable: { command: [node, slow.mjs] }\nobjective: { metric: score, direction: maximize }\n',
      );
      const starts = (): [number, number][] =>
        read('starts')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(' ').map(Number) as [number, number]);
      const reached = async (executions: number): Promise<number> => {
        await until(`execution ${executions}`, () => starts().length === executions);
        const [pid, from] = starts().at(-1)!;
        await until('three epochs more', () =>
          filesKept().some((id) => {
            const state = join(stack.home, 'checkpoints', id, 'files', 'state');
            return existsSync(state) && Number(readFileSync(state, 'utf8')) >= from + 3;
          }),
        );
        return pid;
      };
      const run = await stack.elbow('run', 'slow.yaml', '--detach');
      expect(run.code, run.stderr).toBe(0);
      const first = await reached(1);
      const pause = await stack.elbow('pause', 'slow', '--now');
      expect(pause.code, pause.stderr).toBe(0);
      expect(isRunning(first)).toBe(false);
      expect(filesKept()).toHaveLength(1);

      await stack.elbow('resume', 'slow', '--detach');
      const second = await reached(2);
      const status = JSON.parse((await stack.elbow('workers', '--json')).stdout) as { pid: number }[];
      process.kill(status[0]!.pid, 'SIGKILL');
      await until('the program of the killed worker to end', () => !isRunning(second));
      const up = await stack.elbow('up');
      expect(up.code, up.stderr).toBe(0);
      const third = await reached(3);
      write('stop', '');
      const watch = await stack.elbow('watch', 'slow');
      expect(watch.code, watch.stderr).toBe(0);
      expect(isRunning(third)).toBe(false);

      // Each execution began where the one before had stopped, and the epochs are there once.
      const from = starts().map(([, epoch]) => epoch);
      expect(from[0]).toBe(0);
      expect(from[1]).toBeGreaterThanOrEqual(3);
      expect(from[2]).toBeGreaterThanOrEqual(from[1]! + 3);
      const [result] = await queryRows(
        stack,
        "select attempt, epochs, objective from trial_results where sweep = 'slow'",
      );
      expect(result).toMatchObject({ attempt: 1 });
      expect(result!['objective']).toBe(result!['epochs']);
      // Paused in the middle of what it was printing, it has every epoch that it had printed.
      expect(
        await queryRows(
          stack,
          `select count(*) as n from epoch_metrics where sweep = 'slow' and epoch <= ${from[1]}`,
        ),
      ).toEqual([{ n: from[1] }]);
      const epochs = await queryRows(
        stack,
        "select epoch from epoch_metrics where sweep = 'slow' order by 1",
      );
      expect(epochs.at(-1)).toEqual({ epoch: result!['epochs'] });
      expect(filesKept()).toEqual([]);
    },
    4 * MINUTES,
  );

  it(
    'is ended at its time limit, and not tried again',
    async () => {
      write(
        'long.yaml',
        'name: long\ntrainable: { command: [sleep, "{seconds}"], timeLimit: 2 }\n' +
          'space: { seconds: 3600 }\nobjective: { metric: score, direction: maximize }\n',
      );
      const run = await stack.elbow('run', 'long.yaml');
      expect(run.code).toBe(3);
      expect(run.stdout).toMatch(/program-timeout.*\n +the program ran longer than its time limit of 2 s/);
      expect(await queryRows(stack, "select lease from attempts where sweep = 'long'")).toEqual([
        { lease: 1 },
      ]);
    },
    2 * MINUTES,
  );

  it(
    'is the example of the documentation',
    async () => {
      mkdirSync(join(stack.scratch, 'rings'));
      for (const name of ['two-rings.py', 'two-rings.yaml'])
        copyFileSync(join(packageRoot, 'examples', name), join(stack.scratch, 'rings', name));
      const run = await stack.elbow('run', 'rings/two-rings.yaml', '--replicates', '1', '--json');
      expect(run.code, run.stderr).toBe(0);
      expect(JSON.parse(run.stdout)).toMatchObject({ counts: { succeeded: 10, failed: 0 } });
      const [row] = await queryRows(
        stack,
        "select min(test_accuracy) as low, max(test_accuracy) as high, min(epochs) as epochs from trial_results where sweep = 'two-rings'",
      );
      expect(row!['low']).toBeGreaterThan(0.45);
      expect(row!['high']).toBeGreaterThan(0.85);
      expect(row!['epochs']).toBe(40);
    },
    3 * MINUTES,
  );
});
