/** What a sweep file may say. Defaults stand here and in params.ts, and nowhere else. */
import { z } from 'zod';
import { commandSchema, commandValue, metricName } from './commands.js';
import { DEFAULT_PRIORITY, DEFAULT_THREADS, NOOP_METRIC, OBJECTIVES, SEARCHES } from './known.js';
import { axis, flag, name, nonNegative, oneOf, positive, scalar, whole } from './leaves.js';
import { networksSchema } from './network-layers.js';
import { datasetSchema } from './own-datasets.js';
import { builtinAxes } from './params.js';
import type { Scalar } from './types.js';
import { CONDITION, CONDITION_FORM, conditionOf } from './until.js';

/** Seeds are 31 bits wide, so that every generator can take them. */
const LARGEST_SEED = 2 ** 31 - 1;
/** No sweep is larger: a grid of this many trials is a slip of the pen, and would fill the memory. */
export const MOST_TRIALS = 1_000_000;

/** Postgres' integers end here. */
const LARGEST_SIZE = 2 ** 31 - 1;

const ARM_HASH = 'the hash of an arm, 12 hexadecimal digits';

const mapping = (what: string) => ({
  // Unknown keys get their own message in problems.ts.
  error: (issue: { code?: string | undefined }) => (issue.code === 'unrecognized_keys' ? undefined : what),
});

const TRAINABLES = 'builtin, noop or { command: [program, arguments] }';

const trainable = z
  .union([
    z.enum(['builtin', 'noop'], { error: TRAINABLES }),
    // Where a mapping fits none, the findings of the first are told.
    commandSchema,
    z.strictObject(
      { noop: z.strictObject({ seconds: nonNegative().default(0) }, mapping('a mapping with `seconds`')) },
      mapping(TRAINABLES),
    ),
  ])
  .default('builtin')
  .describe('What a trial does: elbow’s own training, a program of yours (`command`), or (`noop`) waiting.');

/** Parameters, as those of `space` are, that an entry of `arms` sets; the schema of each without its default. */
function subGrids<T extends z.ZodType>(entry: T) {
  return z
    .array(entry, { error: 'a list of mappings of settings, one at least' })
    .min(1, { error: 'a list of mappings of settings, one at least' })
    .optional()
    .describe(
      'Sub-grids: each entry is laid over `space`, and the arms of all of them are the sweep; left out, `space` is the grid.',
    );
}

const entryKeys = {
  name: name()
    .optional()
    .describe('What its arms are called; without it they are told apart by what it sets.'),
  samplesPerClass: z.never({ error: 'no sizes here' }).optional(),
};

const entryMapping = mapping('a mapping of settings, laid over `space`');

const untilCondition = z
  .string({ error: CONDITION_FORM })
  .regex(CONDITION, { error: CONDITION_FORM })
  .refine((text) => conditionOf(text) !== null, { error: CONDITION_FORM });

const confirmation = z.strictObject(
  {
    arm: z
      .string({ error: ARM_HASH })
      .regex(/^[0-9a-f]{12}$/, { error: ARM_HASH })
      .describe('Its hash.'),
    samplesPerClass: whole(1, LARGEST_SIZE).nullable().describe('At which size.'),
    first: whole(1, MOST_TRIALS).describe('Number of the first replicate, from 0; none of the grid’s.'),
    replicates: whole(1, MOST_TRIALS).describe('How many.'),
  },
  mapping('a mapping with `arm`, `samplesPerClass`, `first` and `replicates`'),
);

