import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import {
  armsOf,
  extendSweep,
  parseSweep,
  planTrials,
  printSpec,
  requestedDataset,
  specsEqual,
  type ParseOptions,
} from '../../src/spec/index.js';

const paths = { folder: '/sweeps', cwd: '/home' };

const FILE = `name: mine
trainable:
  command: [python3, train.py, "--rate={rate}", "{samplesPerClass}"]
space: { rate: [0.1, 0.01], wide: [true, false], samplesPerClass: [10, 20] }
objective: { metric: val_loss }
`;

const parse = (text: string, options: ParseOptions = {}) =>
  parseSweep(text, 'sweep.yaml', { paths, ...options });

/** Every error of a text as `line:column message (hint)`. */
function errorsOf(text: string, options: ParseOptions = {}): string[] {
  try {
    parse(text, options);
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    expect(error.code).toBe('spec-invalid');
    return [error, ...error.others].map(
      (one) => `${one.where?.line}:${one.where?.column} ${one.message}${one.hint ? ` (${one.hint})` : ''}`,
    );
  }
  return [];
}

const withCommand = (command: string, rest = ''): string =>
  `name: a\ntrainable: { command: ${command} }\nspace: { rate: 1 }\nobjective: { metric: loss }\n${rest}`;

describe('a sweep of a program', () => {
  it('takes any parameters, and is run where its file is', () => {
    const spec = parse(FILE);
    expect(spec).toMatchObject({
      trainable: {
        kind: 'command',
        command: ['python3', 'train.py', '--rate={rate}', '{samplesPerClass}'],
        cwd: '/sweeps',
      },
      space: { rate: [0.1, 0.01], wide: [true, false], samplesPerClass: [10, 20] },
      objective: { metric: 'val_loss', direction: 'minimize' },
    });
    expect(planTrials(spec)).toHaveLength(8);
    expect(armsOf(spec).map(({ label }) => label)).toContain('rate=0.01 wide=true');
    expect(requestedDataset(FILE, 'f', paths)).toBeNull();
  });

  it('names a folder, variables and a limit, all of them plain', () => {
    const text = FILE.replace(
      'trainable:',
      'trainable:\n  cwd: code\n  env: { A: x, B: 2, C: true }\n  timeLimit: 1.5\n  memory: 4GiB\n  gpuMemory: 500 MB',
    );
    const { trainable } = parse(text);
    expect(trainable).toMatchObject({
      cwd: '/sweeps/code',
      env: { A: 'x', B: '2', C: 'true' },
      timeLimitSeconds: 1.5,
      memoryBytes: 4 * 2 ** 30,
      gpuMemoryBytes: 500e6,
    });
    // What is typed starts from where it is typed.
    expect(parse(text, { set: ['trainable.cwd=other'] }).trainable).toMatchObject({ cwd: '/home/other' });
    expect(parse(text, { set: ['trainable.timeLimit=2'] }).trainable).toMatchObject({ cwd: '/sweeps/code' });
    expect(parse(text, { set: ['trainable={command: [x]}'] }).trainable).toMatchObject({ cwd: '/home' });
    expect(parse(text, { set: ['trainable.cwd=/abs'] }).trainable).toMatchObject({ cwd: '/abs' });
  });

  it('is printed so that it is read again, from anywhere', () => {
    const spec = parse(
      FILE.replace('trainable:', 'trainable:\n  env: { A: x }\n  timeLimit: 60\n  memory: 1.5GB'),
    );
    expect(parseSweep(printSpec(spec), 'f', { paths: { folder: '/else', cwd: '/else' } })).toEqual(spec);
    expect(printSpec(spec)).not.toContain('dataset');
  });

  it('is printed so whatever its arguments, variables and values hold', () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
    const escaped = text.map((value) => value.replaceAll('{', '{{').replaceAll('}', '}}'));
    const value = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(escaped),
        fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), text),
        // As they stand in the file: minus zero is written as zero.
        fc.uniqueArray(value, { minLength: 1, selector: (one) => JSON.stringify(one) }),
        (args, variables, values) => {
          const env = Object.fromEntries(
            Object.entries(variables).filter(([name]) => !name.startsWith('ELBOW_')),
          );
          const file = JSON.stringify({
            name: 'a',
            trainable: { command: ['x', ...args, '{any}'], env },
            space: { any: values },
            objective: { metric: 'loss' },
          });
          const spec = parse(file);
          expect(spec.trainable).toMatchObject({ command: ['x', ...args, '{any}'] });
          expect(parseSweep(printSpec(spec), 'f')).toEqual(spec);
          // As Postgres gives it back.
          expect(armsOf(JSON.parse(JSON.stringify(spec)) as typeof spec)).toEqual(armsOf(spec));
        },
      ),
      // The character that stands for what cannot be read is one like any other: once taken for binary data.
      {
        numRuns: 200,
        examples: [
          [['\uFFFD'], { _: '\uFFFD' }, ['\uFFFD']],
          [[], {}, [-0]],
        ],
      },
    );
  });

  it('has arms that are the same wherever it lies and however long it may take, and others by what it runs', () => {
    const hashes = (text: string, options: ParseOptions = {}) =>
      armsOf(parse(text, options)).map(({ hash }) => hash);
    const first = hashes(FILE);
    expect(hashes(FILE, { paths: { folder: '/moved', cwd: '/' } })).toEqual(first);
    expect(hashes(FILE.replace('trainable:', 'trainable:\n  timeLimit: 60\n  gpuMemory: 1GB'))).toEqual(
      first,
    );
    for (const other of [
      FILE.replace('train.py', 'other.py'),
      FILE.replace('trainable:', 'trainable:\n  env: { A: x }'),
    ]) {
      expect(hashes(other).some((hash) => first.includes(hash))).toBe(false);
    }
    // A sweep that says otherwise where it runs is another one all the same.
    expect(specsEqual(parse(FILE), parse(FILE, { set: ['trainable.cwd=/else'] }))).toBe(false);
  });

  it.each([
    ['[python3, src/train.py, --fast]', 'python3 train.py'],
    ['[./train, --fast]', 'train'],
    ['[/usr/bin/env]', 'env'],
    ['[run, "{rate}"]', 'run'],
  ])('%s is called %s where it has one arm', (command, label) => {
    expect(armsOf(parse(withCommand(command)))).toMatchObject([{ label }]);
  });

  it('is extended by values of its parameters, and runs what it ran', () => {
    const spec = parse(FILE);
    const extended = extendSweep(spec, { set: ['rate=[0.5]'] }, planTrials(spec));
    expect(extended.added).toBe(4);
    expect(extended.spec.trainable).toEqual(spec.trainable);
    expect(() => extendSweep(spec, { set: ['trainable.timeLimit=3'] }, [])).toThrowError(/cannot be changed/);
  });

  it('takes parameters by their names on the command line', () => {
    expect(parse(FILE, { set: ['rate=[1, 2, 3]'] }).space['rate']).toEqual([1, 2, 3]);
  });
});

