/** The layers a sweep file may write, as schemas: one place for their options and ranges. */
import { z } from 'zod';
import { NAME_PATTERN, digits, flag, oneOf, positiveFraction, whole } from './leaves.js';

/** Filters, units. */
const MOST_UNITS = 1_000_000;
/** Pixels at a side of a kernel, from one to the next, of a pool. */
const MOST_PIXELS = 1_024;

const count = (what: string) => {
  const error = `a whole number of ${what} from 1 to ${digits(MOST_UNITS)}, or \`classes\``;
  const number = z.number({ error }).int({ error }).min(1, { error }).max(MOST_UNITS, { error });
  return z.union([number, z.literal('classes', { error })]);
};

const LAYER_LIST = 'a list of at least one layer';
const pixels = (least: number): z.ZodNumber => whole(least, MOST_PIXELS);
const bias = flag().optional().describe('Left out: true, unless batch norm follows and takes it away.');
const activation = oneOf(['relu', 'none']).optional().describe('After the layer; none when left out.');

/** Layers with a figure, by the key that names them. */
export const figured = {
  conv: z.strictObject({
    conv: count('filters').describe('Filters.'),
    size: pixels(1).describe('Pixels at a side of the square kernel.'),
    stride: pixels(1)
      .optional()
      .describe('Pixels from one place of the kernel to the next; 1 when left out.'),
    padding: oneOf(['valid', 'same'])
      .optional()
      .describe('`same` keeps the size of the image at stride 1; valid when left out.'),
    bias,
    activation,
  }),
  dense: z.strictObject({ dense: count('units').describe('Units.'), bias, activation }),
  'max-pool': z.strictObject({ 'max-pool': pixels(2).describe('Pixels at a side of the window.') }),
  activation: z.strictObject({ activation: oneOf(['relu']) }),
  dropout: z.strictObject({ dropout: positiveFraction().describe('Share of units dropped.') }),
  residual: z.strictObject({
    residual: z.array(z.unknown(), { error: LAYER_LIST }).min(1, { error: LAYER_LIST }),
  }),
} as const;

/** Layers that are a word. */
const words = ['batch-norm', 'dropout', 'flatten', 'global-average-pool'] as const;

/** A kind of layer with a figure. */
export type Figured = keyof typeof figured;
/** A kind of layer that may stand as a word. */
export type Word = (typeof words)[number];

const figuredKinds = Object.keys(figured) as Figured[];
/** All, in the order in which they are listed. */
export const kinds: readonly string[] = [...new Set<string>([...figuredKinds, ...words])];

/** Whether a key names a layer with a figure. */
export const isFigured = (key: string): key is Figured => Object.hasOwn(figured, key);
/** Whether a value is a layer without a figure. */
export const isWord = (value: unknown): value is Word => words.some((word) => word === value);

/**
 * The schema of `networks`, without names and layers: networks.ts looks at these one by one, so that what is wrong is
 * said of the layer that was meant.
 */
export const networksSchema = z
  .record(z.string(), z.array(z.unknown(), { error: LAYER_LIST }).min(1, { error: LAYER_LIST }), {
    error: 'a mapping of names to lists of layers',
  })
  .optional()
  .describe('Networks of layers for `space.model` to name, beside the built-in ones.');

/** JSON Schema (draft 7) of `networks`; layers are named, as residual ones hold others. */
export function networksJsonSchema(toJson: (schema: z.ZodType) => object): {
  readonly layer: object;
  readonly networks: object;
} {
  const list = { type: 'array', minItems: 1, items: { $ref: '#/definitions/layer' } };
  const forms = figuredKinds.map((kind) => {
    const form = toJson(figured[kind]);
    return kind === 'residual' ? { ...form, properties: { residual: list } } : form;
  });
  return {
    layer: { description: 'A layer of a network.', anyOf: [{ enum: words }, ...forms] },
    networks: {
      ...toJson(networksSchema),
      propertyNames: { pattern: NAME_PATTERN.source },
      additionalProperties: list,
    },
  };
}