const common = {
  name: name()
    .describe('Unique name of the sweep: lower case, digits, dashes.')
    .meta({ examples: ['batch-norm'] }),
  dataset: datasetSchema,
  seed: whole(0, LARGEST_SEED).default(42).describe('All randomness of the sweep comes from it.'),
  replicates: whole(1, MOST_TRIALS)
    .default(1)
    .describe('How often every arm and size is repeated, with other seeds.'),
  threads: whole(1, 1024)
    .default(DEFAULT_THREADS)
    .describe('TensorFlow threads of one trial; part of what makes it repeatable.'),
  trainable,
  networks: networksSchema,
  search: oneOf(SEARCHES)
    .default('grid')
    .describe('How the space is walked; `grid` tries every combination.'),
  budget: z
    .strictObject(
      {
        maxTrials: whole(1, MOST_TRIALS)
          .nullable()
          .default(null)
          .describe('Refuse a grid with more trials than this; null sets no limit.'),
        maxHours: positive()
          .optional()
          .describe('Of training, replicates that `until` adds among them; left out there is no limit.'),
      },
      mapping('a mapping with `maxTrials` and `maxHours`'),
    )
    .prefault({})
    .describe('Limits of the sweep.'),
  until: z
    .array(untilCondition, { error: `${CONDITION_FORM}, or a list of them` })
    .min(1, { error: CONDITION_FORM })
    .optional()
    .meta({ axis: true })
    .describe(
      'Replicates are added until all of these hold for every arm; left out, there are `replicates`.',
    ),
  confirm: z
    .array(confirmation, { error: 'a list of confirmations' })
    .min(1, { error: 'a confirmation at least' })
    .optional()
    .describe(
      'Replicates of one arm besides, which had no say in choosing it: what `elbow extend --confirm` adds.',
    ),
  pool: name().default('default').describe('The workers that run the trials.'),
  priority: whole(1, 5)
    .default(DEFAULT_PRIORITY)
    .describe('1 goes before all others, 5 after them; sweeps of equal priority share the slots.'),
  trialsPerWorkflow: whole(1, 200)
    .default(1)
    .describe('More than 1: one trial workflow runs this many short trials in a row.'),
  scales: z
    .record(name(), z.record(z.string(), z.unknown(), { error: 'a mapping of settings' }), {
      error: 'a mapping of names to settings',
    })
    .optional()
    .describe('Named variants: `--scale NAME` lays its settings over the file.'),
};

const UNFAMILIAR =
  'Score every trial also on test images that are rotated, scaled, shifted, darkened, blurred, recoloured and noised.';

const price = (words: string) => positive().nullable().default(null).describe(words);

const report = (target: z.ZodNumber) =>
  z
    .strictObject(
      {
        target: target.nullable().default(null).describe('Score to reach; the report marks it.'),
        delta: positive()
          .default(0.01)
          .describe('A doubling of the data that gains less than this is past the elbow.'),
        prices: z
          .strictObject(
            {
              perHour: price('Of an hour of training.'),
              perLabel: price('Of a labelled sample.'),
            },
            mapping('a mapping with `perHour` and `perLabel`'),
          )
          .prefault({})
          .describe(
            'What more data and its training would cost, in any currency: the report reckons with it.',
          ),
      },
      mapping('a mapping with `target`, `delta` and `prices`'),
    )
    .prefault({})
    .describe('What the report answers.');

const objective = <const T extends readonly [string, ...string[]]>(metrics: T) =>
  z
    .strictObject(
      {
        metric: oneOf(metrics).optional().describe('The figure that ranks trials.'),
        direction: oneOf(['maximize', 'minimize'])
          .optional()
          .describe('Which way is better; a loss is minimised and all else maximised unless you say so.'),
      },
      mapping('a mapping with `metric` and `direction`'),
    )
    .prefault({})
    .describe('What a search looks at.');

type BuiltinSweep = ReturnType<typeof makeBuiltinSweep>;

/** By largest size, without own networks: a schema of so many parts takes milliseconds to make. */
const builtinSweeps = new Map<number, BuiltinSweep>();

/**
 * The schema of a sweep with the built-in trainable.
 * @param largestSize training images of the data set's smallest class, integer ≥ 1
 * @param own names of the file's networks
 */
