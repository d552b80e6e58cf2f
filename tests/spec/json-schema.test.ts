import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/paths.js';
import { BUILTIN_PARAMS, listPresets, parseSweep, sweepJsonSchema } from '../../src/spec/index.js';

const schema = sweepJsonSchema();
const validate = new Ajv({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
}).compile(schema);
const accepts = (text: string): boolean => validate(parse(text));

describe('the JSON Schema', () => {
  it.each([
    'name: a',
    'name: a\nspace: { optimizer: adam, samplesPerClass: [1, 5000, null], batchNorm: [true, false] }',
    'name: a\ndataset: mnist\nspace: { samplesPerClass: [5421] }',
    'name: a\nobjective: { metric: val_loss }\nreport: { target: 0.5 }',
    'name: a\nunfamiliar: true\nspace: { flip: [true, false], mixup: 0.2 }',
    'name: a\ntrainable: noop\nspace: { any: [1, two, null], other: x }',
    'name: a\ntrainable: { noop: { seconds: 2 } }\nobjective: { metric: score }',
    'name: a\nscales: { small: { replicates: 1 } }',
    'name: a\nspace: { model: [mine, lenet] }\nnetworks: { mine: [{ conv: 8, size: 3, padding: same }, batch-norm, { residual: [{ residual: [dropout] }, { activation: relu }] }, { max-pool: 2 }, { dropout: 0.5 }, flatten, { dense: 10 }] }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [global-average-pool, { dense: classes, bias: true, activation: none }] }',
    'name: a\nnetworks: {}',
    'name: a\narms: [{ name: x, optimizer: adam, width: [1, 2] }, {}]',
    'name: a\ntrainable: noop\narms: [{ any: [1, two] }]',
    'name: a\ntrainable: { command: [x] }\nobjective: { metric: loss }',
    'name: a\ntrainable: { command: [x, "{any}"], cwd: y, env: { A: 1 }, timeLimit: 5, memory: 4GiB }\nspace: { any: [1, two], samplesPerClass: [7000] }\nobjective: { metric: f1, direction: maximize }\nreport: { target: 90 }',
  ])('accepts what the parser accepts: %s', (text) => {
    expect(accepts(text), JSON.stringify(validate.errors)).toBe(true);
    expect(() => parseSweep(text, 'f')).not.toThrow();
  });

  it.each([
    'seed: 1',
    'name: A',
    'name: a\nspace: { optimiser: adam }',
    'name: a\nspace: { samplesPerClass: [0] }',
    'name: a\nspace: { samplesPerClass: [6000] }',
    'name: a\nspace: { samplesPerClass: 5001 }',
    'name: a\ndataset: cifar10\nspace: { samplesPerClass: [5001] }',
    'name: a\ndataset: mnist\nspace: { samplesPerClass: [5422] }',
    'name: a\nspace: { samplesPerClass: 1.5 }',
    'name: a\nspace: { optimizer: [adam, adam] }',
    'name: a\nspace: { optimizer: [] }',
    'name: a\nspace: { dropout: 1 }',
    'name: a\nsearch: tpe',
    'name: a\nsed: 3',
    'name: a\nobjective: { metric: score }',
    'name: a\ntrainable: noop\nobjective: { metric: val_accuracy }',
    'name: a\nspace: { model: Mine }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [] }',
    'name: a\nspace: { model: Mine }\nnetworks: { Mine: [flatten, { dense: 10 }] }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [flaten, { dense: 10 }] }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [flatten, { dense: many }] }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [{ conv: 3 }, flatten, { dense: 10 }] }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [{ residual: [{ dropout: 1 }] }, flatten, { dense: 10 }] }',
    'name: a\nspace: { model: mine }\nnetworks: { mine: [{ flatten: null }, { dense: 10 }] }',
    'name: a\nunfamiliar: 1',
    'name: a\ntrainable: noop\nunfamiliar: true',
    'name: a\narms: []',
    'name: a\narms: [{ optimiser: adam }]',
    'name: a\narms: [{ samplesPerClass: 5 }]',
    'name: a\narms: [{ name: Big }]',
    'name: a\ntrainable: noop\narms: [{ samplesPerClass: 5 }]',
    'name: a\ntrainable: noop\narms: [{ x: [] }]',
    'name: a\ntrainable: { command: [x] }',
    'name: a\ntrainable: { command: [x] }\nobjective: { direction: minimize }',
    'name: a\ntrainable: { command: x }\nobjective: { metric: loss }',
    'name: a\ntrainable: { command: [] }\nobjective: { metric: loss }',
    'name: a\ntrainable: { command: [x], env: { ELBOW_HOME: y } }\nobjective: { metric: loss }',
    'name: a\ntrainable: { command: [x], timeLimit: 0 }\nobjective: { metric: loss }',
    'name: a\ntrainable: { command: [x] }\nobjective: { metric: loss }\ndataset: mnist',
    'name: a\ntrainable: { command: [x] }\nobjective: { metric: loss }\nspace: { samplesPerClass: [null] }',
  ])('refuses what the parser refuses: %s', (text) => {
    expect(accepts(text)).toBe(false);
    expect(() => parseSweep(text, 'f')).toThrow();
  });

  it('accepts every preset and the examples', async () => {
    const examples = ['batch-norm', 'own-network', 'two-rings'].map((name) =>
      readFile(join(packageRoot, 'examples', `${name}.yaml`), 'utf8'),
    );
    const sources = (await listPresets()).map(({ source }) => source);
    for (const text of [...(await Promise.all(examples)), ...sources]) {
      expect(accepts(text), `${text} ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });

  it('describes every key and parameter, with its default', () => {
    const { properties, else: builtin } = schema as {
      properties: Record<string, { description?: string; default?: unknown }>;
      else: {
        properties: { space: { properties: Record<string, { description?: string; default?: unknown }> } };
      };
    };
    const space = builtin.properties.space.properties;
    expect(Object.keys(space)).toEqual(BUILTIN_PARAMS);
    for (const [key, value] of Object.entries({ ...space, ...properties })) {
      if (['space', 'arms', 'objective', 'report'].includes(key)) continue;
      expect(value.description, key).toMatch(/\.$/);
    }
    expect(space['learningRate']!.default).toEqual([0.001]);
    expect(properties['seed']!.default).toBe(42);
  });
});
