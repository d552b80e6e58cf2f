import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeTensors, encodeTensors } from '../src/safetensors.js';

const tensors = fc
  .dictionary(fc.string({ minLength: 1 }), fc.array(fc.float({ noNaN: true })), { noNullPrototype: true })
  .map((entries) => Object.entries(entries).filter(([name]) => name !== '__metadata__'))
  .map(
    (entries) =>
      new Map(
        entries.map(([name, list]) => [name, { shape: [list.length], values: Float32Array.from(list) }]),
      ),
  );

it('gives back what it was given', () => {
  fc.assert(
    fc.property(
      tensors,
      fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      (named, metadata) => {
        const read = decodeTensors(encodeTensors({ tensors: named, metadata }), 'x');
        expect(new Map(read.tensors)).toEqual(named);
        expect(read.metadata).toEqual(metadata);
      },
    ),
    { examples: [[new Map([['__proto__', { shape: [1], values: new Float32Array(1) }]]), {}]] },
  );
});

it('writes the published format, byte for byte', () => {
  const bytes = encodeTensors({
    tensors: new Map([['a', { shape: [1, 2], values: Float32Array.from([1, -2]) }]]),
    metadata: { k: 'v' },
  });
  const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
  const length = Math.ceil(header.length / 8) * 8;
  expect(bytes.readBigUInt64LE()).toBe(BigInt(length));
  expect(bytes.toString('utf8', 8, 8 + length)).toBe(header.padEnd(length));
  expect([bytes.readFloatLE(8 + length), bytes.readFloatLE(12 + length)]).toEqual([1, -2]);
  expect(bytes).toHaveLength(16 + length);
});

it('refuses what is no such file, or not whole', () => {
  const whole = encodeTensors({
    tensors: new Map([['a', { shape: [4], values: new Float32Array(4) }]]),
    metadata: {},
  });
  for (let length = 0; length < whole.length; length++) {
    expect(() => decodeTensors(whole.subarray(0, length), 'part')).toThrow(
      /^part is not a whole safetensors file/,
    );
  }
  const other = Buffer.from(whole.toString('latin1').replace('F32', 'F16'), 'latin1');
  expect(() => decodeTensors(other, 'half')).toThrow(/F16, not F32/);
});
