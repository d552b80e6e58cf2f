/** How often each class was recognised, out of a trial's confusion matrix. Pure. */
import type { TestAnswers } from '../storage/storage.js';
import { countText, tableLines } from './text.js';

/** Rows at most; of more classes those that were recognised least. */
const MOST_ROWS = 20;
/** Wrong answers that are named of each class. */
const MOST_OTHERS = 2;

const shareText = (share: number | null): string => share?.toFixed(3) ?? '–';

interface ClassRow {
  readonly name: string;
  readonly count: number;
  /** Share of its test images that were recognised; null where it has none. */
  readonly accuracy: number | null;
  /** What it was taken for instead, the most frequent first: `cat 0.160`. */
  readonly others: readonly string[];
}

/**
 * A row for each class in the order of the data set: the share of its test images that were recognised, and what the others
 * were mostly taken for.
 * @param header applied to the header once it is padded
 */
export function classLines(
  { classes, confusion }: Pick<TestAnswers, 'classes' | 'confusion'>,
  header: (text: string) => string,
): string[] {
  const rows = classes.map((_, label) => rowOf(classes, confusion[label] ?? [], label));
  const isCut = rows.length > MOST_ROWS;
  const shown = isCut
    ? rows.toSorted((a, b) => (a.accuracy ?? 1) - (b.accuracy ?? 1)).slice(0, MOST_ROWS)
    : rows;
  const columns = [
    { title: isCut ? `class (the worst ${MOST_ROWS} of ${rows.length})` : 'class' },
    { title: 'test', right: true },
    { title: 'accuracy', right: true },
    { title: 'mostly taken for' },
  ];
  return tableLines(
    columns,
    shown.map(({ name, count, accuracy, others }) => [
      name,
      countText(count),
      shareText(accuracy),
      others.join(', '),
    ]),
    { header },
  );
}

function rowOf(classes: readonly string[], answers: readonly number[], label: number): ClassRow {
  const count = answers.reduce((sum, one) => sum + one, 0);
  const others = answers
    .map((times, answer) => ({ times, answer }))
    .filter(({ times, answer }) => answer !== label && times > 0)
    .sort((a, b) => b.times - a.times)
    .slice(0, MOST_OTHERS)
    .map(({ times, answer }) => `${classes[answer]} ${shareText(times / count)}`);
  return {
    name: classes[label]!,
    count,
    accuracy: count > 0 ? (answers[label] ?? 0) / count : null,
    others,
  };
}
