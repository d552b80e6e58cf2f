import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ElbowError } from '../../src/errors.js';
import { parseSweep, planTrials, printSpec, requestedDataset, specsEqual } from '../../src/spec/index.js';

/** Parses, or returns what was thrown. As when a file is loaded, a data set of one's own is asked for first: that is the result. */
function attempt(text: string, set: readonly string[] = []): unknown {
  try {
    return (
      requestedDataset(text, 'f', { set, folder: '/nowhere', cwd: '/nowhere' }) ??
      parseSweep(text, 'f', { set })
    );
  } catch (error) {
    return error;
  }
}

const isExpected = (result: unknown): boolean =>
  !(result instanceof Error) ||
  (result instanceof ElbowError && (result.code === 'spec-invalid' || result.code === 'usage'));

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const list = <T>(item: fc.Arbitrary<T>) => fc.uniqueArray(item, { minLength: 1, maxLength: 4 });
const builtin = fc.record(
  {
    name,
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    replicates: fc.integer({ min: 1, max: 3 }),
    space: fc.record(
      {
        samplesPerClass: list(fc.integer({ min: 1, max: 5000 })),
        optimizer: list(fc.constantFrom('adam', 'sgd')),
        learningRate: list(fc.double({ min: 1e-9, max: 10, noNaN: true })),
        batchNorm: list(fc.boolean()),
        dropout: fc.double({ min: 0, max: 0.99, noNaN: true }),
        epochs: fc.integer({ min: 1, max: 1000 }),
      },
      { requiredKeys: [] },
    ),
    report: fc.record({ target: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
  },
  { requiredKeys: ['name'] },
);

describe('any text', () => {
  it('is a spec or an error of ours, with a place, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()), (text) => {
        const result = attempt(text);
        expect(isExpected(result)).toBe(true);
        if (result instanceof ElbowError) expect(result.where?.line).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('asks for a data set of one’s own before anything is parsed', () => {
    expect(attempt('{"name":"a","dataset":".#qJnx,kK"}')).toMatchObject({ where: { line: 1 } });
  });

  it('made of our keys with any values gives errors of ours', () => {
    const keys = [
      'space',
      'arms',
      'trainable',
      'objective',
      'budget',
      'report',
      'scales',
      'networks',
      'seed',
      'name',
      'dataset',
      'search',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), (value) => {
        expect(isExpected(attempt(JSON.stringify({ name: 'a', ...value })))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('behind --set gives errors of ours', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 3 }), fc.string(), (path, value) => {
        expect(isExpected(attempt('name: a', [`${path.join('.')}=${value}`, value]))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a spec', () => {
  it('printed and parsed is the same, and plans the same trials', () => {
    fc.assert(
      fc.property(builtin, (written) => {
        const spec = parseSweep(stringify(written), 'f');
        const again = parseSweep(printSpec(spec), 'g');
        expect(again).toEqual(spec);
        expect(specsEqual(again, spec)).toBe(true);
        expect(planTrials(again)).toEqual(planTrials(spec));
      }),
    );
  });

  it('of a noop survives printing too, whatever its values', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    // YAML has one zero.
    const values = list(scalar.filter((value) => !Object.is(value, -0)));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-zA-Z]\w{0,8}$/), values, { maxKeys: 3 }), (space) => {
        fc.pre(!Object.hasOwn(space, 'samplesPerClass'));
        const text = stringify({ name: 'a', trainable: { noop: { seconds: 0.25 } }, space });
        const spec = parseSweep(text, 'f');
        expect(parseSweep(printSpec(spec), 'g')).toEqual(spec);
      }),
    );
  });
});
