/**
 * Hands out the slots of a worker: each to one trial at a time, with the warm process that waits in it, and in the order in
 * which trials ask for one. Nothing is held by a trial that waits, so that none waits for ever; and what one waits for is
 * not given to those that came later, so that large ones get their turn.
 */
import { fitsHost, NO_NEED, optionsOf, placeOf } from './admission.js';
import type { Need, SlotState } from './admission.js';
import type { Slot } from './dealing.js';
import { cancelled } from './failures.js';
import { megabytes } from './plan.js';

/** A process that waits for the next trial of its slot. */
export interface Warm {
  /** What it keeps of the memory. */
  readonly holds: Need;
  end(): Promise<void>;
}

export interface Hold<Kept extends Warm> {
  readonly slot: Slot;
  /** What counts of the trial; at least what was asked for. */
  readonly need: Need;
  /** The process that waited in the slot; null where there was none that would do. */
  readonly warm: Kept | null;
  /** Gives the slot back. @param kept a process that is to wait in it */
  release(kept?: Kept): void;
}

export interface TakeOptions<Kept extends Warm> {
  readonly need: Need;
  readonly signal: AbortSignal;
  /** Whether a warm process will do; none does where it is left out. */
  readonly wants?: (warm: Kept) => boolean;
  /** Called once where it has to wait. */
  readonly onWait?: () => void;
}

export interface SlotDesk<Kept extends Warm> {
  readonly slots: readonly Slot[];
  /** Waits for a slot with room for the trial. @throws ElbowError `trial-cancelled` once the signal was aborted */
  take(options: TakeOptions<Kept>): Promise<Hold<Kept>>;
  /** Ends the processes that wait, and gives out no slot any more. */
  close(): Promise<void>;
}

/** A slot as it changes. */
interface Place<Kept extends Warm> {
  readonly slot: Slot;
  running: Need | null;
  warm: Kept | null;
  /** The end of the process that was in it. */
  ending: Promise<void>;
}

interface Waiting<Kept extends Warm> extends TakeOptions<Kept> {
  reject(why: Error): void;
  /** The device that is kept for it, once it waits: what it is not given to others any more. */
  claim: Slot['device'] | undefined;
  resolve(hold: Promise<Hold<Kept>>): void;
}

/**
 * @param slots at least one
 * @param hostMb memory of the machine; null for no limit
 */
export function createSlotDesk<Kept extends Warm>(
  slots: readonly Slot[],
  hostMb: number | null = null,
): SlotDesk<Kept> {
  const places = slots.map((slot): Place<Kept> => ({
    slot,
    running: null,
    warm: null,
    ending: Promise.resolve(),
  }));
  let queue: Waiting<Kept>[] = [];
  let isClosed = false;

  const endWarm = (place: Place<Kept>): Promise<void> => {
    const { warm } = place;
    place.warm = null;
    if (warm) place.ending = Promise.all([place.ending, warm.end()]).then(() => undefined);
    return place.ending;
  };
  const statesFor = (one: Waiting<Kept>): SlotState[] =>
    places.map(({ slot, running, warm }) => ({
      slot,
      running,
      warm: warm?.holds ?? null,
      isWanted: warm !== null && one.wants?.(warm) === true,
    }));
  const placeAt = ({ slot }: SlotState): Place<Kept> => places[slot.number]!;

  const begin = async (
    place: Place<Kept>,
    need: Need,
    ends: readonly Promise<void>[],
  ): Promise<Hold<Kept>> => {
    const { slot, warm } = place;
    place.running = need;
    place.warm = null;
    let isHeld = true;
    const release = (kept?: Kept): void => {
      if (!isHeld) return;
      isHeld = false;
      place.running = null;
      place.warm = kept ?? null;
      if (isClosed) void endWarm(place);
      serve();
    };
    // Memory is free when the process that had it is gone.
    await Promise.all([place.ending, ...ends]);
    return { slot, need, warm, release };
  };

  /** Gives slots to those that wait, the first one first. */
  const serve = (): void => {
    const claimed = new Set<Slot['device']>();
    const left: Waiting<Kept>[] = [];
    for (const [at, one] of queue.entries()) {
      const states = statesFor(one);
      const all = optionsOf(states, one.need);
      const options = all.filter(({ slot }) => !claimed.has(slot.device));
      const placement = placeOf(one.need, options, states, hostMb);
      if (placement) {
        const place = placeAt(placement.state);
        const ends = placement.evicted.map((state) => endWarm(placeAt(state)));
        one.resolve(begin(place, placement.need, ends));
        continue;
      }
      left.push(one);
      const free = options.filter(({ running }) => running === null);
      if (free.some((state) => !fitsHost(state, states, one.need, hostMb))) {
        // Whatever began on other devices would take the machine's memory that it waits for.
        left.push(...queue.slice(at + 1));
        break;
      }
      one.claim ??= leastBusy(all, states);
      claimed.add(one.claim);
    }
    queue = left;
  };

  return {
    slots,
    take: async (options) => {
      const { signal, onWait } = options;
      if (signal.aborted || isClosed) throw cancelled();
      let leave = (): void => undefined;
      const asked = new Promise<Hold<Kept>>((resolve, reject) => {
        const one: Waiting<Kept> = { ...options, claim: undefined, resolve, reject };
        leave = () => {
          if (!queue.includes(one)) return;
          queue = queue.filter((other) => other !== one);
          reject(cancelled());
          serve();
        };
        queue.push(one);
        serve();
        if (queue.includes(one)) onWait?.();
      });
      signal.addEventListener('abort', leave, { once: true });
      try {
        const hold = await asked;
        if (!signal.aborted) return hold;
        hold.release(hold.warm ?? undefined);
        throw cancelled();
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
    close: async () => {
      isClosed = true;
      for (const one of queue.splice(0)) one.reject(cancelled());
      await Promise.all(places.map(endWarm));
    },
  };
}

/** The device on which the least memory is in use. */
function leastBusy(options: readonly SlotState[], states: readonly SlotState[]): Slot['device'] {
  const used = (device: Slot['device']): number =>
    states.reduce(
      (total, { slot, running }) =>
        total + (slot.device?.uuid === device?.uuid ? (running ?? NO_NEED).deviceMb : 0),
      0,
    );
  const devices = options.map(({ slot }) => slot.device);
  return devices.reduce((least, device) => (used(device) < used(least) ? device : least));
}

/** What the log of a trial that has to wait says. */
export function waitText({ hostMb, deviceMb }: Need): string {
  const parts = [
    ...(deviceMb > 0 ? [`${megabytes(deviceMb)} of a GPU`] : []),
    ...(hostMb > 0 ? [`${megabytes(hostMb)} of this machine`] : []),
  ];
  return parts.length === 0
    ? 'waits: one that came before waits for memory'
    : `waits: it needs about ${parts.join(' and ')}, which others have now`;
}
