import { describe, expect, it } from 'vitest';
import { workflowIds } from '../../workflows/messages.js';
import { until } from '../support/wait.js';
import {
  elbow,
  endTrial,
  ended,
  seed,
  storage,
  success,
  temporal,
  workflowStatus,
  useServers,
} from './servers.js';

useServers();

describe('rerun', () => {
  it('opens new attempts for what failed alone, and starts the workflow again', async () => {
    const sweep = await ended('again');
    const before = await storage.trialResult(sweep.id, 0);
    const ran = await elbow('rerun', 'again', '--detach');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stderr).toMatch(/Running 1 trial again: 3/);
    expect((await storage.attempts(sweep.id, 3)).map((one) => one.status)).toEqual(['failed', 'queued']);
    expect(await storage.trialResult(sweep.id, 0)).toEqual(before);
    expect((await storage.getSweep(sweep.id)).status).toBe('running');
    expect(await workflowStatus('again')).toBe('RUNNING');
    // It runs now, and everything that must not happen meanwhile is refused.
    const refused = await elbow('rm', 'again', '--yes');
    expect(refused.code, refused.stderr).toBe(2);
    expect(refused.stderr).toMatch(/again is running/);
    const idle = await elbow('rerun', 'again');
    expect(idle, idle.stderr).toMatchObject({ code: 0 });
    expect(idle.stdout).toMatch(/^Nothing to do: /);
    await temporal.client.workflow.getHandle(workflowIds.sweep('again')).terminate();
  });

  it('takes trials by number, and refuses those there are not', async () => {
    const sweep = await ended('numbered');
    const wrong = await elbow('rerun', 'numbered', '--trial', '1,9');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/no trial 9/);
    expect((await storage.attempts(sweep.id, 1)).length).toBe(1);
    const ran = await elbow('rerun', 'numbered', '--trial', '1', '2', '--detach', '--json');
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'running', counts: { queued: 2, failed: 1 } });
    await temporal.client.workflow.getHandle(workflowIds.sweep('numbered')).terminate();
  });

  it('takes trials by a condition on the view, and only of its own sweep', async () => {
    const sweep = await ended('picked');
    await ended('other');
    const wrong = await elbow('rerun', 'picked', '--where', 'no_such_column > 1');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/--where was refused: .*no_such_column.*trial_results/s);
    expect((await elbow('rerun', 'picked', '--where', "x'; drop table trials")).code).toBe(2);
    expect((await elbow('rerun', 'picked', '--where', 'true', '--failed')).stderr).toMatch(
      /expected one of .*got --where and --failed/,
    );
    const none = await elbow('rerun', 'picked', '--where', "sweep = 'other') or (sweep = 'other'");
    expect(none).toMatchObject({ code: 0 });
    expect(none.stdout).toMatch(/^Nothing to do: /);
    const ran = await elbow('rerun', 'picked', '--where', "optimizer = 'sgd' -- mine", '--detach');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/Running 2 trials again: /);
    const again = (await storage.attempts(sweep.id)).filter(({ attempt }) => attempt === 2);
    const chosen = (await storage.trialResults(sweep.id)).filter(
      ({ params }) => params['optimizer'] === 'sgd',
    );
    expect(again.map(({ trial }) => trial)).toEqual(chosen.map(({ trial }) => trial));
    await temporal.client.workflow.getHandle(workflowIds.sweep('picked')).terminate();
  });

  it('has nothing to do where nothing failed', async () => {
    const sweep = await seed('whole');
    for (const number of [0, 1, 2, 3]) await endTrial(sweep, number, success);
    await storage.moveSweep(sweep.id, ['running'], 'finished');
    const ran = await elbow('rerun', 'whole');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/Nothing to do/);
    expect((await storage.getSweep(sweep.id)).status).toBe('finished');
  });

  it('starts a sweep again whose workflow was terminated', async () => {
    const sweep = await seed('lost');
    const ran = await elbow('rerun', 'lost', '--detach');
    expect(ran.code, ran.stderr).toBe(0);
    expect(await workflowStatus('lost')).toBe('RUNNING');
    expect(await storage.countTrials(sweep.id)).toMatchObject({ queued: 4, failed: 0 });
    await temporal.client.workflow.getHandle(workflowIds.sweep('lost')).terminate();
  });
});

describe('cancel', () => {
  it('ends a sweep that has no workflow by itself, and may be repeated', async () => {
    const sweep = await seed('stopped');
    await endTrial(sweep, 0, success);
    const ran = await elbow('cancel', 'stopped', '--json');
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      status: 'cancelled',
      counts: { succeeded: 1, cancelled: 3, queued: 0, running: 0 },
    });
    expect((await elbow('cancel', 'stopped')).code).toBe(0);
    expect((await elbow('watch', 'stopped')).code).toBe(3);
  });

  it('waits until the workflow has cancelled all trials', async () => {
    const sweep = await seed('waiting');
    await elbow('rerun', 'waiting', '--detach');
    let hasReturned = false;
    const cancelling = elbow('cancel', 'waiting').then((ran) => {
      hasReturned = true;
      return ran;
    });
    await until('the request', async () => (await storage.getSweep(sweep.id)).status === 'cancelling');
    expect(hasReturned).toBe(false);
    // What a worker would do.
    const why = { code: 'trial-cancelled', message: 'the sweep was cancelled' };
    await storage.closeTrials(sweep.id, { first: 0, last: null }, 'cancelled', why);
    await storage.moveSweep(sweep.id, ['cancelling'], 'cancelled');
    expect((await cancelling).stdout).toBe('The sweep waiting is cancelled: 4 cancelled\n');
    await temporal.client.workflow.getHandle(workflowIds.sweep('waiting')).terminate();
  });

  it('refuses a finished sweep', async () => {
    await ended('over');
    const ran = await elbow('cancel', 'over');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/has ended \(finished\)/);
  });
});

describe('rm', () => {
  it('says what it would delete, and does not without being told to', async () => {
    const sweep = await ended('old');
    const asked = await elbow('rm', 'old');
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/deletes the sweep old: 4 trials .*6 epochs.*--yes/s);
    expect(await storage.findSweep('old')).not.toBeNull();
    expect((await elbow('rm', 'old', '--yes')).stdout).toMatch(/^Deleted the sweep old/);
    expect(await storage.findSweep('old')).toBeNull();
    expect(await storage.trialResults(sweep.id)).toEqual([]);
  });
});
