/** Amounts of memory as a sweep file writes them. Pure. */

const UNITS: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** What it looks like, for a JSON Schema. */
export const SIZE_PATTERN = /^(\d+(?:\.\d+)?) ?([MGT]i?B)$/;

/** For people, what an amount looks like. */
export const SIZE_FORM = '"500MB" or "4GiB"';

/** @returns whole bytes > 0; null for what is no amount */
export function bytesIn(text: string): number | null {
  const [, amount, unit = ''] = SIZE_PATTERN.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (UNITS[unit] ?? NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

/** The shortest that `bytesIn` reads as exactly so many. @param bytes integer > 0 */
export function sizeText(bytes: number): string {
  const texts = Object.entries(UNITS)
    .map(([unit, factor]) => `${bytes / factor}${unit}`)
    .filter((text) => bytesIn(text) === bytes);
  return texts.reduce((shortest, text) => (text.length < shortest.length ? text : shortest), texts[0] ?? '');
}
