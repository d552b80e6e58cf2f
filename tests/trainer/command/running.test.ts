import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { until } from '../../support/wait.js';
import { isRunning, makeFolder, node, removeFolders, runCommand } from './support.js';

afterEach(() => {
  vi.unstubAllEnvs();
  removeFolders();
});

const print = (value: unknown): string => `console.log(${JSON.stringify(JSON.stringify(value))});`;
const GOOD = print({ score: 0.5 });

describe('a program', () => {
  it('is told its parameters as arguments, as a file and in its environment, and no shell reads them', async () => {
    const source = `
      const fs = require('node:fs');
      fs.writeFileSync(process.argv[1] + '/seen.json', JSON.stringify({
        args: process.argv.slice(2),
        file: JSON.parse(fs.readFileSync(process.env.ELBOW_PARAMS, 'utf8')),
        mode: (fs.statSync(process.env.ELBOW_PARAMS).mode & 0o777).toString(8),
        env: Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(ELBOW|OMP|MINE)/.test(name))),
        cwd: process.cwd(),
      }));
      ${GOOD}`;
    const place = makeFolder();
    const args = [
      '{folder}',
      '--rate={rate}',
      '{name}',
      '{{{isOn}}}',
      '{samplesPerClass}/{seed}/{replicate}',
    ];
    const run = runCommand(node(source, ...args), {
      trainable: { env: { MINE: '{rate}' } },
      job: {
        place,
        params: { rate: 1e-7, name: '$(touch x); "*" \' é', isOn: true },
        about: { ...about, samplesPerClass: 20 },
      },
    });
    await expect(run.ended).resolves.toMatchObject({ status: 'succeeded', objective: 0.5 });
    const seen = JSON.parse(readFileSync(join(place, 'files', 'seen.json'), 'utf8')) as Seen;
    expect(seen.args).toEqual(['--rate=1e-7', '$(touch x); "*" \' é', '{true}', '20/1234/1']);
    expect(seen.file).toEqual({
      parameters: { rate: 1e-7, name: '$(touch x); "*" \' é', isOn: true },
      ...about,
      samplesPerClass: 20,
      objective: 'score',
      folder: join(place, 'files'),
    });
    expect(seen.mode).toBe('600');
    expect(seen.cwd).toBe(place);
    expect(seen.env).toEqual({
      ELBOW_SWEEP: 'mine',
      ELBOW_TRIAL: '3',
      ELBOW_ATTEMPT: '2',
      ELBOW_REPLICATE: '1',
      ELBOW_SEED: '1234',
      ELBOW_SAMPLES_PER_CLASS: '20',
      ELBOW_PARAMS: join(place, 'params-1.json'),
      ELBOW_FOLDER: join(place, 'files'),
      OMP_NUM_THREADS: '2',
      MINE: '{rate}',
    });
    // The file is gone with the execution, its folder is there for the next one.
    expect(readdirSync(place)).toEqual(['files']);
    expect(statSync(place).isDirectory()).toBe(true);
  });

  it('finds in its folder what an earlier execution of the same attempt has left', async () => {
    const place = makeFolder();
    const source = `
      const fs = require('node:fs');
      const file = process.argv[1] + '/state';
      const before = fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : 0;
      fs.writeFileSync(file, String(before + 1));
      console.log(JSON.stringify({ epoch: before + 1, score: before }));`;
    const first = runCommand(node(source, '{folder}'), { job: { place } });
    await expect(first.ended).resolves.toMatchObject({ objective: 0 });
    await runCommand(node(source, '{folder}'), { job: { place, lease: 2 } }).ended;
    const third = runCommand(node(source, '{folder}'), { job: { place, lease: 3 } });
    await expect(third.ended).resolves.toMatchObject({ objective: 2, epochs: 3 });
    // Epochs after the one that it goes on from are dropped.
    expect(third.begins).toEqual([2]);
    expect(third.lines.join('\n')).toMatch(/its folder holds what an earlier execution/);
    expect(first.lines.join('\n')).not.toMatch(/its folder holds/);
  });

  it('has its epochs, the last value of each metric, and the rest of what it wrote in the log', async () => {
    const run = runCommand(
      node(`
        ${print({ epoch: 1, train_loss: 1, val_accuracy: 0.25, learning_rate: 0.1 })}
        ${print({ epoch: 1, val_loss: 2 })}
        console.log('between');
        console.error('aside');
        ${print({ epoch: 2, train_loss: 0.5, val_accuracy: 0.75, test_accuracy: 0.7, score: 3, flops: 12 })}
        ${print({ message: 'saved', step: 7 })}
        process.stdout.write('no end');`),
    );
    const outcome = await run.ended;
    expect(outcome).toMatchObject({
      status: 'succeeded',
      epochs: 2,
      bestEpoch: null,
      trainLoss: 0.5,
      valLoss: 2,
      valAccuracy: 0.75,
      testAccuracy: 0.7,
      trainAccuracy: null,
      objective: 3,
      metrics: { score: 3, flops: 12, step: 7, learning_rate: 0.1 },
      failure: null,
    });
    expect(run.epochs).toEqual([
      {
        epoch: 1,
        trainLoss: 1,
        trainAccuracy: null,
        valLoss: 2,
        valAccuracy: 0.25,
        learningRate: 0.1,
        seconds: expect.any(Number),
      },
      expect.objectContaining({ epoch: 2, trainLoss: 0.5, valLoss: null, valAccuracy: 0.75 }),
    ]);
    expect(run.begins).toEqual([0]);
    expect(run.lines.slice(1).sort()).toEqual([
      'stderr: aside',
      'stdout: between',
      'stdout: no end',
      'stdout: {"message":"saved","step":7}',
    ]);
    expect(run.lines[0]).toMatch(/^elbow: runs .*node -e '/);
  });

  it('may open its output by name, as shell scripts do', async () => {
    const place = makeFolder();
    vi.stubEnv('TMPDIR', makeFolder());
    const script =
      'echo aside > /dev/stderr; echo between | tee /dev/stdout; echo \'{{"score": 0.5}}\' > /proc/self/fd/1';
    const run = runCommand(['sh', '-c', script], { job: { place } });
    await expect(run.ended).resolves.toMatchObject({ objective: 0.5 });
    expect(run.lines.slice(1).sort()).toEqual(['stderr: aside', 'stdout: between', 'stdout: between']);
    // Of the names nothing is left.
    expect(readdirSync(process.env['TMPDIR']!)).toEqual([]);
  });

  it('that floods its output waits for what is written, and takes no memory of the worker', async () => {
    const before = process.memoryUsage().rss;
    let most = before;
    const megabytes = 200;
    const run = runCommand(
      node(`
        const line = 'x'.repeat(99) + '\\n';
        const block = line.repeat(10_000);
        let left = ${megabytes};
        const more = () => { while (left-- > 0) if (!process.stdout.write(block)) return void process.stdout.once('drain', more); ${GOOD} };
        more();`),
      { flush: () => new Promise((resolve) => setImmediate(resolve)) },
    );
    const look = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    await expect(run.ended).resolves.toMatchObject({ status: 'succeeded' });
    clearInterval(look);
    expect(run.flushes).toBeGreaterThan(20);
    // Kept are 20,000 lines, of which the test itself holds each.
    expect(run.lines.length).toBe(1 + 20_000 + 1);
    expect(run.lines.at(-1)).toMatch(/has written 20000 lines: further ones are not kept/);
    expect(most - before).toBeLessThan(120e6);
  });

  it('stands still while nothing that it writes can be stored', async () => {
    const place = makeFolder();
    let release = (): void => undefined;
    const stored = new Promise<void>((resolve) => (release = resolve));
    const run = runCommand(
      node(
        `
        const fs = require('node:fs');
        for (let i = 0; i < 100; i++) {
          fs.writeSync(1, 'y'.repeat(9999) + '\\n');
          fs.writeFileSync(process.argv[1] + '/count', String(i + 1));
        }
        ${GOOD}`,
        '{folder}',
      ),
      { job: { place }, flush: () => stored },
    );
    const count = (): number => {
      const file = join(place, 'files', 'count');
      return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    };
    await until('the first flush', () => run.flushes > 0);
    const seen: number[] = [];
    await until('the program to stand still', () => seen.unshift(count()) > 8 && seen[0] === seen[8]);
    const last = count();
    // A megabyte in all: what it could write fits into pipes and what may wait.
    expect(last).toBeLessThan(60);
    release();
    await run.ended;
    expect(count()).toBe(100);
  });
});

describe('a program that fails', () => {
  it.each([
    [
      'an exit code',
      'console.error("no such file"); process.exit(7)',
      /ended with exit code 7; its last lines:\nno such file$/,
    ],
    [
      'a signal',
      'process.kill(process.pid, "SIGSEGV"); setInterval(() => 0, 1000)',
      /ended with SIGSEGV; it wrote no line$/,
    ],
    [
      'the system',
      'process.kill(process.pid, "SIGKILL"); setInterval(() => 0, 1000)',
      /SIGKILL, which most often means/,
    ],
  ])('with %s says so, with its last lines', async (_, source, message) => {
    const run = runCommand(node(`${GOOD} ${source}`));
    await expect(run.ended).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringMatching(message),
    });
  });

  it('tells the last lines only, each of them short', async () => {
    const run = runCommand(
      node(
        `for (let i = 0; i < 100; i++) console.log('line ' + i + 'z'.repeat(1000)); process.exitCode = 1;`,
      ),
    );
    const error = (await run.ended.catch((thrown: unknown) => thrown)) as Error;
    expect(
      error.message
        .split('\n')
        .slice(1)
        .map((line) => line.slice(0, 7)),
    ).toEqual(Array.from({ length: 15 }, (_, i) => `line ${85 + i}`));
    expect(error.message.length).toBeLessThan(7_000);
  });

  it('is quoted without what Postgres and Temporal refuse: NUL, colours, half characters', async () => {
    const run = runCommand(
      node(`
        process.stdout.write(Buffer.from([0x61, 0x00, 0xff, 0x07, 0x0a]));
        console.log('\\x1b[31mred\\x1b[0m');
        console.log('p' + '😀'.repeat(300));
        process.exitCode = 1;`),
    );
    const { message } = (await run.ended.catch((thrown: unknown) => thrown)) as Error;
    const lines = message.split('\n').slice(1);
    expect(lines.slice(0, 2)).toEqual(['a���', 'red']);
    expect(lines[2]).toBe(`p${'😀'.repeat(199)}… (202 more)`);
    expect(run.lines).toContain('stdout: a\0�\u0007');
  });

  it('because it is not there, may not be executed or lacks its folder was never started', async () => {
    const place = makeFolder();
    writeFileSync(join(place, 'plain.txt'), 'text');
    writeFileSync(join(place, 'script'), '#!/no/such/interpreter\n');
    chmodSync(join(place, 'script'), 0o755);
    const failure = async (command: string[], trainable = {}): Promise<unknown> =>
      runCommand(command, { job: { place }, trainable }).ended.catch((thrown: unknown) => thrown);
    expect(await failure(['no-such-program-anywhere'])).toMatchObject({
      code: 'program-start',
      message: expect.stringContaining('it is not in the PATH of this worker'),
    });
    expect(await failure(['./missing'])).toMatchObject({
      code: 'program-start',
      message: expect.stringContaining(`it is not beside ${place}`),
    });
    expect(await failure(['./script'])).toMatchObject({
      code: 'program-start',
      message: expect.stringContaining('the interpreter in its first line is missing'),
    });
    expect(await failure(['./plain.txt'])).toMatchObject({
      code: 'program-start',
      message: expect.stringContaining('may execute'),
    });
    expect(await failure(['true'], { cwd: join(place, 'nowhere') })).toMatchObject({
      code: 'program-start',
      message: expect.stringContaining('nowhere'),
    });
    // What it was told is not left lying about.
    expect(readdirSync(place).sort()).toEqual(['files', 'plain.txt', 'script']);
  });

  it('to print its objective is told which metrics it did print', async () => {
    const run = runCommand(node(print({ accuracy: 0.5, loss: 1 })));
    await expect(run.ended).rejects.toMatchObject({
      code: 'objective-missing',
      message: expect.stringContaining(
        'expected the metric score, the objective, but the program ended well and printed accuracy, loss',
      ),
    });
    await expect(runCommand(['true']).ended).rejects.toMatchObject({
      code: 'objective-missing',
      message: expect.stringContaining('printed no metrics'),
    });
  });
});