describe('placeholders of a sweep file', () => {
  it.each([
    ['{{rate}}', []],
    ['{rate}{seed}{replicate}{params}{folder}', []],
    ['{rat}', ['2:27 `trainable.command[1]`: the sweep has no parameter for "{rat}" (Did you mean {rate}?']],
    ['{samplesPerClass}', ['the sweep has no parameter for "{samplesPerClass}"']],
    [
      '{',
      ['2:27 `trainable.command[1]`: expected {name}, or {{ for a brace, got { alone (Braces are doubled'],
    ],
    ['{\\"a\\": 1}', ['the sweep has no parameter for']],
  ])('of %s tell all that is wrong, with its place', (argument, expected) => {
    const errors = errorsOf(withCommand(`[x, "${argument}"]`));
    expect(errors).toHaveLength(expected.length);
    expected.forEach((text, i) => expect(errors[i]).toContain(text));
  });

  it('have a value in every arm', () => {
    const text = (second: string): string =>
      withCommand('[x, "{width}"]', `arms:\n  - { width: 1 }\n  - { ${second} }\n`);
    expect(errorsOf(text('width: 2'))).toEqual([]);
    expect(errorsOf(text('rate: 2'))).toEqual([
      '2:27 `trainable.command[1]`: {width} has no value in the arms of every entry of `arms` ' +
        '(Give `width` a value in `space`, which holds where an entry sets none.)',
    ]);
  });

  it.each(['seed', 'replicate', 'params', 'folder'])('leave {%s} to elbow', (name) => {
    expect(
      errorsOf(`name: a\ntrainable: { command: [x] }\nspace: { ${name}: 1 }\nobjective: { metric: loss }`),
    ).toEqual([expect.stringContaining(`3:10 \`space.${name}\`: expected another name`)]);
    const arms = `arms: [{ ${name}: 1 }]`;
    expect(errorsOf(withCommand('[x]', arms))).toEqual([expect.stringContaining(`\`arms[0].${name}\``)]);
  });
});

