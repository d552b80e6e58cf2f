/** One of several, by a number in [0, 1): as an array, which is empty where there are none. */
export const anyOf = <T>(items: readonly T[], which: number): readonly T[] => {
  const at = Math.floor(which * items.length);
  return items.slice(at, at + 1);
};
