import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ElbowError } from '../../src/errors.js';
import {
  armsOf,
  countTrials,
  defaultOf,
  parseSweep,
  planTrials,
  printSpec,
  specsEqual,
  type ParseOptions,
} from '../../src/spec/index.js';

const spec = (text: string, options: ParseOptions = {}) =>
  parseSweep(`name: a\n${text}`, 'sweep.yaml', options);
const labels = (text: string): string[] => armsOf(spec(text)).map((arm) => arm.label);

/** Every error of a text as `line:column message (hint)`. */
function errorsOf(text: string, options: ParseOptions = {}): string[] {
  try {
    spec(text, options);
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    return [error, ...error.others].map(
      (one) => `${one.where?.line}:${one.where?.column} ${one.message}${one.hint ? ` (${one.hint})` : ''}`,
    );
  }
  return [];
}

describe('arms of sub-grids', () => {
  it('are the union of the entries, each laid over space', () => {
    expect(
      labels(`
space: { samplesPerClass: 500, batchNorm: [true, false], epochs: 9 }
arms:
  - { optimizer: adam, learningRate: [0.001, 0.003] }
  - { optimizer: sgd, batchNorm: true }
  - { name: decayed, weightDecay: 0.0005 }
`),
    ).toEqual([
      'optimizer=adam learningRate=0.001 batchNorm=true',
      'optimizer=adam learningRate=0.001 batchNorm=false',
      'optimizer=adam learningRate=0.003 batchNorm=true',
      'optimizer=adam learningRate=0.003 batchNorm=false',
      'optimizer=sgd batchNorm=true',
      'decayed batchNorm=true',
      'decayed batchNorm=false',
    ]);
  });

  it('are named alone where the entry has a name and nothing varies, and after the model where it is empty', () => {
    expect(labels('arms: [{ name: none }, { name: dropout, dropout: 0.5 }]')).toEqual(['none', 'dropout']);
    expect(labels('arms: [{}, { width: 2 }]')).toEqual(['lenet', 'width=2']);
  });

  it('stand once, under the first label, where two entries have them', () => {
    const twice = spec('arms: [{ name: none }, { width: [1, 2] }]');
    expect(armsOf(twice).map((arm) => arm.label)).toEqual(['none', 'width=2']);
    expect(countTrials(twice)).toBe(2);
    expect(planTrials(twice)).toHaveLength(2);
  });

  it('are the same arms as without `arms`: a hash tells nothing of how an arm was written', () => {
    const grid = armsOf(spec('space: { optimizer: [adam, sgd], batchNorm: [true, false] }'));
    const entries = armsOf(
      spec(
        'space: { batchNorm: [true, false], optimizer: nadam }\narms: [{ optimizer: adam }, { name: x, optimizer: sgd }]',
      ),
    );
    expect(entries.map(({ hash, params }) => [hash, params])).toEqual(
      grid.map(({ hash, params }) => [hash, params]),
    );
  });

  it('are planned replicate by replicate, small sizes first, in the order of the entries', () => {
    const plan = planTrials(
      spec('replicates: 2\nspace: { samplesPerClass: [20, 5] }\narms: [{ name: b, width: 2 }, { name: a }]'),
    );
    expect(plan.map((t) => [t.number, t.replicate, t.samplesPerClass, t.arm.label])).toEqual([
      [0, 0, 5, 'b'],
      [1, 0, 5, 'a'],
      [2, 0, 20, 'b'],
      [3, 0, 20, 'a'],
      [4, 1, 5, 'b'],
      [5, 1, 5, 'a'],
      [6, 1, 20, 'b'],
      [7, 1, 20, 'a'],
    ]);
  });

  it('of a noop take any parameters', () => {
    const text = 'trainable: noop\nspace: { x: [1, 2] }\narms: [{ color: red }, { y: [3, null], x: 7 }]';
    expect(labels(text)).toEqual(['color=red x=1', 'color=red x=2', 'x=7 y=3', 'x=7 y=null']);
    expect(armsOf(spec(text))[0]!.params).toEqual({ color: 'red', x: 1 });
  });
});

