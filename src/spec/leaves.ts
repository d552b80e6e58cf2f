/**
 * The smallest parts of the schema. Every failure of a leaf has the same message: what was expected, as the end of
 * "expected …"; problems.ts adds what came and where.
 */
import { z } from 'zod';
import type { Scalar } from './types.js';

/** A whole number in [min, max]. */
export function whole(min: number, max: number): z.ZodNumber {
  const error =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${digits(min)}`
      : `a whole number from ${digits(min)} to ${digits(max)}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

/** 5000 as `5,000`, the same on every machine. */
export function digits(value: number): string {
  return value.toLocaleString('en-US');
}

/** A finite number above 0. */
export function positive(): z.ZodNumber {
  const error = 'a number above 0';
  return z.number({ error }).gt(0, { error });
}

/** A finite number of at least 0. */
export function nonNegative(): z.ZodNumber {
  const error = 'a number of at least 0';
  return z.number({ error }).min(0, { error });
}

/** A number in [min, max]. */
export function between(min: number, max: number): z.ZodNumber {
  const error = `a number from ${digits(min)} to ${digits(max)}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

/** A number in [0, 1). */
export function fraction(): z.ZodNumber {
  const error = 'a number of at least 0 and below 1';
  return z.number({ error }).min(0, { error }).lt(1, { error });
}

/** A number in (0, 1). */
export function positiveFraction(): z.ZodNumber {
  const error = 'a number above 0 and below 1';
  return z.number({ error }).gt(0, { error }).lt(1, { error });
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

/** One of a few names. */
export function oneOf<const T extends readonly [string, ...string[]]>(
  names: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  const error = names.length === 1 ? names[0] : `one of ${names.join(', ')}`;
  return z.enum(names, { error });
}

/** What names of sweeps and pools look like: they end up in ids, paths and addresses. */
export const NAME_RULE =
  'lower-case letters, digits and dashes, at most 63, beginning with a letter or digit';
export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function name(): z.ZodString {
  const error = `a name of ${NAME_RULE}`;
  return z.string({ error }).regex(NAME_PATTERN, { error });
}

/** Any value an axis of a trainable that is not built in may take. */
export function scalar(): z.ZodType<Scalar> {
  return z.union([z.string(), z.number(), z.boolean(), z.null()], {
    error: 'a text, a finite number, true, false or null',
  });
}

/** A list of values, at least one. A single value was made a list of one before. */
export function axis<T extends z.ZodType>(item: T): z.ZodArray<T> {
  const error = 'a value or a list of at least one value';
  return z.array(item, { error }).min(1, { error }).meta({ axis: true });
}
