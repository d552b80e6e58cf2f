import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { armsOf, parseSweep, planTrials, printSpec, specsEqual } from '../../src/spec/index.js';
import type { SweepSpec } from '../../src/spec/types.js';

/** Layers of images whose channels stay 3, at every width: any list of them fits. */
const layer = fc.oneof(
  fc.constantFrom('batch-norm', 'dropout', { activation: 'relu' }),
  fc.record(
    {
      conv: fc.integer({ min: 1, max: 4 }),
      size: fc.constantFrom(1, 3),
      padding: fc.constant('same'),
      stride: fc.constant(1),
      bias: fc.boolean(),
      activation: fc.constantFrom('relu', 'none'),
    },
    { requiredKeys: ['conv', 'size', 'padding'] },
  ),
  fc.record({ dropout: fc.double({ min: 0.01, max: 0.99, noNaN: true }) }),
  fc.record({ residual: fc.uniqueArray(fc.constantFrom('batch-norm', 'dropout'), { minLength: 1 }) }),
);
const network = fc
  .array(layer, { maxLength: 6 })
  .map((layers): unknown[] => [...layers, 'global-average-pool', { dense: 'classes' }]);
const name = fc.stringMatching(/^net-[a-z0-9]{1,6}$/);
const sweep = (networks: Record<string, unknown>, space: object = {}): SweepSpec =>
  parseSweep(
    stringify(
      { name: 'a', networks, space: { model: Object.keys(networks), ...space } },
      { aliasDuplicateObjects: false },
    ),
    'f',
  );

describe('an arm of an own network', () => {
  it('hashes by layers and settings, and never by the name', () => {
    fc.assert(
      fc.property(network, network, name, name, (one, two, first, second) => {
        const hash = (layers: unknown, called: string, space = {}) =>
          armsOf(sweep({ [called]: layers }, space))[0]!.hash;
        const equal =
          JSON.stringify(sweep({ x: one }).networks) === JSON.stringify(sweep({ x: two }).networks);
        expect(hash(one, first)).toBe(hash(one, second));
        expect(hash(one, first) === hash(two, first)).toBe(equal);
        expect(hash(one, first, { width: 2 })).not.toBe(hash(one, first));
        expect(hash([...one.slice(0, -1), { dense: 10, bias: true, activation: 'none' }], first)).toBe(
          hash(one, first),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('is another than that of any built-in model, and shows its name', () => {
    const spec = sweep({ mine: ['flatten', { dense: 10 }] }, { model: ['mine', 'mlp'] });
    expect(armsOf(spec).map(({ label }) => label)).toEqual(['model=mine', 'model=mlp']);
    expect(new Set(armsOf(spec).map(({ hash }) => hash)).size).toBe(2);
    // printf %s '{"dataset":"cifar10","network":["flatten",{"dense":"classes"}],"settings":{},"trainable":{"kind":"builtin"}}' | sha256sum
    expect(armsOf(spec)[0]!.hash).toBe('5245403dab3b');
  });

  it('makes equal sweeps whatever the networks are called, and others when layers differ', () => {
    fc.assert(
      fc.property(network, name, name, (layers, first, second) => {
        expect(specsEqual(sweep({ [first]: layers }), sweep({ [second]: layers }))).toBe(true);
        expect(specsEqual(sweep({ [first]: layers }), sweep({ [first]: ['batch-norm', ...layers] }))).toBe(
          false,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('survives printing and JSON, with its trials', () => {
    fc.assert(
      fc.property(fc.array(network, { minLength: 1, maxLength: 3 }), (networks) => {
        const named = networks.map((layers, i): [string, unknown] => [
          `net-${i}`,
          [{ dropout: (i + 1) / 10 }, ...layers],
        ]);
        const spec = sweep(Object.fromEntries(named));
        const again = parseSweep(printSpec(spec), 'g');
        expect(again).toEqual(spec);
        expect(specsEqual(again, JSON.parse(JSON.stringify(spec)) as SweepSpec)).toBe(true);
        expect(planTrials(again)).toEqual(planTrials(spec));
      }),
      { numRuns: 30 },
    );
  });
});
