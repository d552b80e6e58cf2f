/** A spec as a sweep file again. */
import { Document, isMap, isScalar, isSeq, visit } from 'yaml';
import { writtenDataset } from './own-datasets.js';
import { writtenTrainable } from './trainables.js';
import type { Scalar, SubGrid, SweepSpec } from './types.js';

/**
 * The sweep file of a spec, complete with what was left to defaults: parsing it gives an equal spec.
 * @returns YAML; an axis of one value is written as the value
 */
export function printSpec(spec: SweepSpec): string {
  const { name, dataset, seed, replicates, threads, trainable, networks, space, arms, ...rest } = spec;
  const document = new Document({
    name,
    // A program reads its own data, and its sweep names none.
    ...(trainable.kind === 'command' ? {} : { dataset: writtenDataset(dataset) }),
    seed,
    replicates,
    threads,
    trainable: writtenTrainable(trainable),
    ...(networks === undefined ? {} : { networks }),
    space: shortened(space),
    ...(arms === undefined ? {} : { arms: arms.map(entryOf) }),
    ...rest,
  });
  visit(document, {
    Seq(_, list) {
      // Axes; the layers of a network stand one below the other, and so do the entries of `arms`.
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  const entries = document.get('arms');
  if (isSeq(entries)) for (const entry of entries.items) if (isMap(entry)) entry.flow = true;
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 });
}

const entryOf = ({ name, settings }: SubGrid): object => ({
  ...(name === null ? {} : { name }),
  ...shortened(settings),
});

const shortened = (axes: SweepSpec['space']): object =>
  Object.fromEntries(Object.entries(axes).map(([key, values]) => [key, short(values)]));

/** A list of one as its value, except null, which says nothing when it stands alone. */
function short(values: readonly Scalar[]): Scalar | readonly Scalar[] {
  const [first] = values;
  return values.length === 1 && first !== undefined && first !== null ? first : values;
}
