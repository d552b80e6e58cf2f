import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_GROUPS } from '../../src/cli/commands.js';
import { elbowVersion, packageRoot } from '../../src/paths.js';
import { parseSweep } from '../../src/spec/index.js';
import { run } from './support.js';

const names = Object.values(COMMAND_GROUPS).flatMap((commands) => Object.keys(commands));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-cli-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('help', () => {
  it('lists the commands in groups, and is what `elbow` alone and `elbow help` print', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatchSnapshot();
    expect(await run([])).toEqual(help);
    expect(await run(['help'])).toEqual(help);
  });

  it('knows each file in commands/', () => {
    const files = readdirSync(join(packageRoot, 'src', 'cli', 'commands')).map((file) =>
      basename(file, '.ts'),
    );
    expect([...names].sort()).toEqual(files.sort());
  });

  it.each(names)('of %s has its options and an example', async (name) => {
    const help = await run([name, '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/Example:\n {2}\$ /);
    expect(help.stdout).toMatchSnapshot();
    expect(await run(['help', name])).toEqual(help);
  });

  it('prints the version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${elbowVersion}\n`, stderr: '' });
  });
});

describe('a wrong command line', () => {
  it.each([
    [['rnu'], /no command "rnu".*Did you mean `elbow run`/s],
    [['frobnicate'], /`elbow --help` lists all/],
    [['help', 'lits'], /Did you mean `elbow list`/],
    [['list', '--jsno'], /unknown option '--jsno'.*Did you mean `--json`/s],
    [['run'], /missing required argument 'file'.*`elbow run --help`/s],
    [['logs', 'x'], /'number'/],
    [['list', 'x'], /too many arguments/],
    [['run', 'smoke', '--replicates', '0'], /--replicates with a whole number from 1, got 0/],
    [['query', 'select 1', '--json', '--csv'], /one of --json and --csv/],
    [['trial', 'x', 'ten'], /expected the number of a trial .* "ten"/],
  ])('elbow %j exits with 2 and says what is right', async (args, expected) => {
    const ran = await run(args, { env: { ELBOW_HOME: folder } });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(expected);
    if (!args.includes('--json')) expect(ran.stdout).toBe('');
  });

  it('is one JSON document on stdout with --json', async () => {
    const ran = await run(['lits', '--json']);
    expect(ran.code).toBe(2);
    expect(JSON.parse(ran.stdout)).toEqual({
      error: {
        code: 'usage',
        message: 'there is no command "lits"',
        hint: 'Did you mean `elbow list`? `elbow --help` lists all.',
        where: null,
      },
    });
  });
});

