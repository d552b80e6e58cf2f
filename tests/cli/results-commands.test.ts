import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildSummary, collectSummary, curveText } from '../../src/report/index.js';
import { elbow, endTrial, ended, env, seed, storage, success, useServers } from './servers.js';
import { run } from './support.js';

useServers();

describe('results', () => {
  beforeAll(() => ended('seen'));

  it('are listed and shown, with failures by code and what to do', async () => {
    const list = await elbow('list');
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/^sweep\s+status/);
    expect(list.stdout).toMatch(/^seen +finished +4 +1 /m);
    const show = await elbow('show', 'seen');
    expect(show.code).toBe(0);
    expect(show.stdout).toMatch(/^seen finished: 3 succeeded, 1 failed/);
    expect(show.stdout).toMatch(/^optimizer=adam +10 +1 \/ 1 +0\.438/m);
    expect(show.stdout).toMatch(/out-of-memory: 1 trial failed \(3\)\n {2}the trial used more than 1,300 MB/);
    expect(show.stderr).toMatch(/`elbow rerun seen`/);
  });

  it('are summed up by the arms that lead where there are very many trials', async () => {
    const sweep = (await storage.findSweep('seen'))!;
    const counts = await storage.countTrials(sweep.id);
    const whole = buildSummary(await collectSummary(storage, sweep, counts, new Date()));
    const leading = buildSummary(await collectSummary(storage, sweep, counts, new Date(), 0));
    expect(leading).toMatchObject({
      counts: whole.counts,
      trials: whole.trials,
      notes: whole.notes,
      arms: whole.arms.filter(({ rank }) => rank !== null),
      ofArms: whole.arms.length,
    });
    expect(curveText(leading, { width: 100 }).split('\n')[0]).toBe(
      curveText(whole, { width: 100 }).split('\n')[0],
    );
  });

  it('are one JSON document each', async () => {
    const expected = {
      sweep: 'seen',
      status: 'finished',
      trials: 4,
      counts: { queued: 0, running: 0, succeeded: 3, pruned: 0, failed: 1, cancelled: 0 },
    };
    const show = JSON.parse((await elbow('show', 'seen', '--json')).stdout) as Record<string, unknown>;
    expect(show).toMatchObject(expected);
    expect(show['seconds']).toBeTypeOf('number');
    expect(JSON.parse((await elbow('list', '--json')).stdout)).toMatchObject([expected]);
    const watch = await elbow('watch', 'seen', '--json');
    expect(watch.code).toBe(3);
    expect(Object.keys(JSON.parse(watch.stdout) as object)).toEqual([
      'sweep',
      'status',
      'counts',
      'trials',
      'seconds',
    ]);
  });

  it('are reported as the sweep asks, and as the options ask in place of it', async () => {
    const out = join(env['HOME']!, 'asked');
    const report = async (...options: readonly string[]): Promise<Record<string, unknown>> => {
      const { code, stdout } = await elbow('report', 'seen', '--out', out, '--json', ...options);
      expect(code).toBe(0);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    expect(await report()).toMatchObject({ target: null, delta: 0.01, prices: null });
    const asked = ['--target', '0.8', '--delta', '0.05', '--price-per-hour', '3'];
    expect(await report(...asked)).toMatchObject({
      target: 0.8,
      delta: 0.05,
      prices: { perHour: 3, perLabel: null },
    });
    expect(readFileSync(join(out, 'sweep.yaml'), 'utf8')).not.toContain('0.8');
    expect(existsSync(join(out, 'effects.csv'))).toBe(true);
    for (const [option, value] of [
      ['--target', '1.2'],
      ['--delta', '0'],
      ['--price-per-label', 'much'],
    ] as const) {
      const { code, stderr } = await elbow('report', 'seen', '--out', join(out, 'no'), option, value);
      expect(code).toBe(2);
      expect(stderr).toContain(option);
      expect(existsSync(join(out, 'no'))).toBe(false);
    }
  });

  it('of one trial have settings, figures and epochs', async () => {
    const trial = await elbow('trial', 'seen', '2');
    expect(trial.code).toBe(0);
    expect(trial.stdout).toMatch(/^seen 2 succeeded: optimizer=adam · 20 per class · replicate 0/);
    expect(trial.stdout).toMatch(/accuracy 0\.438, loss 1\.750/);
    expect(trial.stdout).toMatch(/^ +1 +2 +0\.250 .* best$/m);
    expect(trial.stdout).toMatch(/^cat +8 +0\.500 +dog 0\.500\ndog +8 +0\.375 +cat 0\.625$/m);
    const failed = await elbow('trial', 'seen', '3');
    expect(failed.stdout).toMatch(/failure +out-of-memory: the trial used/);
    expect(failed.stdout).not.toContain('mostly taken for');
    const json = JSON.parse((await elbow('trial', 'seen', '2', '--json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ trial: 2, status: 'succeeded', attempts: [{ attempt: 1 }] });
    expect(json['epochMetrics']).toHaveLength(2);
    expect(json['confusion']).toEqual({
      classes: ['cat', 'dog'],
      counts: [
        [4, 4],
        [5, 3],
      ],
    });
  });

  it('have what the trial printed', async () => {
    expect(await elbow('logs', 'seen', '1')).toMatchObject({
      code: 0,
      stdout: '12:00:00.000  hello from 1\n',
    });
    expect((await elbow('logs', 'seen', '1', '--follow')).stdout).toMatch(/hello from 1/);
    const json = JSON.parse((await elbow('logs', 'seen', '1', '--json')).stdout) as unknown;
    expect(json).toMatchObject([{ text: 'hello from 1', stream: 'elbow' }]);
    expect(await elbow('logs', 'seen', '1', '--attempt', '2')).toMatchObject({ code: 2 });
  });

  it('are asked in SQL: a table, JSON or CSV on stdout, and nothing can be written', async () => {
    const sql = 'select trial, test_accuracy from trial_results order by trial limit 2';
    expect(await elbow('query', sql)).toEqual({
      code: 0,
      stdout: 'trial  test_accuracy\n    0         0.4375\n    1         0.4375\n',
      stderr: '2 rows\n',
    });
    expect(JSON.parse((await elbow('query', sql, '--json')).stdout)).toEqual([
      { trial: 0, test_accuracy: 0.4375 },
      { trial: 1, test_accuracy: 0.4375 },
    ]);
    expect((await elbow('query', sql, '--csv')).stdout).toBe('trial,test_accuracy\n0,0.4375\n1,0.4375\n');
    const write = await elbow('query', 'delete from sweeps');
    expect(write).toMatchObject({ code: 2, stdout: '' });
    const wrong = await elbow('query', 'select nope\nfrom trial_results');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^line 1:8: /);
  });

  it('that are not there are told by the nearest name or number', async () => {
    const sweep = await elbow('show', 'sen');
    expect(sweep.code).toBe(2);
    expect(sweep.stderr).toMatch(/Did you mean `seen`\? `elbow list`/);
    const trial = await elbow('trial', 'seen', '4');
    expect(trial.code).toBe(2);
    expect(trial.stderr).toMatch(/numbered 0 to 3/);
  });
});

describe('following', () => {
  it('tells each trial as it ends, and the curve at the end', async () => {
    const sweep = await seed('followed');
    const watching = elbow('watch', 'followed');
    for (const number of [0, 1, 2, 3]) await endTrial(sweep, number, success);
    await storage.moveSweep(sweep.id, ['running'], 'finished');
    const { code, stdout, stderr } = await watching;
    expect(code).toBe(0);
    expect(stdout).toMatch(/test accuracy by samples per class/);
    expect(stdout).toMatch(/^followed finished in .*: 4 succeeded$/m);
    expect(stderr).toMatch(/`elbow report followed`/);
    expect(stdout).not.toMatch(/\[/);
  });

  it('ends with 130 on Ctrl-C, says how to go on, and leaves the sweep as it is', async () => {
    const sweep = await seed('left');
    const stop = new AbortController();
    const watching = run(['watch', 'left'], { env, signal: stop.signal });
    stop.abort();
    const { code, stderr, stdout } = await watching;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/goes on.*`elbow watch left`.*`elbow cancel left`/s);
    expect((await storage.getSweep(sweep.id)).status).toBe('running');
  });
});

describe('own servers', () => {
  it('are prepared by init, which changes nothing the second time', async () => {
    const own = { ...env, TEMPORAL_NAMESPACE: 'own' };
    const first = await run(['init', '--json'], { env: own });
    expect(first.code, first.stderr).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ namespace: 'own', isNew: true, migrations: [] });
    expect((JSON.parse(first.stdout) as { added: string[] }).added).toContain('ElbowSweep');
    const second = await run(['init', '--json'], { env: own });
    expect(JSON.parse(second.stdout)).toEqual({
      namespace: 'own',
      isNew: false,
      added: [],
      retentionDays: 90,
      raisedFromDays: null,
      retentionRefused: null,
      migrations: [],
      reader: 'ready',
      readerLogin: 'set',
    });
  });

  it('need no Temporal to look at results', async () => {
    const database = { ...env };
    delete database['TEMPORAL_ADDRESS'];
    expect((await run(['show', 'seen'], { env: database })).code).toBe(0);
    const rerun = await run(['rerun', 'seen'], { env: database });
    expect(rerun.code).toBe(4);
    expect(rerun.stderr).toContain('the local Temporal is not up');
    expect((await storage.attempts((await storage.findSweep('seen'))!.id, 3)).length).toBe(1);
  });

  it('that lack the namespace are told so, and nothing is half done', async () => {
    const sweep = await ended('nowhere');
    const ran = await run(['rerun', 'nowhere'], { env: { ...env, TEMPORAL_NAMESPACE: 'nowhere' } });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/no namespace nowhere.*`elbow init`/s);
    expect((await storage.getSweep(sweep.id)).status).toBe('finished');
    expect(await storage.attempts(sweep.id, 3)).toHaveLength(1);
  });

  it('out of reach are named, with exit 4', async () => {
    await ended('far');
    const ran = await run(['rerun', 'far'], { env: { ...env, TEMPORAL_ADDRESS: '127.0.0.1:9' } });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/127\.0\.0\.1:9.*TEMPORAL_ADDRESS/s);
  });

  it('have their newest schema already', async () => {
    expect((await elbow('migrate')).stdout).toMatch(/newest schema already/);
  });
});
