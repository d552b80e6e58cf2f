/** Findings of the schema as errors a person understands: where, what was expected, what came, what is near. */
import type { z } from 'zod';
import { ElbowError, type Where } from '../errors.js';
import { NAME_PATTERN, digits } from './leaves.js';
import { nearestName } from './nearest.js';
import { defaultOf } from './params.js';
import type { Path } from './source.js';

/** Finds places in whatever the value was put together from: the file, a scale, `--set`. */
export interface Places {
  whereIs(path: Path): Where;
  whereIsKey(path: Path): Where;
}

type Issue = z.core.$ZodIssue;

/**
 * One error for each thing that is wrong, in the order of the schema.
 * @param value what was checked, to say what came
 * @param keysAt names a mapping may hold, for unknown keys
 */
export function problemsOf(
  issues: readonly Issue[],
  value: unknown,
  places: Places,
  keysAt: (path: Path) => readonly string[],
): ElbowError[] {
  const seen = new Set<string>();
  const problems: ElbowError[] = [];
  const add = (key: string, make: () => ElbowError): void => {
    if (seen.has(key)) return;
    seen.add(key);
    problems.push(make());
  };
  for (const issue of issues.flatMap((found) => branches(found, value))) {
    // Symbols never come out of YAML.
    const path = issue.path as (string | number)[];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        add(`key ${pathText([...path, key])}`, () => unknownKey([...path, key], keysAt(path), places));
      }
    } else {
      add(pathText(path), () => wrongValue(issue, path, valueAt(value, path), places));
    }
  }
  return problems;
}

/** Unknown keys, missing and wrong values. */
const mistakes = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);

/** Of a union's branches, the findings of the one that was meant: the one whose outer shape fits, and best. */
function branches(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const fitting = issue.errors.filter((errors) =>
    errors.every((error) => error.path.length > 0 || error.code === 'unrecognized_keys'),
  );
  const meant =
    fitting.sort((a, b) => mistakes(a) - mistakes(b))[0] ??
    issue.errors.find((errors) => errors[0]?.code === 'invalid_value') ??
    issue.errors[0] ??
    [];
  return meant.flatMap((error) => branches({ ...error, path: [...issue.path, ...error.path] }, value));
}

function unknownKey(path: (string | number)[], known: readonly string[], places: Places): ElbowError {
  const key = String(path.at(-1));
  const near = nearestName(key, known);
  const list = `Known here: ${known.join(', ')}.`;
  return new ElbowError('spec-invalid', `unknown key \`${pathText(path)}\``, {
    where: places.whereIsKey(path),
    hint: near === null ? list : `Did you mean \`${near}\`? ${list}`,
  });
}

function wrongValue(issue: Issue, path: (string | number)[], came: unknown, places: Places): ElbowError {
  const what = path.length === 0 ? '' : `\`${pathText(path)}\`: `;
  const hint = hintFor(issue, path, came);
  const got = came === undefined ? 'it is missing' : `got ${show(came)}`;
  return new ElbowError(
    'spec-invalid',
    `${what}expected ${issue.message}, ${came === undefined ? 'but ' : ''}${got}`,
    {
      where: places.whereIs(path),
      ...(hint === null ? {} : { hint }),
    },
  );
}

function hintFor(issue: Issue, path: Path, came: unknown): string | null {
  if (typeof came === 'string') {
    if (issue.code === 'invalid_value') {
      const near = nearestName(came, issue.values.map(String));
      if (near !== null) return `Did you mean \`${near}\`?`;
    }
    if (issue.code === 'invalid_type' && issue.expected === 'boolean') {
      if (/^(on|yes)$/i.test(came)) return 'Write `true`: YAML 1.2 takes this word for a text.';
      if (/^(off|no)$/i.test(came)) return 'Write `false`: YAML 1.2 takes this word for a text.';
    }
    if (issue.code === 'invalid_type' && /^[\d_,]+(\.\d+)?$/.test(came)) {
      return 'Write numbers without quotes and separators.';
    }
    // Names are the strings that have a pattern, but for conditions.
    if (issue.code === 'invalid_format' && path[0] !== 'until') {
      const slug = came
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 63);
      if (NAME_PATTERN.test(slug)) return `Did you mean \`${slug}\`?`;
    }
  }
  if (path[0] === 'arms' && path[2] === 'samplesPerClass') {
    return 'Write it under `space`: every arm is trained at every size.';
  }
  if (path[0] === 'until') {
    return 'What has to be narrow is the `target`, the `elbow`, or of widths the `score@N` with N samples per class; ratios are above 1.';
  }
  if (path[1] === 'samplesPerClass' && issue.code === 'too_big' && issue.origin === 'number') {
    return `The largest possible size is ${digits(Number(issue.maximum))}, all training images of the smallest class.`;
  }
  return usualHint(path);
}

/** What a setting is where nobody names it. */
function usualHint(path: Path): string | null {
  const setting = path[0] === 'space' ? path[1] : path[0] === 'arms' ? path[2] : undefined;
  const usual = typeof setting === 'string' ? defaultOf(setting) : undefined;
  if (usual === undefined || usual === null) return null;
  return `Leave it out for the default, ${String(usual)}; \`elbow schema\` tells what it does.`;
}

/** `space.epochs[1]` */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/** A value as a message shows it: short, and in the words of YAML. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (typeof value === 'number') return Number.isInteger(value) ? digits(value) : String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'boolean' ? String(value) : 'a mapping';
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    // A mapping or list, as was just checked.
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** Errors without those that were told already: what stands in `space` is met with every entry of `arms`. */
export const once = (errors: readonly ElbowError[]): ElbowError[] =>
  errors.filter((error, i) => errors.findIndex(({ message }) => message === error.message) === i);
