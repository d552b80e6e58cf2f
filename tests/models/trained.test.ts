import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelPath, readModel } from '../../src/models/index.js';
import { encodeTensors } from '../../src/safetensors.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-models-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tensors = new Map([['0.dense.kernel', { shape: [1, 2], values: Float32Array.of(0.5, -1) }]]);
const description = {
  format: 1,
  layers: [{ kind: 'flatten' }, { kind: 'dense', units: 2, bias: false }],
  input: [1, 1, 1],
  dataset: 'mnist',
  classes: ['0', '1'],
  mean: [0.1],
  std: [0.3],
};

/** Writes a model file under its digest. */
function keep(metadata: Record<string, string>): string {
  const bytes = encodeTensors({ tensors, metadata });
  const digest = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(modelPath(folder, digest), bytes);
  return digest;
}

const place = (digest: string, host: string | null = hostname()) => ({
  folder,
  digest,
  sweep: 'seen',
  trial: 3,
  host,
});

const refusal = (error: { code: string; message: RegExp; hint: RegExp }): unknown =>
  expect.objectContaining({
    code: error.code,
    message: expect.stringMatching(error.message),
    hint: expect.stringMatching(error.hint),
  });

describe('a kept network', () => {
  it('is read back as it was written', () => {
    const model = readModel(place(keep({ elbow: JSON.stringify(description) })));
    expect(model.description).toEqual(description);
    expect([...model.tensors]).toEqual([...tensors]);
  });

  it('that is gone is named with its file and what to do', () => {
    const digest = '0'.repeat(64);
    for (const host of [hostname(), null]) {
      expect(() => readModel(place(digest, host))).toThrow(
        refusal({
          code: 'model-missing',
          message: /trial 3 of seen are gone: there is no file .*0{64}\.safetensors$/,
          hint: /^`elbow rerun seen --trial 3`/,
        }),
      );
    }
  });

  it('that another machine has is told with both machines', () => {
    expect(() => readModel(place('0'.repeat(64), 'lab-2'))).toThrow(
      refusal({
        code: 'model-missing',
        message: new RegExp(`are on lab-2, which trained it, and not on ${hostname()}$`),
        hint: /Run the command on lab-2, copy its models\/0{64}\.safetensors .* to .*elbow rerun seen --trial 3/,
      }),
    );
  });

  it('that cannot be read is not called gone', () => {
    const digest = '1'.repeat(64);
    mkdirSync(modelPath(folder, digest));
    expect(() => readModel(place(digest))).toThrow(
      refusal({ code: 'model-missing', message: /cannot be read: EISDIR/, hint: /readable/ }),
    );
  });

  it('with a changed byte, or cut short, is refused by its digest', () => {
    const digest = keep({ elbow: JSON.stringify(description) });
    const path = modelPath(folder, digest);
    writeFileSync(path, encodeTensors({ tensors, metadata: { elbow: '{}' } }));
    expect(() => readModel(place(digest))).toThrow(
      refusal({ code: 'model-damaged', message: /has changed: expected SHA-256/, hint: /Remove the file/ }),
    );
    writeFileSync(path, '');
    expect(() => readModel(place(digest))).toThrow(/has changed/);
  });

  it('of another format is refused with both formats', () => {
    const digest = keep({ elbow: JSON.stringify({ ...description, format: 2 }) });
    expect(() => readModel(place(digest))).toThrow(
      refusal({
        code: 'model-damaged',
        message: /expected the model format 1 .* got 2$/,
        hint: /Another version/,
      }),
    );
    expect(() => readModel(place(keep({})))).toThrow(/got none/);
    expect(() => readModel(place(keep({ elbow: '{' })))).toThrow(/no JSON/);
  });
});
