import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../../src/trainer/command/metrics.js';

const valuesOf = (line: string) => {
  const found = metricsOf(line);
  return found && { ...found.values };
};

describe('a line of metrics', () => {
  it('is any JSON object of numbers, as it was written', () => {
    const name = fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme-ascii' });
    const object = fc.dictionary(name, fc.double({ noNaN: true, noDefaultInfinity: true }), { minKeys: 1 });
    fc.assert(
      fc.property(object, (values) => {
        const found = metricsOf(JSON.stringify(values));
        expect(found?.hasOthers).toBe(false);
        // JSON knows no −0.
        expect({ ...found?.values }).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it.each([
    '',
    'epoch 3: 0.5',
    '3',
    'null',
    '[1, 2]',
    '"text"',
    '{}',
    '{"a": "1"}',
    '{"a": true, "b": [1], "c": {"d": 1}}',
    '{"a": 1',
    '{a: 1}',
    "{'a': 1}",
    '{"a": 1} and more',
    '{"a": NaNa}',
    '{"\u0007": 1}',
    '{"\\ud800": 1}',
  ])('is not %s', (line) => {
    expect(metricsOf(line)).toBeNull();
  });

  it('may have spaces around it, and a name more than once: the last one counts', () => {
    expect(valuesOf('  {"a": 1, "a": 2}\t')).toEqual({ a: 2 });
  });

  it('may hold what Python, JavaScript and C write for numbers that are not finite', () => {
    expect(valuesOf('{"a": NaN, "b": Infinity, "c": -Infinity, "d": null, "e": 1e999, "f": 2}')).toEqual({
      a: NaN,
      b: NaN,
      c: NaN,
      d: NaN,
      e: NaN,
      f: 2,
    });
    expect(metricsOf('{"note": "NaN, \\"Infinity\\"", "a": NaN}')).toEqual({
      values: expect.objectContaining({ a: NaN }),
      hasOthers: true,
    });
    expect(valuesOf('{"NaN": 1, "Infinity": NaN}')).toEqual({ NaN: 1, Infinity: NaN });
  });

  it('is one of the log, too, where it holds anything else', () => {
    expect(metricsOf('{"level": 30, "msg": "hello"}')).toEqual({
      values: expect.objectContaining({ level: 30 }),
      hasOthers: true,
    });
    expect(metricsOf(`{"${'n'.repeat(101)}": 1, "a": 2}`)).toMatchObject({ hasOthers: true });
  });

  it('changes nothing else by its names', () => {
    expect(valuesOf('{"__proto__": 1, "constructor": 2}')).toEqual({ ['__proto__']: 1, constructor: 2 });
    expect(({} as Record<string, unknown>)['constructor']).toBe(Object);
  });
});
