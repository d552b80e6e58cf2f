/** Programs of any language as trainables, as a sweep file asks for them, and what a schema cannot check of them. */
import { z } from 'zod';
import { ElbowError } from '../errors.js';
import { gridsOf } from './arms.js';
import { digits } from './leaves.js';
import { bytesIn, SIZE_FORM, SIZE_PATTERN, sizeText } from './sizes.js';
import { nearestName } from './nearest.js';
import { placeholderFault, placeholdersIn } from './placeholders.js';
import { once, pathText, show, type Places } from './problems.js';
import type { Path } from './source.js';
import type { CommandTrainable, Scalar, SweepSpec } from './types.js';

/** A week, after which Temporal ends any trial. */
const LONGEST_SECONDS = 7 * 24 * 3600;
const LONGEST_NAME = 100;

/** A text that can be an argument or a variable: programs take everything but NUL, in UTF-8, which has no half characters. */
const text = (error: string): z.ZodString => z.string({ error }).regex(/^[^\0\p{Cs}]*$/u, { error });

const ARGUMENT = 'a text; numbers and {placeholders} that begin an argument stand in quotes';
const COMMAND = 'a list of a program and its arguments, such as [python3, train.py, "--rate={rate}"]';
const SIZE = `an amount of memory, such as ${SIZE_FORM}`;
const LIMIT = `a number of seconds above 0, at most ${digits(LONGEST_SECONDS)} (a week)`;

/** Elbow's own variables, and what no program can be given. */
const VARIABLE = /^(?!ELBOW_)[A-Za-z_][A-Za-z0-9_]*$/;
const variableName =
  'a variable whose name is made of letters, digits and _, and begins with no digit and not with ELBOW_';
const variable = z.union([text('a text'), z.number(), z.boolean()], {
  error: 'a text, a finite number, true or false',
});

const size = () =>
  z
    .string({ error: SIZE })
    .regex(SIZE_PATTERN, { error: SIZE, abort: true })
    .refine((written) => bytesIn(written) !== null, { error: SIZE })
    .optional();

export const commandSchema = z.strictObject(
  {
    command: z
      .array(text(ARGUMENT), { error: COMMAND })
      .min(1, { error: COMMAND })
      .refine(([program]) => program !== '', { error: COMMAND, abort: true })
      .describe('The program and its arguments, without a shell; `{name}` stands for a parameter.'),
    cwd: text('the path of a folder')
      .min(1, { error: 'the path of a folder' })
      .optional()
      .describe('Folder that it is run in, on the worker; left out, that of the sweep file.'),
    env: z
      .record(z.string().regex(VARIABLE, { error: variableName }), variable, {
        error: ({ code }) => (code === 'invalid_key' ? variableName : 'a mapping of variables to values'),
      })
      .optional()
      .describe('Variables of its environment beside the worker’s.'),
    timeLimit: z
      .number({ error: LIMIT })
      .gt(0, { error: LIMIT })
      .max(LONGEST_SECONDS, { error: LIMIT })
      .optional()
      .describe('Seconds after which it is ended, and the trial has failed; left out, there is no limit.'),
    memory: size().describe(
      'Memory of the machine that it takes, such as 4GiB: it begins where as much is left by trials that run.',
    ),
    gpuMemory: size().describe('The same of a GPU; several trials share one where their memory fits.'),
  },
  // Unknown keys get their own message in problems.ts.
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'a mapping with `command`') },
);

/** A value of a parameter: what can be an argument and stand in JSON. */
export function commandValue(): z.ZodType<Scalar> {
  const error = 'a text, a finite number, true, false or null';
  return z.union([text(error), z.number(), z.boolean(), z.null()], { error });
}

/** What a program may call its metrics. */
export function metricName(): z.ZodString {
  const error = `the name of a metric that the program prints, at most ${LONGEST_NAME} characters`;
  return z
    .string({ error })
    .regex(new RegExp(`^(?!epoch$)[^\\p{Cc}\\p{Cs}]{1,${LONGEST_NAME}}$`, 'u'), { error });
}

type WrittenCommand = z.output<typeof commandSchema>;

/** @param resolved makes its folder absolute; undefined is the folder where the sweep file is */
export function commandTrainable(
  { command, cwd, env = {}, timeLimit, memory, gpuMemory }: WrittenCommand,
  resolved: (cwd: string | undefined) => string,
): CommandTrainable {
  const variables = Object.entries(env).map(([name, value]): [string, string] => [name, String(value)]);
  return {
    kind: 'command',
    command,
    cwd: resolved(cwd),
    ...(variables.length > 0 ? { env: Object.fromEntries(variables) } : {}),
    ...(timeLimit === undefined ? {} : { timeLimitSeconds: timeLimit }),
    // The schema has seen that both are sizes.
    ...(memory === undefined ? {} : { memoryBytes: bytesIn(memory)! }),
    ...(gpuMemory === undefined ? {} : { gpuMemoryBytes: bytesIn(gpuMemory)! }),
  };
}