describe('a wrong entry', () => {
  it('is told with its place and a remedy, all of them at once', () => {
    const text = `space: { batchNorm: [true, false] }
arms:
  - { optimizer: adm, learningRate: [0.1, 0.1] }
  - { samplesPerClass: [5], lerningRate: -1 }
  - { name: x, learningRate: -1 }
  - { name: x, l2: null }
  - 3
  - { epochs: [], name: A b }
`;
    expect(errorsOf(text)).toEqual([
      expect.stringMatching(
        /^4:18 `arms\[0\].optimizer\[0\]`: expected one of .*"adm" \(Did you mean `adam`\?\)$/,
      ),
      '4:43 `arms[0].learningRate[1]`: expected each value once, got 0.1 again (To repeat trials with other seeds, use `replicates`.)',
      '5:24 `arms[1].samplesPerClass`: expected no sizes here, got a list (Write it under `space`: every arm is trained at every size.)',
      expect.stringMatching(
        /^5:29 unknown key `arms\[1\].lerningRate` \(Did you mean `learningRate`\? Known here: name, model/,
      ),
      '6:30 `arms[2].learningRate[0]`: expected a number above 0, got -1 (Leave it out for the default, 0.001; `elbow schema` tells what it does.)',
      '7:13 `arms[3].name`: expected each name once, got "x" again (Put the settings into one entry, or give this one another name.)',
      expect.stringMatching(/^7:20 `arms\[3\].l2`: expected a value or a list/),
      '8:5 `arms[4]`: expected a mapping of settings, laid over `space`, got 3',
      expect.stringMatching(
        /^9:15 `arms\[5\].epochs`: .*an empty list \(Leave it out for the default, 50; .*\)$/,
      ),
      expect.stringMatching(
        /^9:25 `arms\[5\].name`: expected a name of lower-case .*\(Did you mean `a-b`\?\)$/,
      ),
    ]);
    expect(errorsOf(text).join()).not.toMatch(/Known here: name,[^)]*samplesPerClass/);
  });

  it.each(['arms: []', 'arms: 3', 'arms: { width: 2 }'])('is no list with an entry: %s', (text) => {
    expect(errorsOf(text)).toEqual([
      expect.stringContaining('`arms`: expected a list of mappings of settings, one at least, got '),
    ]);
  });

  it('is checked against the images of the data set, like space', () => {
    expect(errorsOf('arms: [{ crop: 4 }, { crop: [4, 40] }]')).toEqual([
      expect.stringMatching(/^2:33 `arms\[1\].crop\[1\]`: expected a whole number below 32, .* got 40/),
    ]);
  });

  it('of a noop has no sizes either', () => {
    expect(errorsOf('trainable: noop\narms: [{ samplesPerClass: 3 }]')).toEqual([
      expect.stringMatching(/^3:27 `arms\[0\].samplesPerClass`: expected no sizes here/),
    ]);
  });

  it('counts against the budget, with what the arms are', () => {
    const text =
      'budget: { maxTrials: 3 }\nreplicates: 2\nspace: { samplesPerClass: [5, 9] }\narms: [{ width: [1, 2] }, { width: 3 }]';
    expect(errorsOf(text)).toEqual([
      '2:22 the sub-grids have 12 trials (3 arms × 2 samplesPerClass × 2 replicates), the limit is 3 ' +
        '(Raise `budget.maxTrials`, or leave values out.)',
    ]);
  });

  it('is refused before it fills the memory', () => {
    const many = Array.from({ length: 1_100 }, (_, i) => i + 1).join(', ');
    const entry = `{ batchSize: [${many}], epochs: [${many}] }`;
    expect(errorsOf(`arms: [${entry}]`)).toEqual([
      expect.stringMatching(/^2:7 the sub-grids have 1,210,000 trials/),
    ]);
  });
});

describe('--set', () => {
  const file = 'space: { batchNorm: [true, false] }\narms: [{ optimizer: adam }, { optimizer: sgd }]';

  it('lays other entries over the file', () => {
    const set = ['arms=[{name: wide, width: 2}]'];
    expect(armsOf(spec(file, { set })).map((arm) => arm.label)).toEqual([
      'wide batchNorm=true',
      'wide batchNorm=false',
    ]);
    expect(errorsOf(file, { set: ['arms=[{optimizer: sdg}]'] })).toEqual([
      expect.stringMatching(/^1:25 `arms\[0\].optimizer\[0\]`.*`sgd`/),
    ]);
  });

  it('of a parameter reaches the entries that do not set it, and is refused where all of them do', () => {
    expect(labelsWith(['width=2'])).toEqual([
      'optimizer=adam batchNorm=true',
      'optimizer=adam batchNorm=false',
      'optimizer=sgd batchNorm=true',
      'optimizer=sgd batchNorm=false',
    ]);
    expect(armsOf(spec(file, { set: ['width=2'] }))[0]!.params['width']).toBe(2);
    expect(errorsOf(file, { set: ['optimizer=adam'] })).toEqual([
      expect.stringMatching(/^1:7 `space.optimizer`: every entry of `arms` sets optimizer itself/),
    ]);
    // In the file it is the value of entries that may come.
    expect(errorsOf(file.replace('{ batch', '{ optimizer: nadam, batch'))).toEqual([]);
  });

  const labelsWith = (set: string[]): string[] => armsOf(spec(file, { set })).map((arm) => arm.label);
});

