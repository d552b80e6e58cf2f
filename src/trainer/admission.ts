/**
 * Which slot a trial may take, by what is known of its memory: on a device, and in the memory of the machine, trials run
 * beside each other while the sum of what is known fits. Pure.
 */
import type { Slot } from './dealing.js';

/** Memory in MB (10⁶ bytes), ≥ 0; 0 where nothing is known. */
export interface Need {
  /** Of the machine. */
  readonly hostMb: number;
  /** Of the slot's GPU. */
  readonly deviceMb: number;
}

export const NO_NEED: Need = { hostMb: 0, deviceMb: 0 };

export interface SlotState {
  readonly slot: Slot;
  /** Of the trial that runs; null where none does. */
  readonly running: Need | null;
  /** What a warm process that waits for the next trial holds; null where there is none. */
  readonly warm: Need | null;
  /** Whether that process would do for the trial in question. */
  readonly isWanted: boolean;
}

export interface Placement {
  readonly state: SlotState;
  /** What counts of the trial: a process that is used again keeps what it held. */
  readonly need: Need;
  /** Slots whose warm processes have to end first. */
  readonly evicted: readonly SlotState[];
}

/** The slots of a GPU share its memory. */
const sameDevice = (a: Slot, b: Slot): boolean => a.device !== null && a.device.uuid === b.device?.uuid;

const larger = (a: Need, b: Need): Need => ({
  hostMb: Math.max(a.hostMb, b.hostMb),
  deviceMb: Math.max(a.deviceMb, b.deviceMb),
});

const sum = (needs: readonly Need[], of: keyof Need): number =>
  needs.reduce((total, need) => total + need[of], 0);

/** What runs beside a slot. */
const beside = (state: SlotState, states: readonly SlotState[], isNear: (slot: Slot) => boolean): Need[] =>
  states.flatMap((other) => (other !== state && other.running && isNear(other.slot) ? [other.running] : []));

/** A trial that is alone may always begin: whether it fits is then told by its own plan, or by trying. */
const hasRoom = (others: readonly Need[], need: Need, of: keyof Need, limit: number | null): boolean =>
  others.length === 0 || limit === null || sum(others, of) + need[of] <= limit;

export const fitsHost = (
  state: SlotState,
  states: readonly SlotState[],
  need: Need,
  hostMb: number | null,
): boolean =>
  hasRoom(
    beside(state, states, () => true),
    need,
    'hostMb',
    hostMb,
  );

const fitsDevice = (state: SlotState, states: readonly SlotState[], need: Need): boolean => {
  const { slot } = state;
  const others = beside(state, states, (other) => sameDevice(slot, other));
  return hasRoom(others, need, 'deviceMb', slot.device?.memoryMb ?? null);
};

/** Whether a slot could ever hold the trial. A device of which nothing is known could. */
export const couldHold = ({ device }: Slot, { deviceMb }: Need): boolean =>
  deviceMb <= (device?.memoryMb ?? Infinity);

/** Slots that the trial may wait for: those that could hold it, else, as a forecast may be too high, the largest. */
export function optionsOf(states: readonly SlotState[], need: Need): readonly SlotState[] {
  const able = states.filter(({ slot }) => couldHold(slot, need));
  if (able.length > 0) return able;
  const memoryOf = ({ slot }: SlotState): number => slot.device?.memoryMb ?? 0;
  const most = Math.max(...states.map(memoryOf));
  return states.filter((state) => memoryOf(state) === most);
}

/**
 * Where a trial may begin now: on the device on which the fewest run, in a slot whose warm process will do, the first.
 * @param options slots that it may take
 * @param hostMb memory of the machine; null for no limit
 * @returns null where it has to wait
 */
export function placeOf(
  need: Need,
  options: readonly SlotState[],
  states: readonly SlotState[],
  hostMb: number | null,
): Placement | null {
  const crowd = ({ slot }: SlotState): number =>
    states.filter((other) => other.running && sameDevice(slot, other.slot)).length;
  const candidates = options
    .filter(({ running }) => running === null)
    .sort(
      (a, b) =>
        crowd(a) - crowd(b) || Number(b.isWanted) - Number(a.isWanted) || a.slot.number - b.slot.number,
    );
  for (const state of candidates) {
    const fits = (amount: Need): boolean =>
      fitsDevice(state, states, amount) && fitsHost(state, states, amount, hostMb);
    if (!fits(need)) continue;
    const kept = state.isWanted && state.warm ? larger(need, state.warm) : null;
    const isReused = kept !== null && fits(kept);
    const amount = isReused ? kept : need;
    const own = state.warm && !isReused ? [state] : [];
    return { state, need: amount, evicted: [...own, ...inTheWay(state, states, amount, hostMb)] };
  }
  return null;
}

/** Warm processes of other slots that the trial leaves no room for, the first ones. */
function inTheWay(
  state: SlotState,
  states: readonly SlotState[],
  need: Need,
  hostMb: number | null,
): SlotState[] {
  const { slot } = state;
  const evicted: SlotState[] = [];
  const excess = (of: keyof Need, limit: number | null, isNear: (slot: Slot) => boolean): number => {
    if (limit === null) return 0;
    const warm = states.filter(
      (other) =>
        other !== state && other.warm && !other.running && !evicted.includes(other) && isNear(other.slot),
    );
    const running = sum(beside(state, states, isNear), of) + need[of];
    return (
      running +
      sum(
        warm.flatMap((other) => other.warm ?? []),
        of,
      ) -
      limit
    );
  };
  const onDevice = (other: Slot): boolean => sameDevice(slot, other);
  for (const other of states) {
    if (other === state || other.running || !other.warm) continue;
    const isNear = onDevice(other.slot) && excess('deviceMb', slot.device?.memoryMb ?? null, onDevice) > 0;
    if (isNear || excess('hostMb', hostMb, () => true) > 0) evicted.push(other);
  }
  return evicted;
}
