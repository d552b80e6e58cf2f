import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { parseSweep, type ParseOptions } from '../../src/spec/index.js';

const file = `name: a
space:
  samplesPerClass: [10, 20]
scales:
  small:
    replicates: 2
    space: { samplesPerClass: [5] }
  broken:
    space:
      epochs: none
`;
const parse = (options: ParseOptions, text = file) => parseSweep(text, 'sweep.yaml', options);

function failure(options: ParseOptions, text = file): ElbowError {
  try {
    parse(options, text);
  } catch (error) {
    if (error instanceof ElbowError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('--set', () => {
  it('reaches every key', () => {
    const spec = parse({
      set: ['space.optimizer=[adam,sgd]', 'seed=7', 'report.target=0.5', 'budget.maxTrials=9', 'pool=gpu'],
    });
    expect(spec.space['optimizer']).toEqual(['adam', 'sgd']);
    expect(spec).toMatchObject({
      seed: 7,
      report: { target: 0.5, delta: 0.01 },
      budget: { maxTrials: 9 },
      pool: 'gpu',
    });
    expect(spec.space['samplesPerClass']).toEqual([10, 20]);
  });

  it('takes a bare parameter name for one of space', () => {
    expect(parse({ set: ['epochs=5', 'batchNorm=[true, false]'] }).space).toMatchObject({
      epochs: [5],
      batchNorm: [true, false],
    });
    expect(parse({ set: ['color=[red,blue]'] }, 'name: a\ntrainable: noop').space).toEqual({
      color: ['red', 'blue'],
    });
  });

  it('goes into a trainable that was a word', () => {
    expect(parse({ set: ['trainable.noop.seconds=2'] }, 'name: a\ntrainable: noop').trainable).toEqual({
      kind: 'noop',
      seconds: 2,
    });
  });

  it('lets the later one win', () => {
    expect(parse({ set: ['seed=1', 'seed=2'] }).seed).toBe(2);
    expect(parse({ set: ['space.epochs=1', 'space={epochs: 9}'] }).space['epochs']).toEqual([9]);
  });

  it('points at its own text when it is wrong', () => {
    const error = failure({ set: ['seed=1', 'space.optimizer=[adam,sdg]'] });
    expect(error.message).toContain(
      '`space.optimizer[1]`: expected one of adam, sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adamw, adamax, nadam, got "sdg"',
    );
    expect(error.where).toEqual({ file: '--set space.optimizer=[adam,sdg]', line: 1, column: 29 });
    expect('--set space.optimizer=[adam,sdg]'.slice(28)).toBe('sdg]');
    expect(error.hint).toContain('`sgd`');
  });

  it('guesses at parameters and at top-level keys', () => {
    expect(failure({ set: ['optimzer=sgd'] }).hint).toContain('Did you mean `optimizer`?');
    expect(failure({ set: ['replicats=2'] }).hint).toContain('Did you mean `replicates`?');
    expect(failure({ set: ['replicats=2'] }).where).toEqual({
      file: '--set replicats=2',
      line: 1,
      column: 7,
    });
  });

  it.each(['epochs', '=5', '.a=1', 'a..b=1'])('refuses %s as a usage error', (text) => {
    expect(failure({ set: [text] })).toMatchObject({ code: 'usage', exitCode: 2 });
  });

  it('refuses a value that is not YAML, with its column', () => {
    expect(failure({ set: ['epochs=[1'] })).toMatchObject({
      code: 'spec-invalid',
      where: { file: '--set epochs=[1' },
    });
  });

  it('cannot reach the prototype', () => {
    expect(failure({ set: ['__proto__.polluted=1'] }).code).toBe('spec-invalid');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('--replicates, --name and --scale', () => {
  it('lay over the file', () => {
    expect(parse({ replicates: 4, name: 'b' })).toMatchObject({ replicates: 4, name: 'b' });
    expect(parse({ scale: 'small' })).toMatchObject({ replicates: 2, space: { samplesPerClass: [5] } });
    expect(parse({ scale: 'small', set: ['replicates=5'] }).replicates).toBe(5);
  });

  it('leave no trace of scales in the spec', () => {
    expect(Object.keys(parse({}))).not.toContain('scales');
  });

  it('say where they are wrong', () => {
    expect(failure({ replicates: '0' })).toMatchObject({
      where: { file: '--replicates 0', line: 1, column: 14 },
    });
    expect(failure({ name: 'My Sweep' }).hint).toContain('`my-sweep`');
    expect(failure({ scale: 'broken' })).toMatchObject({
      where: { file: 'sweep.yaml', line: 10, column: 15 },
    });
  });

  it('name the scales there are', () => {
    expect(failure({ scale: 'smal' })).toMatchObject({ code: 'usage' });
    expect(failure({ scale: 'smal' }).hint).toContain('Did you mean `small`?');
    expect(failure({ scale: 'x' }, 'name: a').hint).toContain('no scales at all');
  });
});