describe('equal specs with sub-grids', () => {
  const one = spec(
    'space: { optimizer: nadam, batchNorm: [true, false] }\narms: [{ optimizer: adam }, { optimizer: [sgd, momentum] }]',
  );

  it('may differ in the order of entries and keys, and in what no arm has', () => {
    const other = spec(
      'space: { batchNorm: [false, true] }\narms: [{ width: 1, optimizer: [momentum, sgd] }, { optimizer: adam, l2: 0 }]',
    );
    expect(specsEqual(one, other)).toBe(true);
  });

  it('do not differ in anything else', () => {
    const named = spec(
      'space: { batchNorm: [true, false] }\narms: [{ name: a, optimizer: adam }, { optimizer: [sgd, momentum] }]',
    );
    const fewer = spec('space: { batchNorm: [true, false] }\narms: [{ optimizer: adam }]');
    expect(specsEqual(one, named)).toBe(false);
    expect(specsEqual(one, fewer)).toBe(false);
    expect(specsEqual(spec(''), spec('arms: [{ name: x }]'))).toBe(false);
  });

  it('are as before for a spec stored without `arms`, and for an elbow that knows more settings', () => {
    expect(Object.keys(spec(''))).not.toContain('arms');
    const { dropout, ...space } = one.space;
    expect(dropout).toEqual([0]);
    expect(specsEqual(one, { ...one, space })).toBe(true);
  });
});

/** Laws of unions, over any sub-grids. */
describe('sub-grids', () => {
  const subset = <T>(...values: T[]) =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
  const axes = fc.record(
    {
      optimizer: subset('adam', 'sgd', 'nadam'),
      batchNorm: subset(true, false),
      width: subset(0.5, 1, 2),
      weightDecay: subset(null, 0, 0.01),
    },
    { requiredKeys: [] },
  );
  const entries = fc.array(axes, { minLength: 1, maxLength: 4 });
  const parse = (value: object) => parseSweep(JSON.stringify({ name: 'p', ...value }), 'f');
  const hashes = (value: object): string[] => armsOf(parse(value)).map((arm) => arm.hash);

  it('have the arms that each has alone, each once and in order; none without a label of its own', () => {
    fc.assert(
      fc.property(axes, entries, (space, arms) => {
        const all = armsOf(parse({ space, arms }));
        const apart = arms.flatMap((entry) => hashes({ space: { ...space, ...entry } }));
        expect(all.map((arm) => arm.hash)).toEqual([...new Set(apart)]);
        expect(new Set(all.map((arm) => arm.label)).size).toBe(all.length);
        expect(countTrials(parse({ space, arms, replicates: 3 }))).toBe(3 * all.length);
      }),
      { numRuns: 40 },
    );
  });

  it('do not change when an entry is repeated, split at an axis, or moved', () => {
    fc.assert(
      fc.property(axes, entries, fc.nat(), (space, arms, at) => {
        const set = new Set(hashes({ space, arms }));
        const entry = arms[at % arms.length]!;
        expect(new Set(hashes({ space, arms: [...arms, entry] }))).toEqual(set);
        expect(new Set(hashes({ space, arms: arms.toReversed() }))).toEqual(set);
        const split = (entry.width ?? space.width ?? [defaultOf('width') as number]).map((width) => ({
          ...entry,
          width: [width],
        }));
        expect(new Set(hashes({ space, arms: [...arms.filter((one) => one !== entry), ...split] }))).toEqual(
          set,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('survive printing', () => {
    const named = entries.map((arms) =>
      arms.map((entry, i) => (i % 2 === 0 ? entry : { name: `n${i}`, ...entry })),
    );
    fc.assert(
      fc.property(axes, named, (space, arms) => {
        const written = parseSweep(stringify({ name: 'p', space, arms }), 'f');
        const again = parseSweep(printSpec(written), 'g');
        expect(again).toEqual(written);
        expect(planTrials(again)).toEqual(planTrials(written));
        expect(specsEqual(again, written)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