export function builtinSweep(largestSize: number, own: readonly string[] = []): BuiltinSweep {
  const known = own.length > 0 ? undefined : builtinSweeps.get(largestSize);
  const made = known ?? makeBuiltinSweep(largestSize, own);
  if (own.length === 0) builtinSweeps.set(largestSize, made);
  return made;
}

function makeBuiltinSweep(largestSize: number, own: readonly string[]) {
  const axes = builtinAxes(largestSize, own);
  const settings: Record<string, z.ZodOptional<z.ZodType<readonly Scalar[]>>> = Object.fromEntries(
    Object.entries(axes).map(([key, axis]) => [
      key,
      axis
        .unwrap()
        .optional()
        .describe(axis.description ?? ''),
    ]),
  );
  const target = 'an accuracy above 0 and at most 1';
  return z.strictObject(
    {
      ...common,
      space: z
        .strictObject(axes, mapping('a mapping of parameters to values'))
        .prefault({})
        .describe('Every list is an axis of the grid; a single value is fixed.'),
      unfamiliar: flag().default(false).describe(UNFAMILIAR),
      arms: subGrids(z.strictObject({ ...settings, ...entryKeys }, entryMapping)),
      objective: objective(OBJECTIVES),
      report: report(z.number({ error: target }).gt(0, { error: target }).max(1, { error: target })),
    },
    mapping('a mapping of settings'),
  );
}

/** The schema of a sweep with `noop`: its space takes any parameter names. */
export const noopSweep = z.strictObject(
  {
    ...common,
    space: z
      .object(
        { samplesPerClass: axis(whole(1, Number.MAX_SAFE_INTEGER).nullable()).optional() },
        mapping('a mapping of parameters to values'),
      )
      .catchall(axis(scalar()))
      .prefault({})
      .describe('Any parameters; every list is an axis of the grid.'),
    unfamiliar: z
      .literal(false, { error: 'false, because noop sees no pictures' })
      .default(false)
      .describe(UNFAMILIAR),
    arms: subGrids(z.object(entryKeys, entryMapping).catchall(axis(scalar()))),
    objective: objective([NOOP_METRIC]),
    report: report(z.number({ error: 'a number' })),
  },
  mapping('a mapping of settings'),
);

/** A key that means nothing to a program. */
const refused = (what: string) =>
  z
    .never({ error: `no ${what}` })
    .optional()
    .describe(`There is no ${what}.`);

/** The schema of a sweep with a program of one's own: its space takes any parameter names. */
export const commandSweep = z.strictObject(
  {
    ...common,
    dataset: refused('data set beside a command, which reads its own data'),
    networks: refused('networks beside a command'),
    unfamiliar: refused('unfamiliar pictures beside a command'),
    space: z
      .object(
        { samplesPerClass: axis(whole(1, LARGEST_SIZE)).optional() },
        mapping('a mapping of parameters to values'),
      )
      .catchall(axis(commandValue()))
      .prefault({})
      .describe('Any parameters; every list is an axis of the grid.'),
    arms: subGrids(z.object(entryKeys, entryMapping).catchall(axis(commandValue()))),
    objective: z
      .strictObject(
        {
          metric: metricName().describe('The metric that ranks trials; the last value printed counts.'),
          direction: oneOf(['maximize', 'minimize'])
            .optional()
            .describe(
              'Which way is better; may be left out where the metric’s name ends in loss or accuracy.',
            ),
        },
        mapping('a mapping with `metric` and `direction`'),
      )
      .describe('What a search looks at.'),
    report: report(z.number({ error: 'a number' })),
  },
  mapping('a mapping of settings'),
);

/** A sweep file after the schema, with defaults; what parse.ts makes a SweepSpec of. */
export type ParsedSweep = z.output<BuiltinSweep> | z.output<typeof noopSweep> | z.output<typeof commandSweep>;

/** Keys that stand at the top of a sweep file. */
export const TOP_LEVEL_KEYS: readonly string[] = Object.keys(noopSweep.shape);
