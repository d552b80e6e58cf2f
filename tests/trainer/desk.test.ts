import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/stack/index.js';
import type { Need } from '../../src/trainer/admission.js';
import { dealSlots } from '../../src/trainer/dealing.js';
import { createSlotDesk, type Hold, type SlotDesk, type Warm } from '../../src/trainer/desk.js';

const gpu = (index: number, memoryMb: number | null): GpuDevice => ({
  index,
  uuid: `GPU-${index}`,
  name: 'GPU',
  memoryMb,
});
const onDevice = (deviceMb: number): Need => ({ hostMb: 0, deviceMb });
const onHost = (hostMb: number): Need => ({ hostMb, deviceMb: 0 });
const never = (): AbortSignal => new AbortController().signal;

/** A process that counts when it is asked to end, and does so when it is let. */
function warmOf(holds: Need): Warm & { isEnded: boolean } {
  const warm = { holds, isEnded: false, end: () => ((warm.isEnded = true), Promise.resolve()) };
  return warm;
}

interface Asked {
  hold: Hold<Warm> | null;
  waited: boolean;
  error: unknown;
}

/** Asks for a slot; tells later whether it was given. */
function ask(desk: SlotDesk<Warm>, need: Need, signal = never()): Asked {
  const asked: Asked = { hold: null, waited: false, error: null };
  desk
    .take({ need, signal, wants: () => true, onWait: () => (asked.waited = true) })
    .then((hold) => (asked.hold = hold))
    .catch((error: unknown) => (asked.error = error));
  return asked;
}
/** Lets everything that is ready happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
  it('are dealt out over devices in turn, and share cores in equal parts of neighbours', () => {
    const devices = [gpu(0, 1), gpu(3, 1)];
    const dealt = dealSlots(4, devices, [0, 1, 2, 3, 8, 9, 10, 11]);
    expect(dealt.map(({ device }) => device?.index)).toEqual([0, 3, 0, 3]);
    expect(dealt.map(({ cores }) => cores)).toEqual([
      [0, 1],
      [2, 3],
      [8, 9],
      [10, 11],
    ]);
    expect(dealSlots(2, [], [4, 5, 6]).map(({ cores }) => cores)).toEqual([[4], [5, 6]]);
    expect(dealSlots(1, devices).map(({ device }) => device?.index)).toEqual([0]);
  });

  it('have no cores of their own where there are fewer than slots, or nobody says which', () => {
    expect(dealSlots(3, [], [0, 1]).map(({ cores }) => cores)).toEqual([null, null, null]);
    expect(dealSlots(1)).toEqual([{ number: 0, device: null, cores: null }]);
  });
});

describe('trials of one GPU', () => {
  it('run beside each other while their memory fits, and wait in order where it does not', async () => {
    const desk = createSlotDesk(dealSlots(4, [gpu(0, 10)]));
    const [a, b, large, small] = [4, 4, 6, 1].map((mb) => ask(desk, onDevice(mb)));
    await settle();
    expect([a, b, large, small].map((one) => one!.hold !== null)).toEqual([true, true, false, false]);
    expect(large!.waited).toBe(true);
    // The small one would fit; it would then keep the large one from its memory.
    a!.hold!.release();
    await settle();
    expect([large!.hold !== null, small!.hold !== null]).toEqual([true, false]);
    b!.hold!.release();
    await settle();
    expect(small!.hold).not.toBeNull();
  });

  it('begin alone where the forecast is more than the GPU has: it may be too high', async () => {
    const desk = createSlotDesk(dealSlots(2, [gpu(0, 10)]));
    const large = ask(desk, onDevice(12));
    const next = ask(desk, onDevice(1));
    await settle();
    expect([large.hold !== null, next.hold !== null]).toEqual([true, false]);
    large.hold!.release();
    await settle();
    expect(next.hold).not.toBeNull();
  });

  it('are as many as slots where its memory is not known', async () => {
    const desk = createSlotDesk(dealSlots(2, [gpu(0, null)]));
    const both = [ask(desk, onDevice(1e6)), ask(desk, onDevice(1e6))];
    await settle();
    expect(both.every(({ hold }) => hold !== null)).toBe(true);
  });

  it('end warm trainers that have the memory which they need, and no others', async () => {
    const desk = createSlotDesk(dealSlots(3, [gpu(0, 10)]));
    const holds = [ask(desk, onDevice(3)), ask(desk, onDevice(3)), ask(desk, onDevice(3))];
    await settle();
    const warm = holds.map(() => warmOf(onDevice(3)));
    holds.forEach(({ hold }) => hold!.release(warm[hold!.slot.number]));
    // With what the process of its own slot holds already; 3 of 10 MB may stay.
    const large = ask(desk, onDevice(6));
    await settle();
    expect(large.hold).toMatchObject({ slot: { number: 0 }, warm: warm[0], need: onDevice(6) });
    expect(warm.map(({ isEnded }) => isEnded)).toEqual([false, true, false]);
  });
});

describe('trials of several GPUs', () => {
  it('go to the one on which the fewest run, and only to one that is large enough', async () => {
    const desk = createSlotDesk(dealSlots(4, [gpu(0, 10), gpu(1, 40)]));
    const [a, b] = [ask(desk, onDevice(2)), ask(desk, onDevice(2))];
    await settle();
    expect([a, b].map(({ hold }) => hold!.slot.device!.index)).toEqual([0, 1]);
    const large = ask(desk, onDevice(39));
    const small = ask(desk, onDevice(2));
    await settle();
    // The larger GPU is kept for the one that came first.
    expect(large.hold).toBeNull();
    expect(small.hold!.slot.device!.index).toBe(0);
    b.hold!.release();
    await settle();
    expect(large.hold!.slot.device!.index).toBe(1);
  });
});

describe('the memory of the machine', () => {
  it('is shared in the same way', async () => {
    const desk = createSlotDesk(dealSlots(3), 10);
    const [a, b, c] = [6, 6, 1].map((mb) => ask(desk, onHost(mb)));
    await settle();
    expect([a, b, c].map((one) => one!.hold !== null)).toEqual([true, false, false]);
    a!.hold!.release();
    await settle();
    expect([b, c].map((one) => one!.hold !== null)).toEqual([true, true]);
  });
});

describe('a trial that waits', () => {
  it('is let go when it is told to stop, and makes way for those behind it', async () => {
    const desk = createSlotDesk(dealSlots(3, [gpu(0, 10)]));
    const stop = new AbortController();
    const first = ask(desk, onDevice(6));
    const large = ask(desk, onDevice(6), stop.signal);
    const small = ask(desk, onDevice(2));
    await settle();
    expect([first.hold !== null, small.hold]).toEqual([true, null]);
    stop.abort();
    await settle();
    expect(large.error).toMatchObject({ code: 'trial-cancelled' });
    expect(small.hold).not.toBeNull();
  });

  it('hears of the end', async () => {
    const desk = createSlotDesk(dealSlots(1));
    const first = ask(desk, onHost(1));
    const second = ask(desk, onHost(1));
    await settle();
    const warm = warmOf(onHost(1));
    await desk.close();
    first.hold!.release(warm);
    await settle();
    expect(second.error).toMatchObject({ code: 'trial-cancelled' });
    expect(warm.isEnded).toBe(true);
  });
});

it('never overbooks a device or the machine, and gives every trial its turn', async () => {
  const need = fc.record({
    hostMb: fc.integer({ min: 0, max: 12 }),
    deviceMb: fc.integer({ min: 0, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        sizes: fc.array(fc.integer({ min: 4, max: 12 }), { minLength: 0, maxLength: 3 }),
        slots: fc.integer({ min: 1, max: 5 }),
        hostMb: fc.integer({ min: 6, max: 30 }),
        needs: fc.array(need, { minLength: 1, maxLength: 25 }),
        choices: fc.infiniteStream(fc.nat()),
      }),
      async ({ sizes, slots, hostMb, needs, choices }) => {
        const desk = createSlotDesk(
          dealSlots(
            slots,
            sizes.map((size, index) => gpu(index, size)),
          ),
          hostMb,
        );
        const waiting = needs.map((one) => ask(desk, one));
        const running = new Set<Hold<Warm>>();
        let begun = 0;
        const hasOne = <T>(items: readonly T[]): boolean => items.length <= 1;
        for (let round = 0; begun < needs.length || running.size > 0; round++) {
          expect(round).toBeLessThan(3 * needs.length + 3);
          await settle();
          for (const asked of waiting) {
            if (!asked.hold || running.has(asked.hold)) continue;
            running.add(asked.hold);
            begun++;
          }
          waiting.splice(0, waiting.length, ...waiting.filter(({ hold }) => hold === null));
          const now = [...running];
          expect(new Set(now.map(({ slot }) => slot.number)).size).toBe(now.length);
          const host = now.reduce((sum, hold) => sum + hold.need.hostMb, 0);
          expect(host <= hostMb || hasOne(now)).toBe(true);
          for (const [index, size] of sizes.entries()) {
            const here = now.filter(({ slot }) => slot.device?.index === index);
            const used = here.reduce((sum, hold) => sum + hold.need.deviceMb, 0);
            expect(used <= size || hasOne(here)).toBe(true);
          }
          // Some trial ends, sometimes with a process that stays warm.
          const choice = choices.next().value as number;
          const ending = now[choice % now.length];
          if (!ending) continue;
          running.delete(ending);
          const warm = ending.warm ?? warmOf(ending.need);
          ending.release(choice % 2 === 0 ? warm : undefined);
        }
      },
    ),
    { numRuns: 200 },
  );
});

it('starts trials of one device in the order in which they came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 2, maxLength: 20 }),
      async (needs) => {
        const desk = createSlotDesk(dealSlots(4, [gpu(0, 10)]));
        const order: number[] = [];
        const ends = needs.map(async (mb, number) => {
          const hold = await desk.take({ need: onDevice(mb), signal: never() });
          order.push(number);
          await settle();
          hold.release();
        });
        await Promise.all(ends);
        expect(order).toEqual(needs.map((_, number) => number));
      },
    ),
  );
});
