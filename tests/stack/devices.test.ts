import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseDevices, findDevices } from '../../src/stack/devices.js';
import type { FoundDevices } from '../../src/stack/devices.js';
import { freshFolder, noted, pathFirst, standIn } from './support.js';

const { signal } = noted();

/** Answers as nvidia-smi does, to the query that is asked and to no other. */
const LISTS_TWO = `
[ "$*" = "--query-gpu=index,uuid,name,memory.total --format=csv,noheader,nounits" ] || exit 6
echo "0, GPU-8b1c0a52-11, NVIDIA H100 80GB HBM3, 81559"
echo "1, GPU-8b77ffee-22, NVIDIA A2, [N/A]"`;

const H100 = {
  index: 0,
  uuid: 'GPU-8b1c0a52-11',
  name: 'NVIDIA H100 80GB HBM3',
  memoryMb: (81_559 * 2 ** 20) / 1e6,
};
const A2 = { index: 1, uuid: 'GPU-8b77ffee-22', name: 'NVIDIA A2', memoryMb: null };

function findWith(script: string, env: NodeJS.ProcessEnv = {}): Promise<FoundDevices> {
  const folder = standIn(join(freshFolder(), 'bin'), 'nvidia-smi', script);
  return findDevices({ ...pathFirst(folder), CUDA_VISIBLE_DEVICES: undefined, ...env }, signal);
}

describe('the GPUs of a machine', () => {
  it('are those that nvidia-smi lists, with their memory where it tells it', async () => {
    expect(await findWith(LISTS_TWO)).toEqual({ devices: [H100, A2], problem: null });
  });

  it('are those that CUDA_VISIBLE_DEVICES leaves, in its order, up to the first that is none', async () => {
    const visible = async (text: string) =>
      (await findWith(LISTS_TWO, { CUDA_VISIBLE_DEVICES: text })).devices.map(({ uuid }) => uuid);
    expect(await visible('1,0')).toEqual([A2.uuid, H100.uuid]);
    expect(await visible('1')).toEqual([A2.uuid]);
    expect(await visible('GPU-8b77')).toEqual([A2.uuid]);
    expect(await visible('0,-1,1')).toEqual([H100.uuid]);
    expect(await visible('MIG-1, 0')).toEqual(['MIG-1', H100.uuid]);
    expect(await findWith(LISTS_TWO, { CUDA_VISIBLE_DEVICES: '7' })).toEqual({
      devices: [],
      problem: expect.stringMatching(/^CUDA_VISIBLE_DEVICES="7" leaves none of 0 \(NVIDIA H100/),
    });
  });

  it('are none, and why, where nvidia-smi is missing, fails or lists none', async () => {
    expect(await findDevices({ PATH: freshFolder() }, signal)).toEqual({
      devices: [],
      problem: 'nvidia-smi is not on PATH',
    });
    expect((await findWith('echo "no driver"; exit 9')).problem).toBe('nvidia-smi failed: no driver');
    expect((await findWith('exit 0')).problem).toBe('nvidia-smi lists no GPU');
  });
});

describe('--devices', () => {
  const found: FoundDevices = { devices: [H100, A2], problem: null };

  it('chooses by number or by as much of a UUID as tells one, and all where nothing is said', () => {
    expect(chooseDevices(undefined, found)).toEqual([H100, A2]);
    expect(chooseDevices('1', found)).toEqual([A2]);
    expect(chooseDevices('1, GPU-8b1c', found)).toEqual([A2, H100]);
    expect(chooseDevices(undefined, { devices: [], problem: 'there is no driver' })).toEqual([]);
  });

  it.each(['2', 'GPU-8b', '', '0,', 'all', '-1'])('refuses %j, and says what there is', (asked) => {
    expect(() => chooseDevices(asked, found)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(/^--devices takes numbers or UUIDs/),
        hint: 'There are 0 (NVIDIA H100 80GB HBM3, GPU-8b1c0a52-11), 1 (NVIDIA A2, GPU-8b77ffee-22).',
      }),
    );
  });

  it('refuses one that is named twice, and says why there are none', () => {
    expect(() => chooseDevices('0,GPU-8b1c', found)).toThrow('--devices names GPU 0 twice');
    expect(() => chooseDevices('0', { devices: [], problem: 'nvidia-smi lists no GPU' })).toThrow(
      expect.objectContaining({ hint: 'There are none: nvidia-smi lists no GPU.' }),
    );
  });
});
