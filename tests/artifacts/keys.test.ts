import { describe, expect, it } from 'vitest';
import { checkpointKey, checkpointOf, modelKey, modelOf, progressOf } from '../../src/artifacts/index.js';
import { digestIn, digestOf } from '../../src/artifacts/keys.js';

const digest = 'ab'.repeat(32);

describe('a key', () => {
  it('tells the digest of its content', () => {
    expect(digestIn(modelKey(digest))).toBe(digest);
    expect(digestIn(checkpointKey('a-b', 3, `000002-000010-${digest}.safetensors`))).toBe(digest);
    expect(digestIn(digest)).toBe(digest);
  });

  it.each([
    'models/x.safetensors',
    `models/${digest}.safetensors.123`,
    `models/${digest}0.safetensors`,
    `../${digest}`,
    `models//${digest}`,
    `/models/${digest}`,
    `models/.${digest}`,
    '',
  ])('is not %j', (text) => {
    expect(digestIn(text)).toBeNull();
    expect(() => digestOf(text)).toThrow(/expected the key of an artifact/);
  });

  it('tells of a network its digest, and nothing of others', () => {
    expect(modelOf(modelKey(digest))).toBe(digest);
    expect(modelOf(digest)).toBeNull();
    expect(modelOf(`checkpoints/${digest}`)).toBeNull();
  });

  it('tells of a checkpoint whose it is, who wrote it and how far it is', () => {
    const file = `000012-000345-${digest}.safetensors`;
    const key = checkpointKey('1234-ab', 7, file);
    expect(checkpointOf(key)).toEqual({ key, attemptId: '1234-ab', lease: 7, file, epochs: 12, steps: 345 });
    expect(checkpointOf(modelKey(digest))).toBeNull();
    expect(checkpointOf(`checkpoints/a/00000001/${digest}.safetensors`)).toBeNull();
    expect(progressOf('000012-000345.safetensors')).toBeNull();
  });

  it('of a later execution comes after those of earlier ones', () => {
    const file = `000001-000000-${digest}.safetensors`;
    const keys = [2, 10, 9].map((lease) => checkpointKey('a', lease, file));
    expect([...keys].sort().map((key) => checkpointOf(key)!.lease)).toEqual([2, 9, 10]);
  });
});
