import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armsOf, parseSweep, planTrials, specsEqual } from '../../src/spec/index.js';

const spec = (text: string) => parseSweep(`name: a\n${text}`, 'f');

describe('arms', () => {
  it('are told apart by what varies', () => {
    const arms = armsOf(
      spec('space: { batchNorm: [true, false], optimizer: [adam, sgd], samplesPerClass: [5, 10] }'),
    );
    expect(arms.map((arm) => arm.label)).toEqual([
      'optimizer=adam batchNorm=true',
      'optimizer=adam batchNorm=false',
      'optimizer=sgd batchNorm=true',
      'optimizer=sgd batchNorm=false',
    ]);
    expect(new Set(arms.map((arm) => arm.hash)).size).toBe(4);
    expect(Object.keys(arms[0]!.params)).toEqual([...Object.keys(arms[0]!.params)].sort());
    expect(arms[0]!.params).not.toHaveProperty('samplesPerClass');
  });

  it('carry the model when there is one', () => {
    expect(armsOf(spec('')).map((arm) => arm.label)).toEqual(['lenet']);
    expect(armsOf(spec('trainable: noop')).map((arm) => arm.label)).toEqual(['noop']);
  });

  it('hash to 12 hex digits that never change', () => {
    // printf %s '{"dataset":"cifar10","model":"lenet","settings":{},"trainable":{"kind":"builtin"}}' | sha256sum
    expect(armsOf(spec(''))[0]!.hash).toBe('324028a58f5f');
  });

  it('leave defaults out of the hash, and everything that is not the arm', () => {
    const plain = armsOf(spec(''))[0]!.hash;
    const same = spec(
      'seed: 1\nreplicates: 4\nthreads: 2\npool: gpu\nbudget: {maxTrials: 9}\nspace: {optimizer: adam, dropout: 0, width: 1, initialiser: glorot-uniform, samplesPerClass: [10]}',
    );
    expect(armsOf(same)[0]!.hash).toBe(plain);
    for (const other of ['dropout: 0.1', 'width: 2', 'initialiser: he-normal', 'model: mlp']) {
      expect(armsOf(spec(`space: { ${other} }`))[0]!.hash).not.toBe(plain);
    }
    expect(armsOf(spec('trainable: noop'))[0]!.hash).not.toBe(plain);
    expect(armsOf(spec('trainable: { noop: { seconds: 1 } }'))[0]!.hash).not.toBe(
      armsOf(spec('trainable: noop'))[0]!.hash,
    );
  });
});

describe('trials', () => {
  it('are numbered replicate by replicate, small sizes first, arms in grid order', () => {
    const plan = planTrials(
      spec('replicates: 2\nspace: { samplesPerClass: [20, 5], optimizer: [sgd, adam] }'),
    );
    expect(plan.map((t) => [t.number, t.replicate, t.samplesPerClass, t.arm.label])).toEqual([
      [0, 0, 5, 'optimizer=sgd'],
      [1, 0, 5, 'optimizer=adam'],
      [2, 0, 20, 'optimizer=sgd'],
      [3, 0, 20, 'optimizer=adam'],
      [4, 1, 5, 'optimizer=sgd'],
      [5, 1, 5, 'optimizer=adam'],
      [6, 1, 20, 'optimizer=sgd'],
      [7, 1, 20, 'optimizer=adam'],
    ]);
  });

  it('have no size where the trainable has none, and all images come last', () => {
    expect(planTrials(spec('trainable: noop\nspace: {x: [1, 2]}')).map((t) => t.samplesPerClass)).toEqual([
      null,
      null,
    ]);
    expect(planTrials(spec('space: { samplesPerClass: [null, 9] }')).map((t) => t.samplesPerClass)).toEqual([
      9,
      null,
    ]);
  });

  it('are each combination exactly once, whatever the axes', () => {
    const axis = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), axis, { maxKeys: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (space, replicates) => {
          const text = JSON.stringify({ name: 'p', trainable: 'noop', replicates, space });
          const plan = planTrials(parseSweep(text, 'f'));
          const product = Object.values(space).reduce((n, values) => n * values.length, replicates);
          expect(plan).toHaveLength(product);
          expect(new Set(plan.map((t) => `${t.arm.hash}/${t.samplesPerClass}/${t.replicate}`)).size).toBe(
            product,
          );
          expect(plan.map((t) => t.number)).toEqual(plan.map((_, i) => i));
        },
      ),
    );
  });
});

describe('equal specs', () => {
  const text = 'seed: 3\nspace: { optimizer: [adam, sgd], epochs: 4 }';
  it('may differ in comments, in order and in what is written out', () => {
    expect(
      specsEqual(
        spec(text),
        spec('# hello\nspace: { epochs: [4], optimizer: [sgd, adam], dropout: 0 }\nseed: 3'),
      ),
    ).toBe(true);
  });
  it('do not differ in anything else', () => {
    expect(specsEqual(spec(text), spec(text.replace('3', '4')))).toBe(false);
    expect(specsEqual(spec(text), spec(text.replace('[adam, sgd]', 'adam')))).toBe(false);
    expect(specsEqual(spec(text), spec(`${text}\nreplicates: 2`))).toBe(false);
  });
  it('survive JSON, whatever order its keys come back in', () => {
    const parsed = spec(text);
    const reordered = JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(parsed).reverse())),
    ) as typeof parsed;
    expect(specsEqual(parsed, reordered)).toBe(true);
    const space = Object.fromEntries(Object.entries(parsed.space).reverse());
    expect(planTrials({ ...reordered, space })).toEqual(planTrials(parsed));
  });

  it('is as before for an elbow that knows more settings', () => {
    const now = spec('space: { optimizer: [adam, sgd] }');
    const { labelSmoothing, ...space } = now.space;
    expect(labelSmoothing).toEqual([0]);
    expect(specsEqual(now, { ...now, space })).toBe(true);
    expect(specsEqual(now, { ...now, space: { ...space, labelSmoothing: [0.1] } })).toBe(false);
  });
});
