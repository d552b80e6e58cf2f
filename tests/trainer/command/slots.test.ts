import { afterEach, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../../src/stack/index.js';
import { createSlotDesk } from '../../../src/trainer/desk.js';
import { dealSlots } from '../../../src/trainer/dealing.js';
import { allowedCores } from '../../../src/trainer/pinning.js';
import { until } from '../../support/wait.js';
import { node, removeFolders, runCommand } from './support.js';

afterEach(removeFolders);

const gpu: GpuDevice = { index: 0, uuid: 'GPU-0', name: 'GPU', memoryMb: 8_000 };
const SHOW = node(`
  const status = require('node:fs').readFileSync('/proc/self/status', 'utf8');
  console.log(process.env.CUDA_VISIBLE_DEVICES, /^Cpus_allowed_list:\\s*(\\S+)$/m.exec(status)[1]);
  console.log('{"score": 1}');`);
const STAYS = node("console.log('on'); setInterval(() => undefined, 1e6)");

describe('a program', () => {
  it('has the GPU and the cores of its slot', async () => {
    const [first] = allowedCores();
    const slots = createSlotDesk(dealSlots(1, [gpu], [first!]));
    const run = runCommand(SHOW, { slots, threads: 1 });
    await run.ended;
    expect(run.lines).toContain(`stdout: GPU-0 ${first}`);
  });

  it('may choose its GPU by itself', async () => {
    const slots = createSlotDesk(dealSlots(1, [gpu]));
    const run = runCommand(SHOW, { slots, trainable: { env: { CUDA_VISIBLE_DEVICES: '3' } } });
    await run.ended;
    expect(run.lines.some((line) => line.startsWith('stdout: 3 '))).toBe(true);
  });

  it('that asks for memory begins when it is left by others, and one that asks for none at once', async () => {
    const slots = createSlotDesk(dealSlots(3, [gpu]), 10_000);
    const asks = { gpuMemoryBytes: 5e9 };
    const first = runCommand(STAYS, { slots, trainable: asks });
    await until('the first to run', () => first.lines.includes('stdout: on'));
    const second = runCommand(SHOW, { slots, trainable: asks });
    await until('the second to wait', () => second.lines.length > 0);
    expect(second.lines).toEqual(['elbow: waits: it needs about 5,000 MB of a GPU, which others have now']);
    first.abort();
    await expect(first.ended).rejects.toMatchObject({ code: 'trial-cancelled' });
    expect((await second.ended).status).toBe('succeeded');
  });

  it('that asks for more than there is fails, and says how much there is', async () => {
    const slots = createSlotDesk(dealSlots(1, [gpu]), 4_000);
    await expect(
      runCommand(SHOW, { slots, machineMb: 4_000, trainable: { memoryBytes: 5e9 } }).ended,
    ).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/asks for 5,000 MB \(`trainable.memory`\), and \S+ has 4,000 MB$/),
    });
    await expect(runCommand(SHOW, { slots, trainable: { gpuMemoryBytes: 9e9 } }).ended).rejects.toMatchObject(
      { code: 'out-of-memory', largestMb: 8_000 },
    );
    const onCpu = createSlotDesk(dealSlots(1));
    await expect(
      runCommand(SHOW, { slots: onCpu, trainable: { gpuMemoryBytes: 1 } }).ended,
    ).rejects.toMatchObject({ message: expect.stringMatching(/and the worker on \S+ has none$/) });
  });
});