describe('a program that is asked for wrongly', () => {
  it.each([
    ['python3 train.py', 'expected a list of a program and its arguments'],
    ['[]', 'expected a list of a program and its arguments'],
    ['[""]', 'expected a list of a program and its arguments'],
    ['[x, 5]', '`trainable.command[1]`: expected a text; numbers and {placeholders}'],
    ['[x, {rate}]', '`trainable.command[1]`: expected a text; numbers and {placeholders}'],
    ['[x, "a\\0b"]', '`trainable.command[1]`: expected a text'],
    ['[x, "\\ud800"]', '`trainable.command[1]`: expected a text'],
    ['[x], cwd: 3', '`trainable.cwd`: expected the path of a folder'],
    ['[x], timeLimit: 0', '`trainable.timeLimit`: expected a number of seconds above 0'],
    ['[x], timeLimit: 604801', 'at most 604,800 (a week), got 604,801'],
    ['[x], memory: 4', '`trainable.memory`: expected an amount of memory, such as "500MB" or "4GiB", got 4'],
    ['[x], memory: 0GB', '`trainable.memory`: expected an amount of memory, such as "500MB" or "4GiB"'],
    ['[x], gpuMemory: 4g', '`trainable.gpuMemory`: expected an amount of memory'],
    ['[x], timelimit: 5', 'unknown key `trainable.timelimit` (Did you mean `timeLimit`?'],
    ['[x], env: { "1A": x }', 'expected a variable whose name is made of letters, digits and _'],
    ['[x], env: { ELBOW_HOME: x }', 'expected a variable whose name is made of letters, digits and _'],
    ['[x], env: { A: [1] }', '`trainable.env.A`: expected a text'],
  ])('%s: says what it should be', (command, message) => {
    const errors = errorsOf(withCommand(command));
    expect(errors.join('\n')).toContain(message);
    expect(errors[0]).toMatch(/^2:\d+ /);
    expect(errors).toHaveLength(1);
  });

  it('is told where its braces need quotes', () => {
    expect(errorsOf(withCommand('[x, --rate={rate}]'))[0]).toMatch(
      /^2:34 this is not YAML: .*\(A text with braces, such as "--rate=\{rate\}", stands in quotes here\.\)$/,
    );
    expect(errorsOf('name: a\nspace: [1 2: {')[0]).not.toMatch(/braces/);
  });

  it('is told what means nothing to it', () => {
    const errors = errorsOf(
      withCommand('[x]', 'dataset: mnist\nunfamiliar: true\nnetworks: { a: [flatten] }'),
    );
    expect(errors).toEqual([
      '5:10 `dataset`: expected no data set beside a command, which reads its own data, got "mnist"',
      expect.stringContaining('6:13 `unfamiliar`: expected no unfamiliar pictures'),
      expect.stringContaining('7:11 `networks`: expected no networks'),
    ]);
  });

  it('names its objective, and which way it is better where its name does not tell', () => {
    const objective = (value: string): string[] =>
      errorsOf(`name: a\ntrainable: { command: [x] }\nobjective: ${value}`);
    expect(errorsOf('name: a\ntrainable: { command: [x] }')).toEqual([
      expect.stringMatching(/`objective`: expected a mapping with `metric`.*but it is missing/),
    ]);
    expect(objective('{ direction: minimize }')).toEqual([
      expect.stringContaining(
        '3:12 `objective.metric`: expected the name of a metric that the program prints',
      ),
    ]);
    expect(objective('{ metric: rmse }')).toEqual([
      expect.stringContaining(
        '3:12 `objective.direction`: expected one of maximize, minimize beside the metric "rmse"',
      ),
    ]);
    expect(objective('{ metric: epoch, direction: minimize }')).toHaveLength(1);
    expect(objective('{ metric: rmse, direction: minimize }')).toEqual([]);
    expect(objective('{ metric: top5_accuracy }')).toEqual([]);
    expect(objective('{ metric: 3, direction: minimize }')).toHaveLength(1);
  });

  it.each([
    ['samplesPerClass: null', 'expected a whole number from 1'],
    ['samplesPerClass: [10, null]', 'expected a whole number from 1'],
    ['samplesPerClass: 0', 'expected a whole number from 1'],
    ['a: "x\\0"', 'expected a text, a finite number'],
    ['a: .nan', 'expected a text, a finite number'],
    ['a: { b: 1 }', 'a value or a list'],
  ])('with space { %s } is refused', (line, message) => {
    const text = `name: a\ntrainable: { command: [x] }\nspace: { ${line} }\nobjective: { metric: loss }`;
    expect(errorsOf(text).join('\n')).toContain(message);
  });

  it.each(['trainable: command', 'trainable: {}', 'trainable: { comand: [x] }'])('%s: says how', (line) => {
    expect(errorsOf(`name: a\n${line}`).join('\n')).toMatch(/command/);
  });
});
