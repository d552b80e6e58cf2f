/** Examples of a data set of one's own: their classes, who is for tests, and what tells them from all others. Pure. */
import { createHash } from 'node:crypto';
import { ElbowError } from '../../errors.js';

export type SetName = 'train' | 'test';

/** One image or row, before it is decoded. */
export interface Example {
  readonly className: string;
  /** Where the folders say it; null where the content decides. */
  readonly set: SetName | null;
  /** SHA-256 of its content in hex. */
  readonly hash: string;
  /** How messages call it: a path within the folder, or a line. */
  readonly place: string;
}

/** Examples of each class, in the order of the labels. */
export type ByClass<E> = readonly (readonly E[])[];

/** Labels are two bytes wide. */
const MOST_CLASSES = 65_536;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** The distinct names in the order of their labels: numbers by value where all are numbers, else by code unit. */
export function classNames(examples: readonly Pick<Example, 'className'>[]): string[] {
  const names = [...new Set(examples.map(({ className }) => className))];
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  return names.every((name) => NUMBER.test(name))
    ? names.sort((a, b) => Number(a) - Number(b) || byText(a, b))
    : names.sort(byText);
}

/**
 * Who is for training and who for tests. Where no folder says it, the first 32 bits of the content's hash as a number in
 * [0, 1) do: for tests when it is below `share`. So other examples move none, and equal ones are on the same side. A
 * class none of whose examples falls on a side gives that side its nearest one.
 * @returns ordered by hash, so that names and dates of files change nothing
 */
export function assignSets<E extends Example>(
  examples: readonly E[],
  classes: readonly string[],
  share: number,
): Record<SetName, ByClass<E>> {
  const ofClass = new Map(classes.map((name): [string, E[]] => [name, []]));
  for (const example of examples) ofClass.get(example.className)?.push(example);
  const sides = classes.map((name) => {
    const sorted = ofClass.get(name)!.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
    const first = sorted[0]?.hash;
    const last = sorted.at(-1)?.hash;
    const isTest = ({ set, hash }: E): boolean => {
      if (set !== null) return set === 'test';
      return hash !== last && (hash === first || Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32 < share);
    };
    return { train: sorted.filter((one) => !isTest(one)), test: sorted.filter(isTest) };
  });
  return { train: sides.map(({ train }) => train), test: sides.map(({ test }) => test) };
}

/**
 * What identifies a data set: how its content is read, and the content of its examples with class and set, in whatever
 * order they come.
 * @param how plain JSON whose keys always come in the same order
 * @returns SHA-256 in hex
 */
export function digestOf(how: unknown, examples: readonly Example[]): string {
  const hash = createHash('sha256').update(JSON.stringify(how));
  const lines = examples.map(({ className, set, hash: own }) => JSON.stringify([set, className, own])).sort();
  for (const line of lines) hash.update(`\n${line}`);
  return hash.digest('hex');
}

/**
 * Refuses examples that nothing can be learned from.
 * @param noun what an example is, such as `image`
 * @throws ElbowError `data-unusable` for fewer than two classes, too many, or a class without an example on each side
 */
export function expectUsable(
  examples: readonly Example[],
  { path, noun, isFixed }: { readonly path: string; readonly noun: string; readonly isFixed: boolean },
): void {
  const classes = classNames(examples);
  if (classes.length < 2 || classes.length > MOST_CLASSES) {
    const expected = classes.length < 2 ? 'at least 2 classes' : `at most ${MOST_CLASSES} classes`;
    const only = classes.length === 1 ? `, ${classes[0]}` : '';
    throw new ElbowError(
      'data-unusable',
      `expected ${expected} in ${path}, got ${classes.length.toLocaleString('en-US')}${only}`,
      {
        hint:
          noun === 'image'
            ? 'Each class is a folder of its own: cats/1.png, dogs/1.png.'
            : 'The classes are the distinct values of the label column; `label` names it.',
      },
    );
  }
  const sets = assignSets(examples, classes, 0.5);
  const poor = classes.filter(
    (_, label) => sets.train[label]!.length === 0 || sets.test[label]!.length === 0,
  );
  if (poor.length === 0) return;
  const named = poor.slice(0, 10).join(', ');
  const more = poor.length > 10 ? `, … (${poor.length.toLocaleString('en-US')} of ${classes.length})` : '';
  const what = isFixed
    ? `an ${noun} of each class in both train and test`
    : `at least 2 different ${noun}s of each class, one to train and one to test`;
  throw new ElbowError('data-unusable', `expected ${what} in ${path}; too few: ${named}${more}`, {
    hint:
      noun === 'image'
        ? 'Add images to these classes, or take their folders away.'
        : 'Add rows, take these classes out, or name another label column with `label`.',
  });
}

/** What is worth knowing of equal examples: a sentence each. */
export function duplicateNotes(examples: readonly Example[], noun: string): string[] {
  const first = new Map<string, Example>();
  const crossing: [Example, Example][] = [];
  const contradicting: [Example, Example][] = [];
  for (const example of examples) {
    const other = first.get(example.hash);
    if (!other) first.set(example.hash, example);
    else if (other.className !== example.className) contradicting.push([other, example]);
    else if (other.set !== example.set) crossing.push([other, example]);
  }
  const told = (pairs: [Example, Example][], is: string): string[] => {
    const [pair] = pairs;
    if (!pair) return [];
    const count = `${pairs.length.toLocaleString('en-US')} ${noun}${pairs.length === 1 ? ' is' : 's are'}`;
    return [`${count} ${is}, such as ${pair[0].place} and ${pair[1].place}`];
  };
  return [
    ...told(crossing, 'both in train and in test, so the test is easier than it should be'),
    ...told(contradicting, 'in more than one class'),
  ];
}
