/** Figures as reports write them: the same on every machine. Pure. */

const MINUS = '−';

/** 0.5123 as `0.512`; a real minus sign. */
export function decimal(value: number, digits = 3): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text;
}

/** 0.0614 as `+0.061`. */
export function signed(value: number, digits = 3): string {
  return value < 0 ? decimal(value, digits) : `+${decimal(value, digits)}`;
}

/** 12345 as `12,345`; rounds to whole numbers. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 trial`, `2 trials`; irregular plurals are given. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** Three significant digits: 0.03116 as `0.0312`, 12345 as `12,300`. */
export const significant = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** Two significant digits, for an elbow that is read off a coarse curve: 317.4 as `320`. */
export function rounded(value: number): string {
  if (value < 100) return count(Math.ceil(value));
  const step = 10 ** (Math.floor(Math.log10(value)) - 1);
  return count(Math.ceil(value / step) * step);
}

/** 75.3 as `1 min 15 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** 0.95 as `95 %`. */
export const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

/** A p value; a dash where nothing was tested. */
export function probability(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : decimal(p);
}

/** Half the width of an interval, or null. */
export function halfWidth(interval: { readonly lo: number; readonly hi: number } | null): number | null {
  return interval === null ? null : (interval.hi - interval.lo) / 2;
}

interface Ends {
  readonly lo: number;
  readonly hi: number;
}

/** `0.596 to 0.661` */
export const between = ({ lo, hi }: Ends): string => `${decimal(lo)} to ${decimal(hi)}`;

/** `+0.031 to +0.074` */
export const signedBetween = ({ lo, hi }: Ends): string => `${signed(lo)} to ${signed(hi)}`;

/** `2026-11-24 12:00:05 UTC`, of an ISO 8601 time. */
export const when = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
