/**
 * Groups items by a key, in the order in which keys and items first come. `Map.groupBy`, which Node 20 lacks.
 * @param keyOf keys are compared as a Map compares them
 */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
