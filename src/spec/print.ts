/** A spec as a sweep file again. */
import { Document, isScalar, visit } from 'yaml';
import type { Scalar, SweepSpec } from './types.js';

/**
 * The sweep file of a spec, complete with what was left to defaults: parsing it gives an equal spec.
 * @returns YAML; an axis of one value is written as the value
 */
export function printSpec(spec: SweepSpec): string {
  const { name, dataset, seed, replicates, threads, trainable, networks, space, ...rest } = spec;
  const document = new Document({
    name,
    dataset,
    seed,
    replicates,
    threads,
    trainable: trainable.kind === 'builtin' ? 'builtin' : { noop: { seconds: trainable.seconds } },
    ...(networks === undefined ? {} : { networks }),
    space: Object.fromEntries(Object.entries(space).map(([key, values]) => [key, short(values)])),
    ...rest,
  });
  visit(document, {
    Seq(_, list) {
      // Axes; the layers of a network stand one below the other.
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 });
}

/** A list of one as its value, except null, which says nothing when it stands alone. */
function short(values: readonly Scalar[]): Scalar | readonly Scalar[] {
  const [first] = values;
  return values.length === 1 && first !== undefined && first !== null ? first : values;
}
