/** The JSON Schema of a sweep file, for editors. */
import { z } from 'zod';
import { DATASETS, DEFAULT_DATASET, type DatasetFacts } from './known.js';
import { NAME_PATTERN } from './leaves.js';
import { networksJsonSchema } from './network-layers.js';
import { builtinSweep, commandSweep, noopSweep } from './schema.js';

type JsonSchema = Record<string, unknown>;

/**
 * JSON Schema (draft 7, which editors of YAML understand). Which parameters `space` takes depends on `trainable`,
 * so `space`, `arms` and `objective` are chosen by an if/then/else; the largest size depends on the data set, in a rule each.
 */
export function sweepJsonSchema(): object {
  // What a data set of one's own has is known when it is looked at.
  const builtin = toJson(builtinSweep(Number.MAX_SAFE_INTEGER));
  const noop = toJson(noopSweep);
  const command = toJson(commandSweep);
  const builtinProperties = builtin['properties'] as JsonSchema;
  const noopProperties = noop['properties'] as JsonSchema;
  const commandProperties = command['properties'] as JsonSchema;
  const dependent = ['space', 'arms', 'objective', 'report'];
  const own = networksJsonSchema(partToJson);
  const shared = Object.fromEntries(
    Object.entries({ ...builtinProperties, networks: own.networks }).map(([key, value]) => [
      key,
      dependent.includes(key) ? { type: key === 'arms' ? 'array' : 'object' } : value,
    ]),
  );
  const pick = (properties: JsonSchema, keys: readonly string[]): JsonSchema => ({
    properties: Object.fromEntries(keys.map((key) => [key, properties[key]])),
  });
  return {
    ...builtin,
    title: 'elbow sweep',
    description:
      'A sweep: which settings and how many samples per class to try. Everything but `name` may be left out.',
    properties: shared,
    definitions: { layer: own.layer },
    if: {
      required: ['trainable'],
      properties: { trainable: { not: { const: 'builtin' } } },
    },
    then: {
      if: { properties: { trainable: { type: 'object', required: ['command'] } } },
      then: {
        ...pick(commandProperties, [...dependent, ...refusedOf(commandProperties)]),
        required: ['objective'],
      },
      // Of noop `unfamiliar` must be false.
      else: pick(noopProperties, [...dependent, 'unfamiliar']),
    },
    else: {
      ...pick(builtinProperties, dependent),
      allOf: Object.entries(DATASETS).map(([dataset, facts]) => sizeRule(dataset, facts)),
    },
  };
}

/** Keys that nothing may stand at. */
const refusedOf = (properties: JsonSchema): readonly string[] =>
  Object.entries(properties)
    .filter(([, value]) => typeof value === 'object' && value !== null && 'not' in value)
    .map(([key]) => key);

/** The sizes of one data set; of the default one for files that name none, too. */
function sizeRule(dataset: string, { largestSize }: DatasetFacts): JsonSchema {
  const named = dataset === DEFAULT_DATASET ? {} : { required: ['dataset'] };
  // The shape that z.toJSONSchema gives to objects within objects.
  const { space } = toJson(builtinSweep(largestSize))['properties'] as { space: { properties: JsonSchema } };
  const { samplesPerClass } = space.properties;
  return {
    if: { properties: { dataset: { const: dataset } }, ...named },
    then: { properties: { space: { properties: { samplesPerClass } } } },
  };
}

/** What an axis of names may hold besides, where the file itself gives names. */
const ownName: JsonSchema = { type: 'string', pattern: NAME_PATTERN.source };

/** A schema for a place within the whole one. */
function partToJson(schema: z.ZodType): JsonSchema {
  const part = toJson(schema);
  delete part['$schema'];
  return part;
}

function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema['axis'] !== true) return;
      const takesOwnNames = jsonSchema['takesOwnNames'] === true;
      delete jsonSchema['axis'];
      delete jsonSchema['takesOwnNames'];
      const { type, items, minItems, ...about } = jsonSchema;
      if (type !== 'array') return;
      const item = takesOwnNames ? { anyOf: [items, ownName] } : items;
      delete jsonSchema.type;
      delete jsonSchema.items;
      delete jsonSchema.minItems;
      Object.assign(jsonSchema, about, { anyOf: [item, { type, items: item, minItems, uniqueItems: true }] });
    },
  });
}