describe('a sweep file', () => {
  it('is planned by --dry-run without a stack: the plan on stdout, advice on stderr', async () => {
    writeFileSync(
      join(folder, 'two.yaml'),
      'name: two\nspace: { samplesPerClass: [10, 5000], optimizer: [adam, sgd], epochs: 3 }\nreplicates: 2\n',
    );
    const ran = await run(['run', 'two.yaml', '--dry-run'], { cwd: folder, env: { ELBOW_HOME: folder } });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatchSnapshot();
    expect(ran.stderr).toMatch(/Nothing was started/);
  });

  it('of sub-grids is planned with what each arm is called and sets, and which arms stand twice', async () => {
    writeFileSync(
      join(folder, 'arms.yaml'),
      `name: arms
space: { samplesPerClass: 500, batchNorm: [true, false] }
arms:
  - { optimizer: sgd, learningRate: [0.003, 0.01] }
  - { name: decayed, weightDecay: 0.0005, width: 2 }
  - { name: again, optimizer: sgd, learningRate: 0.01 }
`,
    );
    const ran = await run(['run', 'arms.yaml', '--dry-run'], { cwd: folder, env: { ELBOW_HOME: folder } });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatchSnapshot();
    expect(ran.stderr).toMatch(
      /2 arms, again batchNorm=true among them, stand in more than one entry of `arms`; each is run once/,
    );
  });

  it('with until is planned with its conditions, and with what confirms an arm', async () => {
    const until = ['--until', 'width(score@10) < 0.02', '--until', 'ratio(elbow)<2', '--replicates', '5'];
    const confirm = 'confirm=[{ arm: "324028a58f5f", samplesPerClass: 5000, first: 5, replicates: 3 }]';
    const ran = await run(
      ['run', 'two.yaml', ...until, '--set', 'epochs=50', '--set', confirm, '--dry-run'],
      {
        cwd: folder,
      },
    );
    expect(ran.stderr).toMatch(/Nothing was started/);
    expect(ran.stdout).toContain('2 arms × 2 sizes × 5 replicates + 3 that confirm an arm = 23 trials');
    expect(ran.stdout).toMatch(/^until +width\(score@10\) < 0\.02\n +and +ratio\(elbow\) < 2$/m);
  });

  it('is planned as JSON, with what the options change', async () => {
    const args = [
      'run',
      'two.yaml',
      '--set',
      'optimizer=adam',
      '--set',
      'seed=7',
      '--name',
      'b',
      '--replicates',
      '3',
    ];
    const ran = await run([...args, '--dry-run', '--json'], { cwd: folder });
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      sweep: 'b',
      trials: 6,
      samplesPerClass: [10, 5000],
      replicates: 3,
      arms: [{ label: 'lenet', params: { optimizer: 'adam' } }],
      spec: { seed: 7 },
    });
  });

  it('that is wrong tells all its errors at once, with their places', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'name: Bad Name\nspace:\n  optimiser: adam\n  batchSize: 0\n');
    const ran = await run(['run', 'bad.yaml'], { cwd: folder });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    const places = [...ran.stderr.matchAll(/^bad\.yaml:(\d+):\d+: /gm)].map((match) => match[1]);
    expect(places).toEqual(['1', '3', '4']);
    const json = await run(['run', 'bad.yaml', '--json'], { cwd: folder });
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: {
        code: 'spec-invalid',
        where: { line: 1 },
        others: [{ where: { line: 3 } }, { where: { line: 4 } }],
      },
    });
  });
});

describe('without a stack', () => {
  it.each([
    ['list'],
    ['show', 'x'],
    ['watch', 'x'],
    ['cancel', 'x'],
    ['rerun', 'x'],
    ['query', 'select 1'],
    ['migrate'],
  ])('elbow %s exits with 4 and names `elbow up`', async (...args) => {
    const ran = await run(args, { env: { ELBOW_HOME: join(folder, 'empty') } });
    expect(ran).toMatchObject({ code: 4, stdout: '' });
    expect(ran.stderr).toMatch(/`elbow up`/);
  });
});

describe('presets', () => {
  const env = (): NodeJS.ProcessEnv => ({ ELBOW_HOME: join(folder, 'nothing-yet') });

  it('are listed with what each asks, and with how to learn how long they take', async () => {
    const ran = await run(['presets'], { env: env() });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^optimizers-losses +432$/m);
    expect(ran.stdout).toMatch(/^learning-curve +How does the LeNet's accuracy .*\?$/m);
    expect(ran.stderr).toMatch(/`elbow presets --measure`/);
    const json = await run(['presets', '--json'], { env: env() });
    expect(JSON.parse(json.stdout)).toContainEqual({
      name: 'smoke',
      description: expect.stringMatching(/\.$/),
      trials: 4,
      seconds: null,
    });
  });

  it('are printed as files to change, and a wrong name gets the nearest one', async () => {
    const ran = await run(['presets', 'learning-curve'], { env: env() });
    expect(parseSweep(ran.stdout, 'f').name).toBe('learning-curve');
    expect(ran.stdout).toMatch(/^# How does/);
    const wrong = await run(['presets', 'learning-curv'], { env: env() });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/Did you mean `learning-curve`\?/);
  });

  it('are not measured where something is missing, which is said', async () => {
    const ran = await run(['presets', '--measure'], { env: env() });
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/Nothing was measured\. .*`elbow (up|run smoke)`/);
    expect(ran.stdout).toMatch(/^smoke +4$/m);
  });
});