/** Forks a child that forks another; all of them ignore SIGTERM where asked, and write their pids. */
const family = (ignores: boolean): string => `
  const { spawn } = require('node:child_process');
  const fs = require('node:fs');
  const depth = Number(process.argv[2]);
  ${ignores ? "process.on('SIGTERM', () => console.log('not now'));" : ''}
  fs.appendFileSync(process.argv[1] + '/pids', process.pid + '\\n');
  if (depth > 0) spawn(process.execPath, ['-e', process.env.SOURCE, process.argv[1], String(depth - 1)], { stdio: 'inherit' });
  setInterval(() => 0, 1000);`;

describe('the end of a program', () => {
  const start = (
    ignores: boolean,
    options: { timeLimitSeconds?: number; graceMs?: number; after?: string } = {},
  ) => {
    const place = makeFolder();
    const source = family(ignores);
    const run = runCommand(node(`${source}${options.after ?? ''}`, '{folder}', '2'), {
      job: { place },
      trainable: {
        env: { SOURCE: source },
        ...(options.timeLimitSeconds === undefined ? {} : { timeLimitSeconds: options.timeLimitSeconds }),
      },
      graceMs: options.graceMs ?? 300,
    });
    run.ended.catch(() => undefined);
    const pids = (): number[] => {
      const file = join(place, 'files', 'pids');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
    };
    return { run, pids, three: () => until('three processes', () => pids().length === 3 && pids()) };
  };

  it.each([
    ['ends at SIGTERM', false],
    ['ignores SIGTERM', true],
  ])('reaches its children and theirs, one that %s among them', async (_, ignores) => {
    const { run, three } = start(ignores);
    const pids = await three();
    expect(pids.every(isRunning)).toBe(true);
    run.abort();
    await expect(run.ended).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect(pids.filter(isRunning)).toEqual([]);
  });

  it('comes at its time limit, with what it wrote until then', async () => {
    const { run, three } = start(true, { timeLimitSeconds: 4 });
    const pids = await three();
    await expect(run.ended).rejects.toMatchObject({
      code: 'program-timeout',
      message: expect.stringMatching(/longer than its time limit of 4 s.*not now/s),
    });
    expect(pids.filter(isRunning)).toEqual([]);
  });

  it('takes with it what it leaves running, and its result counts', async () => {
    const after = `
      if (depth === 2) {
        const wait = setInterval(() => {
          if (fs.readFileSync(process.argv[1] + '/pids', 'utf8').trim().split('\\n').length < 3) return;
          console.log(JSON.stringify({ score: 1 }));
          process.exit(0);
        }, 20);
      }`;
    const { run, pids } = start(true, { after });
    await expect(run.ended).resolves.toMatchObject({ objective: 1 });
    expect(pids()).toHaveLength(3);
    expect(pids().filter(isRunning)).toEqual([]);
  });

  it('does not wait for one that left its group and holds its output open', async () => {
    const place = makeFolder();
    const run = runCommand(
      node(
        `
        const { spawn } = require('node:child_process');
        const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { detached: true, stdio: 'inherit' });
        require('node:fs').writeFileSync(process.argv[1] + '/pid', String(child.pid));
        child.unref();
        ${GOOD}`,
        '{folder}',
      ),
      { job: { place } },
    );
    await expect(run.ended).resolves.toMatchObject({ objective: 0.5 });
    process.kill(Number(readFileSync(join(place, 'files', 'pid'), 'utf8')), 'SIGKILL');
    expect(run.lines.join('\n')).toMatch(/left the program’s group/);
  });

  it('is not brought about by silence', async () => {
    const run = runCommand(node(`setTimeout(() => { ${GOOD} }, 1500)`));
    await expect(run.ended).resolves.toMatchObject({ objective: 0.5 });
  });

  it('leaves the epoch that it was at, and what it printed while it ended', async () => {
    const run = runCommand(
      node(`
        process.on('SIGTERM', () => { ${print({ epoch: 2, val_loss: 5 })} process.exit(0); });
        ${print({ epoch: 1, val_loss: 7 })}
        console.log('ready');
        setInterval(() => 0, 1000);`),
    );
    await until('the first epoch', () => run.lines.includes('stdout: ready'));
    expect(run.epochs).toEqual([]);
    run.abort();
    await expect(run.ended).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect(run.epochs).toMatchObject([
      { epoch: 1, valLoss: 7 },
      { epoch: 2, valLoss: 5 },
    ]);
  });

  it('does not wait for ever for what it wrote to be stored', async () => {
    const run = runCommand(
      node(
        `console.log('x'.repeat(50_000)); console.log('y'.repeat(50_000)); setInterval(() => console.log('z'.repeat(10_000)), 1)`,
      ),
      {
        flush: () => new Promise(() => undefined),
      },
    );
    run.ended.catch(() => undefined);
    await until('the flush that never ends', () => run.flushes > 0);
    run.abort();
    await expect(run.ended).rejects.toMatchObject({ code: 'trial-cancelled' });
  });

  it('comes when nothing that it writes can be stored any more', async () => {
    const refused = new Error('lease 2 took over');
    const run = runCommand(node(`setInterval(() => console.log('z'.repeat(10_000)), 1)`), {
      flush: () => Promise.reject(refused),
    });
    await expect(run.ended).rejects.toBe(refused);
  });

  it('comes before its start where it was cancelled before', async () => {
    const { run } = start(false);
    run.abort();
    await expect(run.ended).rejects.toMatchObject({ code: 'trial-cancelled' });
  });
});

interface Seen {
  readonly args: readonly string[];
  readonly file: unknown;
  readonly mode: string;
  readonly cwd: string;
  readonly env: unknown;
}

const about = {
  sweep: 'mine',
  arm: 'rate=0.1',
  trial: 3,
  attempt: 2,
  replicate: 1,
  seed: 1234,
  samplesPerClass: null,
  threads: 2,
};
