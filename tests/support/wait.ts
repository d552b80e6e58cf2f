import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `check` gives something other than false, null or undefined, and returns it.
 * @param what named when it never comes true
 * @throws when `withinMs` have passed
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  withinMs = 60_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms for ${what}, in vain`);
    await pause(50);
  }
}
