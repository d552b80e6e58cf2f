import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { parseSweep, type ParseOptions } from '../../src/spec/index.js';

/** Every error of a text as `line:column message (hint)`. */
function errorsOf(text: string, options: ParseOptions = {}): string[] {
  try {
    parseSweep(text, 'sweep.yaml', options);
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    expect(error.code).toBe('spec-invalid');
    expect(error.exitCode).toBe(2);
    return [error, ...error.others].map(
      (one) => `${one.where?.line}:${one.where?.column} ${one.message}${one.hint ? ` (${one.hint})` : ''}`,
    );
  }
  return [];
}

const inSpace = (line: string): string => `name: a\nspace:\n  ${line}\n`;

describe('a sweep file', () => {
  it('needs nothing but a name', () => {
    expect(parseSweep('name: a', 'sweep.yaml')).toEqual({
      name: 'a',
      dataset: 'cifar10',
      seed: 42,
      replicates: 1,
      threads: 1,
      trainable: { kind: 'builtin' },
      space: {
        model: ['lenet'],
        width: [1],
        initialiser: ['glorot-uniform'],
        samplesPerClass: [null],
        optimizer: ['adam'],
        learningRate: [0.001],
        momentum: [0.9],
        weightDecay: [null],
        l2: [0],
        clipNorm: [0],
        emaDecay: [0],
        schedule: ['constant'],
        scheduleFactor: [0.1],
        scheduleEpochs: [10],
        warmupEpochs: [0],
        loss: ['cross-entropy'],
        labelSmoothing: [0],
        focalGamma: [2],
        batchNorm: [true],
        dropout: [0],
        flip: [false],
        crop: [0],
        translate: [0],
        rotate: [0],
        zoom: [0],
        brightness: [0],
        contrast: [0],
        saturation: [0],
        cutout: [0],
        mixup: [0],
        cutmix: [0],
        batchSize: [64],
        epochs: [50],
        patience: [3],
      },
      search: 'grid',
      objective: { metric: 'val_accuracy', direction: 'maximize' },
      budget: { maxTrials: null },
      pool: 'default',
      trialsPerWorkflow: 1,
      report: { target: null, delta: 0.01 },
    });
  });

  it('takes a null that stands alone where null is a value, and nowhere else', () => {
    expect(parseSweep('name: a\nspace: {weightDecay: null}', 'f').space['weightDecay']).toEqual([null]);
    expect(() => parseSweep('name: a\nspace: {l2: null}', 'f')).toThrowError(/`space.l2`: expected/);
  });

  it('is plain JSON once parsed', () => {
    const spec = parseSweep('name: a\nspace: {optimizer: [sgd, adam]}', 'sweep.yaml');
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  it('minimises a loss unless told otherwise', () => {
    const direction = (line: string) => parseSweep(`name: a\n${line}`, 'f').objective.direction;
    expect(direction('objective: { metric: val_loss }')).toBe('minimize');
    expect(direction('objective: { metric: val_loss, direction: maximize }')).toBe('maximize');
  });

  it('takes any parameters for noop, and a single value as a list of one', () => {
    const spec = parseSweep(
      'name: a\ntrainable: { noop: { seconds: 0.5 } }\nspace: { color: [red, 2, null], x: y }',
      'f',
    );
    expect(spec.trainable).toEqual({ kind: 'noop', seconds: 0.5 });
    expect(spec.space).toEqual({ color: ['red', 2, null], x: ['y'] });
    expect(spec.objective).toEqual({ metric: 'score', direction: 'maximize' });
  });

  it.each([
    ['0', 'got 0'],
    ['-1', 'got -1'],
    ['1.5', 'got 1.5'],
    ['6000', 'got 6,000'],
    ['ten', 'got "ten"'],
    ['.nan', 'got NaN'],
    ['.inf', 'got Infinity'],
    ['[1, 2]', 'got a list'],
    ['true', 'got true'],
  ])('refuses a size of %s, naming the largest', (size, came) => {
    const [error, ...others] = errorsOf(inSpace(`samplesPerClass: [10, ${size}]`));
    expect(error).toContain(`\`space.samplesPerClass[1]\`: expected a whole number from 1 to 5,000, ${came}`);
    expect(error).toMatch(/^3:25 /);
    expect(others).toEqual([]);
  });

  it('takes sizes of 1 and of 5,000', () => {
    expect(parseSweep(inSpace('samplesPerClass: [1, 5000]'), 'f').space['samplesPerClass']).toEqual([
      1, 5000,
    ]);
  });

  it('takes the largest size of the data set it names, and no more', () => {
    const sized = (size: number): string => `dataset: mnist\n${inSpace(`samplesPerClass: ${size}`)}`;
    expect(parseSweep(sized(5_421), 'f')).toMatchObject({ dataset: 'mnist' });
    expect(errorsOf(sized(5_422))).toEqual([
      '4:20 `space.samplesPerClass[0]`: expected a whole number from 1 to 5,421, got 5,422 ' +
        '(The largest possible size is 5,421, all training images of the smallest class.)',
    ]);
    const options = { set: ['dataset=mnist', 'samplesPerClass=5422'] };
    expect(errorsOf('name: a', options)).toEqual([expect.stringContaining('from 1 to 5,421, got 5,422')]);
  });

  it('says all that is wrong at once, in the order of the file', () => {
    const text = `name: Batch_Norm
datset: cifar10
seed: -3
space:
  optimizer: [adma, adam, adam]
  lerningRate: 0.1
  batchNorm: [on, off]
search: gird
`;
    expect(errorsOf(text)).toEqual([
      expect.stringContaining('1:7 `name`: expected a name of lower-case letters, digits and dashes'),
      expect.stringMatching(/^2:1 unknown key `datset` \(Did you mean `dataset`\? Known here: name, /),
      '3:7 `seed`: expected a whole number from 0 to 2,147,483,647, got -3',
      '5:15 `space.optimizer[0]`: expected one of adam, sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adamw, adamax, nadam, got "adma" (Did you mean `adam`?)',
      '5:27 `space.optimizer[2]`: expected each value once, got "adam" again (To repeat trials with other seeds, use `replicates`.)',
      expect.stringMatching(/^6:3 unknown key `space.lerningRate` \(Did you mean `learningRate`\?/),
      expect.stringContaining('7:15 `space.batchNorm[0]`: expected true or false, got "on" (Write `true`'),
      expect.stringContaining('7:19 `space.batchNorm[1]`: expected true or false, got "off" (Write `false`'),
      '8:9 `search`: expected grid, got "gird" (Did you mean `grid`?)',
    ]);
    expect(errorsOf(text)[0]).toContain('Did you mean `batch-norm`?');
  });

  it.each([
    ['dataset: cifar-10', '`cifar10`'],
    ['dataset: MNIST', '`mnist`'],
    ['space: { model: LeNet5 }', '`lenet`'],
    ['space: { loss: crossentropy }', '`cross-entropy`'],
    ['trainable: nop', '`noop`'],
    ['trainable: { nop: {} }', '`noop`'],
    ['objective: { metric: f1 }', null],
    ['objective: { metric: valAccuracy }', '`val_accuracy`'],
    ['replicas: 3', '`replicates`'],
    ['report: { targt: 0.5 }', '`target`'],
    ['budget: { maxtrials: 5 }', '`maxTrials`'],
  ])('of %s guesses %s', (line, guess) => {
    const errors = errorsOf(`name: a\n${line}`);
    expect(errors[0]).toMatch(/^2:/);
    if (guess === null) expect(errors.join()).not.toContain('Did you mean');
    else expect(errors.join()).toContain(`Did you mean ${guess}?`);
  });

  it.each(['search: tpe', 'search: sobol', 'space: { model: densenet121 }', 'dataset: imagenet'])(
    'refuses %s, which is not built',
    (line) => {
      expect(errorsOf(`name: a\n${line}`)).not.toEqual([]);
    },
  );

  it('points at a missing name', () => {
    expect(errorsOf('seed: 1')[0]).toContain('1:1 `name`: expected a name');
    expect(errorsOf('seed: 1')[0]).toContain('but it is missing');
  });

  it.each([
    ['dropout: 1', 'at least 0 and below 1, got 1'],
    ['learningRate: 0', 'above 0, got 0'],
    ['batchSize: 0', 'at least 1, got 0'],
    ['epochs: []', 'at least one value, got an empty list'],
    ['epochs:', 'at least one value, got nothing (null)'],
    ['epochs: {max: 3}', 'at least one value, got a mapping'],
    ['learningRate: "0.1"', 'Write numbers without quotes'],
  ])('refuses %s', (line, message) => {
    expect(errorsOf(inSpace(line)).join()).toContain(message);
  });

  it('counts a grid that is over its budget', () => {
    const text = `name: a
replicates: 3
space: { samplesPerClass: [10, 20], optimizer: [adam, sgd] }
budget: { maxTrials: 10 }`;
    expect(errorsOf(text)).toEqual([
      expect.stringContaining(
        '4:22 the grid has 12 trials (2 samplesPerClass × 2 optimizer × 3 replicates), the limit is 10',
      ),
    ]);
    expect(errorsOf(text.replace('10 }', '12 }'))).toEqual([]);
  });

  it('refuses a grid that would fill the memory', () => {
    expect(errorsOf('name: a\nreplicates: 1000000\nspace: { optimizer: [adam, sgd] }')[0]).toContain(
      'has 2,000,000 trials',
    );
  });

  it('refuses a sweep that Temporal’s histories could not hold, with the setting that makes room', () => {
    const text = 'name: a\nreplicates: 200000\ntrainable: noop\nspace: { x: [1] }';
    expect(errorsOf(text)[0]).toMatch(
      /^4:8 the grid has 200,000 trials .*, the limit is 150,000.*`trialsPerWorkflow: 2` or more/,
    );
    expect(errorsOf(`${text}\ntrialsPerWorkflow: 2`)).toEqual([]);
    expect(errorsOf(`${text}\nbudget: { maxTrials: 1000 }`)[0]).toMatch(/^5:22 .*the limit is 1,000 /);
  });
});

describe('a text that is no sweep file', () => {
  it.each([
    ['', /^1:1 .*got an empty file/],
    ['# nothing\n', /^1:1 expected a mapping/],
    ['- a\n- b\n', /^1:1 expected a mapping of settings, got a list/],
    ['just words', /^1:1 expected a mapping of settings, got "just words"/],
    ['name: a\0b', /^1:1 .*got binary data/],
    [`name: a\n# ${'x'.repeat(1024 * 1024)}`, /^1:1 .*at most 1 MiB, got 1.0 MiB/],
    ['name: a\nspace: &s [*s]\n', /^2:12 an alias must not contain itself/],
    ['name: a\nname: b\n', /^2:1 this key stands here for the second time/],
    ['name: a\n---\nname: b\n', /^2:1 expected one YAML document, got several/],
    ['name: a\nspace: [1, 2\nseed: 3', /^3:1 this is not YAML/],
    ['name: *nowhere', /^1:\d+ /],
    ['name: !!js/function a', /^1:\d+ /],
    ['name: a\n__proto__: { polluted: true }', /^2:1 unknown key `__proto__`/],
    ['['.repeat(100_000), /^1:\d+ /],
  ])('%#: is refused with its place', (text, expected) => {
    expect(errorsOf(text)[0]).toMatch(expected);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is refused when its aliases multiply', () => {
    const levels = 'bcdefghi'.split('').map((key, i) => {
      const before = 'abcdefghi'[i];
      return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
    });
    expect(errorsOf(`name: x\na: &a [1]\n${levels.join('\n')}`)[0]).toContain('at most 100 uses of aliases');
  });

  it('reports doubled keys together with what else is wrong', () => {
    expect(errorsOf('name: a\nseed: 1\nseed: x')).toHaveLength(2);
  });

  it('allows an honest alias', () => {
    const spec = parseSweep('name: a\ntrainable: noop\nspace: { x: &v [1, 2], y: *v }', 'f');
    expect(spec.space).toEqual({ x: [1, 2], y: [1, 2] });
  });
});
