/** Guesses at what someone meant to write. */
import { distance } from 'fastest-levenshtein';

/**
 * The name nearest to what was written, or null when none is near: at most a third of the letters differ (two in
 * short names), or one is the beginning of the other. Case, dashes and underscores do not count; the first of
 * equally near ones wins.
 */
export function nearestName(written: string, names: readonly string[]): string | null {
  const bare = plain(written);
  if (bare === '') return null;
  let best: { name: string; difference: number } | null = null;
  for (const name of names) {
    const other = plain(name);
    const isBeginning = bare.length >= 3 && (other.startsWith(bare) || bare.startsWith(other));
    const difference = isBeginning ? Math.min(1, distance(bare, other)) : distance(bare, other);
    const limit = Math.max(bare.length <= 2 ? 1 : 2, Math.floor(other.length / 3));
    if (difference <= limit && (best === null || difference < best.difference)) best = { name, difference };
  }
  return best?.name ?? null;
}

const plain = (text: string): string => text.toLowerCase().replace(/[-_\s]/g, '');
