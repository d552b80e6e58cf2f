/** What is asked of curves, and of comparisons between them, where nothing else is said. */
export const DEFAULT_CURVE = {
  range: { lo: 0, hi: 1 },
  direction: 'maximize',
  delta: 0.01,
  confidence: 0.95,
  seed: 0,
} as const;
