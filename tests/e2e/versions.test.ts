/** Several builds of elbow on one stack: real servers, real trainings. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stackFiles } from '../../src/stack/state.js';
import { readVersions } from '../../src/versions.js';
import { pidOf, up } from '../stack/live.js';
import { copyBuild } from '../support/builds.js';
import { createHome, queryRows } from '../support/elbow.js';
import type { TestHome } from '../support/elbow.js';
import { logsOf, metricsOf, startAndReachCheckpoint } from '../support/sweeps.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
const SPEC = 'space: { samplesPerClass: [100, 200], epochs: 6, patience: 6 }\nreplicates: 2\n';
const OWN = readVersions();
const OTHER = 'fedcba987654';

let stack: TestHome;
/** Newer; trains by other code. */
let next: Pick<TestHome, 'elbow' | 'start'>;
/** Newer; trains by the same code. */
let patch: Pick<TestHome, 'elbow' | 'start'>;

beforeAll(async () => {
  stack = createHome({ data: true, env: { ELBOW_CHECKPOINT_SECONDS: '0' } });
  writeFileSync(join(stack.scratch, 'spec.yaml'), SPEC);
  const build = (name: string, versions: Parameters<typeof copyBuild>[1]) =>
    stack.by(copyBuild(join(stack.scratch, name), versions));
  patch = build('patch', { elbow: '0.98.0', workflows: 'aaaaaaaaaaaa' });
  next = build('next', { elbow: '0.99.0', training: OTHER, workflows: 'bbbbbbbbbbbb' });
  await up(stack);
  const run = await stack.elbow('run', 'spec.yaml', '--name', 'undisturbed');
  expect(run.code, run.stderr).toBe(0);
}, 5 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

/** Versions of the training code of a sweep, by trial. */
const versionsOf = async (name: string): Promise<unknown[]> =>
  (
    await queryRows(stack, `select version from training_versions where sweep = '${name}' order by trial`)
  ).map(({ version }) => version);

async function expectEnded(name: string): Promise<string> {
  const ended = await stack.elbow('watch', name);
  expect(ended.code, ended.stderr).toBe(0);
  const attempts = await queryRows(
    stack,
    `select trial, attempt, status from attempts where sweep = '${name}'`,
  );
  expect(attempts).toHaveLength(4);
  expect(attempts.every(({ status, attempt }) => status === 'succeeded' && attempt === 1)).toBe(true);
  expect(await metricsOf(stack, name)).toEqual(await metricsOf(stack, 'undisturbed'));
  return ended.stdout;
}

describe('`up` of another build while a sweep runs', () => {
  it(
    'replaces the worker; trainings go on from their checkpoints where the training code is the same',
    async () => {
      await startAndReachCheckpoint(stack, 'patched');
      const before = pidOf(stackFiles.workerPid(stack.home));
      const started = await patch.elbow('up');
      expect(started.code, started.stderr).toBe(0);
      expect(started.stderr).toContain('was started by another build');
      expect(pidOf(stackFiles.workerPid(stack.home))).not.toBe(before);
      expect(await expectEnded('patched')).not.toContain('Trained by');
      expect(await logsOf(stack, 'patched')).toMatch(
        /goes on after (step \d+ of )?epoch \d, from its checkpoint/,
      );
      expect(new Set(await versionsOf('patched'))).toEqual(new Set([OWN.training]));
    },
    4 * MINUTES,
  );

  it(
    'starts trainings over where it is not, says that the sweep is mixed, and a rerun mends that',
    async () => {
      await startAndReachCheckpoint(stack, 'upgraded');
      await until('a trial to end', async () => {
        const rows = await queryRows(
          stack,
          "select 1 from trial_results where sweep = 'upgraded' and status = 'succeeded'",
        );
        return rows.length > 0;
      });
      const started = await next.elbow('up');
      expect(started.code, started.stderr).toBe(0);
      const ending = await expectEnded('upgraded');
      const logs = await logsOf(stack, 'upgraded');
      expect(logs).toMatch(/is not used: it was made by elbow's training code [0-9a-f]{12} /);
      expect(logs).not.toContain('goes on after');
      expect(new Set(await versionsOf('upgraded'))).toEqual(new Set([OWN.training, OTHER]));
      const said = "Trained by 2 versions of elbow's training code";
      expect(ending).toContain(said);
      const report = await stack.elbow('report', 'upgraded', '--json');
      expect(report.stdout).toContain("trained by 2 versions of elbow's training code");
      const show = await stack.elbow('show', 'upgraded');
      expect(show.stdout).toContain(said);
      const [, condition] = /elbow rerun upgraded --where "(.*)"`/.exec(show.stdout)!;
      const rerun = await stack.elbow('rerun', 'upgraded', '--where', condition!);
      expect(rerun.code, rerun.stderr).toBe(0);
      expect(rerun.stdout).not.toContain('Trained by');
      expect(new Set(await versionsOf('upgraded'))).toEqual(new Set([OTHER]));
      expect(await metricsOf(stack, 'upgraded')).toEqual(await metricsOf(stack, 'undisturbed'));
    },
    5 * MINUTES,
  );

  it(
    'of an older one goes back to it',
    async () => {
      const started = await next.elbow('run', 'spec.yaml', '--name', 'downgraded', '--detach');
      expect(started.code, started.stderr).toBe(0);
      await up(stack);
      await expectEnded('downgraded');
      const doctor = await stack.elbow('doctor', '--json');
      const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; found: string }[] };
      expect(checks.find(({ name }) => name === 'workflow code')?.found).toContain(
        `workflows are run by ${OWN.workflows.id}`,
      );
      expect(checks.filter(({ name }) => name === 'training code')).toEqual([]);
    },
    4 * MINUTES,
  );
});

describe('workers of two builds on one pool', () => {
  it(
    'are told of; a sweep is trained by one of them, and by the other once that one has ended',
    async () => {
      const worker = next.start('worker', '--slots', '2');
      try {
        await until('two workers', async () => {
          const { stdout } = await stack.elbow('workers', '--json');
          return (JSON.parse(stdout) as unknown[]).length === 2;
        });
        const workers = await stack.elbow('workers');
        for (const version of [OWN.training, OTHER]) expect(workers.stdout).toContain(`(${version})`);
        expect(workers.stderr).toContain('several versions of the training code');
        const doctor = await stack.elbow('doctor');
        expect(doctor.stdout).toContain('pool default has 2 versions');
        expect(doctor.stdout).toMatch(/workflows are run by 0\.99\.0-b+ .*; 1 older: /);

        const run = await stack.elbow('run', 'spec.yaml', '--name', 'fleet');
        expect(run.code, run.stderr).toBe(0);
        expect(new Set(await versionsOf('fleet')).size).toBe(1);

        await startAndReachCheckpoint(stack, 'handed-over');
        const isNext = (await versionsOf('handed-over')).includes(OTHER);
        if (isNext) worker.child.kill('SIGTERM');
        else process.kill(pidOf(stackFiles.workerPid(stack.home)), 'SIGTERM');
        await expectEnded('handed-over');
        expect((await versionsOf('handed-over')).at(-1)).toBe(isNext ? OWN.training : OTHER);
      } finally {
        worker.child.kill('SIGTERM');
        await worker.ended;
      }
    },
    6 * MINUTES,
  );
});