/** A command as a sweep file writes it. */
export function writtenCommand(trainable: CommandTrainable): object {
  const { command, cwd, env, timeLimitSeconds, memoryBytes, gpuMemoryBytes } = trainable;
  return {
    command,
    cwd,
    ...(env === undefined ? {} : { env }),
    ...(timeLimitSeconds === undefined ? {} : { timeLimit: timeLimitSeconds }),
    ...(memoryBytes === undefined ? {} : { memory: sizeText(memoryBytes) }),
    ...(gpuMemoryBytes === undefined ? {} : { gpuMemory: sizeText(gpuMemoryBytes) }),
  };
}

/** What placeholders may name beside the sweep's parameters, with what it is. */
export const COMMAND_VALUES = {
  seed: 'of the replicate, the same for all arms and sizes',
  replicate: 'from 0',
  params: 'path of a JSON file with everything',
  folder: 'path of a folder that the trial keeps until its attempt ends',
} as const;

const OWN_NAMES: readonly string[] = Object.keys(COMMAND_VALUES);

/**
 * One error for each placeholder that would have no value in some arm, for braces out of order, and for parameters that
 * are called like what elbow gives by itself.
 */
export function commandProblems(spec: SweepSpec, places: Places): ElbowError[] {
  if (spec.trainable.kind !== 'command') return [];
  const { command } = spec.trainable;
  return [
    ...takenNames(spec, places),
    ...command.flatMap((argument, i) =>
      argumentProblems(spec, argument, ['trainable', 'command', i], places),
    ),
  ];
}

function argumentProblems(spec: SweepSpec, argument: string, path: Path, places: Places): ElbowError[] {
  const problem = (message: string, hint: string): ElbowError =>
    new ElbowError('spec-invalid', `\`${pathText(path)}\`: ${message}`, {
      where: places.whereIs(path),
      hint,
    });
  const fault = placeholderFault(argument);
  if (fault !== null) {
    return [
      problem(`expected ${fault.expected}, got ${fault.got}`, 'Braces are doubled: {{"a": 1}} is {"a": 1}.'),
    ];
  }
  const hasSizes = spec.space['samplesPerClass'] !== undefined;
  const always = [...OWN_NAMES, ...(hasSizes ? ['samplesPerClass'] : [])];
  const grids = gridsOf(spec).map((grid) => [...always, ...grid.axes.map(([name]) => name)]);
  const all = [...new Set(grids.flat())];
  return placeholdersIn(argument).flatMap((name) => {
    if (grids.every((names) => names.includes(name))) return [];
    if (all.includes(name)) {
      return problem(
        `{${name}} has no value in the arms of every entry of \`arms\``,
        `Give \`${name}\` a value in \`space\`, which holds where an entry sets none.`,
      );
    }
    const near = nearestName(name, all);
    return problem(
      `the sweep has no parameter for ${show(`{${name}}`)}`,
      `${near === null ? '' : `Did you mean {${near}}? `}There are ${all.map((one) => `{${one}}`).join(', ')}; {{ and }} are braces.`,
    );
  });
}

function takenNames(spec: SweepSpec, places: Places): ElbowError[] {
  const { space, arms = [] } = spec;
  const parents: [Path, object][] = [
    [['space'], space],
    ...arms.map(({ settings }, i): [Path, object] => [['arms', i], settings]),
  ];
  return once(
    parents.flatMap(([parent, axes]) =>
      OWN_NAMES.filter((name) => Object.hasOwn(axes, name)).map((name) => {
        const path = [...parent, name];
        return new ElbowError(
          'spec-invalid',
          `\`${pathText(path)}\`: expected another name, as {${name}} is what elbow gives by itself`,
          {
            where: places.whereIsKey(path),
            hint:
              name === 'seed' || name === 'replicate'
                ? 'To repeat trials with other seeds, use `replicates`.'
                : `{${name}}: ${COMMAND_VALUES[name as keyof typeof COMMAND_VALUES]}.`,
          },
        );
      }),
    ),
  );
}

/**
 * Which way a metric of a program is better cannot be told from most names: Optuna minimises where nothing is said, others
 * maximise.
 */
export function directionProblems(spec: SweepSpec, isSaid: boolean, places: Places): ElbowError[] {
  const { metric } = spec.objective;
  if (spec.trainable.kind !== 'command' || isSaid || /(loss|accuracy)$/i.test(metric)) return [];
  return [
    new ElbowError(
      'spec-invalid',
      `\`objective.direction\`: expected one of maximize, minimize beside the metric ${show(metric)}, but it is missing`,
      {
        where: places.whereIs(['objective']),
        hint: 'It can be left out where the name ends in loss or accuracy.',
      },
    ),
  ];
}
