/** A spec as a sweep file again. */
import { stringify } from 'yaml';
import type { Scalar, SweepSpec } from './types.js';

/**
 * The sweep file of a spec, complete with what was left to defaults: parsing it gives an equal spec.
 * @returns YAML; an axis of one value is written as the value
 */
export function printSpec(spec: SweepSpec): string {
  const { trainable, space, ...rest } = spec;
  const written = trainable.kind === 'builtin' ? 'builtin' : { noop: { seconds: trainable.seconds } };
  const axes = Object.fromEntries(Object.entries(space).map(([key, values]) => [key, axisText(values)]));
  const { name, dataset, seed, replicates, threads, ...others } = rest;
  return stringify(
    { name, dataset, seed, replicates, threads, trainable: written, space: axes, ...others },
    { collectionStyle: 'any', flowCollectionPadding: false },
  );
}

const axisText = (values: readonly Scalar[]): Scalar | readonly Scalar[] => {
  const [first] = values;
  return values.length === 1 && first !== undefined && first !== null ? first : values;
};
