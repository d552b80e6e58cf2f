/** Keeps the metrics of a program: epochs as they end, and the last value of each. Pure. */
import { ElbowError } from '../../errors.js';
import { NO_FIGURES } from '../../storage/index.js';
import type { EpochMetrics, Outcome } from '../../storage/storage.js';

/** Rows of epochs of one execution, and names of metrics: a program that prints more is not read any further by people. */
const MOST_EPOCHS = 10_000;
const MOST_NAMES = 1_000;
/** Postgres' integers end here. */
const LARGEST_EPOCH = 2 ** 31 - 1;

/** Columns of trials, by the names that programs use. */
const COLUMNS = {
  train_loss: 'trainLoss',
  val_loss: 'valLoss',
  test_loss: 'testLoss',
  train_accuracy: 'trainAccuracy',
  val_accuracy: 'valAccuracy',
  test_accuracy: 'testAccuracy',
} as const;
type Column = (typeof COLUMNS)[keyof typeof COLUMNS];

/** Columns of epochs alone. */
const EPOCH_COLUMNS: ReadonlyMap<string, keyof EpochMetrics> = new Map([
  ['train_loss', 'trainLoss'],
  ['train_accuracy', 'trainAccuracy'],
  ['val_loss', 'valLoss'],
  ['val_accuracy', 'valAccuracy'],
  ['learning_rate', 'learningRate'],
]);

export interface RecordHooks {
  /** Before the first epoch. @param epoch after which the program goes on: one less than its first */
  onBegin(epoch: number): void;
  onEpoch(metrics: EpochMetrics): void;
  /** Something that the program should know, each sort once. */
  onNote(text: string): void;
}

export interface MetricsRecord {
  /** @param seconds since the execution began */
  take(values: Readonly<Record<string, number>>, seconds: number): void;
  /** Ends the last epoch. */
  endEpoch(): void;
  /**
   * What a program that ended well has reached: the last finite value of each metric.
   * @throws ElbowError `objective-missing`
   */
  outcome(seconds: number): Outcome;
}

interface Last {
  /** The last finite one; null where there was none. */
  readonly finite: number | null;
  readonly isFinite: boolean;
}

export function createRecord(objective: string, hooks: RecordHooks): MetricsRecord {
  const last = new Map<string, Last>();
  const said = new Set<string>();
  let epoch: EpochMetrics | null = null;
  let rows = 0;
  let highest = 0;
  let markedAt = 0;

  const noteOnce = (sort: string, text: string): void => {
    if (said.has(sort)) return;
    said.add(sort);
    hooks.onNote(text);
  };

  const endEpoch = (): void => {
    if (epoch === null) return;
    if (rows < MOST_EPOCHS) hooks.onEpoch(epoch);
    else noteOnce('rows', `more than ${MOST_EPOCHS} epochs: later ones are not kept, only the last values`);
    rows++;
    epoch = null;
  };

  /** @returns whether values of this epoch stand in a row */
  const turnTo = (number: number, seconds: number): boolean => {
    if (!Number.isInteger(number) || number < 1 || number > LARGEST_EPOCH) {
      noteOnce(
        'epoch',
        `expected epochs as whole numbers from 1 on, got ${number}: that line counts without its epoch`,
      );
      return false;
    }
    if (epoch?.epoch === number) return true;
    endEpoch();
    if (number <= highest) {
      noteOnce(
        'order',
        `epoch ${number} came after epoch ${highest}: its values count, and the row of that epoch stays`,
      );
      return false;
    }
    if (highest === 0) hooks.onBegin(number - 1);
    highest = number;
    epoch = { ...NO_EPOCH, epoch: number, seconds: seconds - markedAt };
    markedAt = seconds;
    return true;
  };

  const keep = (name: string, value: number): void => {
    const before = last.get(name);
    if (before === undefined && last.size >= MOST_NAMES && name !== objective) {
      noteOnce('names', `more than ${MOST_NAMES} different metrics: ${name} and others are not kept`);
      return;
    }
    const isFinite = Number.isFinite(value);
    last.set(name, { finite: isFinite ? value : (before?.finite ?? null), isFinite });
  };

  const finiteOf = (name: string): number | null => last.get(name)?.finite ?? null;

  return {
    take: ({ epoch: number, ...values }, seconds) => {
      const isInRow = number !== undefined && turnTo(number, seconds);
      for (const [name, value] of Object.entries(values)) {
        if (isOutside(name, value)) {
          noteOnce(name, `expected ${name} from 0 to 1, got ${value}: it is kept with the other metrics`);
        }
        const column = EPOCH_COLUMNS.get(name);
        if (isInRow && epoch !== null && column !== undefined && !isOutside(name, value)) {
          epoch = { ...epoch, [column]: Number.isFinite(value) ? value : null };
        }
        keep(name, value);
      }
    },
    endEpoch,
    outcome: (seconds) => {
      const value = last.get(objective);
      if (value === undefined || value.finite === null) throw objectiveMissing(objective, last);
      const columns: Partial<Record<Column, number>> = {};
      const metrics: Record<string, number> = {};
      for (const name of last.keys()) {
        const finite = finiteOf(name);
        if (finite === null) continue;
        const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name as keyof typeof COLUMNS] : undefined;
        if (column === undefined || isOutside(name, finite)) metrics[name] = finite;
        else columns[column] = finite;
      }
      return {
        ...NO_FIGURES,
        ...columns,
        ...(value.isFinite ? {} : diverged(objective, value.finite)),
        status: 'succeeded',
        epochs: highest,
        objective: value.finite,
        metrics,
        seconds,
        failure: null,
      };
    },
  };
}

const NO_EPOCH = {
  trainLoss: null,
  trainAccuracy: null,
  valLoss: null,
  valAccuracy: null,
  learningRate: null,
};

const isOutside = (name: string, value: number): boolean =>
  Object.hasOwn(COLUMNS, name) && name.endsWith('_accuracy') && (value < 0 || value > 1);

function diverged(objective: string, finite: number): Pick<Outcome, 'diagnosis' | 'findings'> {
  const evidence = `${objective} was not finite when the program printed it last; ${finite}, its last finite value, counts.`;
  return { diagnosis: 'diverged', findings: [{ code: 'diverged', evidence, remedies: [] }] };
}

const MOST_NAMED = 10;

function objectiveMissing(objective: string, last: ReadonlyMap<string, Last>): ElbowError {
  const names = [...last.keys()].filter((name) => name !== objective);
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const printed = names.length === 0 ? 'no metrics' : `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
  const got = last.has(objective)
    ? `it was NaN or infinite each time it was printed`
    : `the program ended well and printed ${printed}`;
  return new ElbowError('objective-missing', `expected the metric ${objective}, the objective, but ${got}`, {
    hint: `A line of its output such as {${JSON.stringify(objective)}: 0.5} tells it.`,
  });
}
