/** What `run --dry-run` prints: the plan, without a stack. */
import {
  armsOf,
  armsOfGrid,
  commandText,
  datasetFacts,
  defaultOf,
  gridsOf,
  planTrials,
} from '../spec/index.js';
import type { Arm, SweepSpec } from '../spec/types.js';
import type { Output } from './output.js';
import { countedText, countText, tableLines } from './text.js';

/** Rows of arms that are printed; `--json` has all. */
const MOST_ARMS = 40;

/** Prints arms, sizes, replicates and the number of trials. */
export function printPlan(spec: SweepSpec, out: Output): void {
  const arms = armsOf(spec);
  const trials = planTrials(spec);
  const sizes = [...new Set(trials.map((trial) => trial.samplesPerClass))];
  if (out.json) {
    out.document({
      sweep: spec.name,
      trials: trials.length,
      arms: arms.map(({ hash, label, params }) => ({ arm: hash, label, params })),
      samplesPerClass: sizes,
      replicates: spec.replicates,
      spec,
    });
    return;
  }
  const { bold, dim } = out.colors;
  const counts = [
    countedText(arms.length, 'arm'),
    ...(sizes.length === 1 && sizes[0] === null ? [] : [countedText(sizes.length, 'size')]),
    countedText(spec.replicates, 'replicate'),
  ];
  const confirming = trials.length - arms.length * sizes.length * spec.replicates;
  const besides = confirming === 0 ? '' : ` + ${countText(confirming)} that confirm an arm`;
  out.result(`${bold(spec.name)}: ${counts.join(' × ')}${besides} = ${countedText(trials.length, 'trial')}`);
  const named = sizes.filter((size) => size !== null);
  if (named.length > 0) out.result(`samples per class  ${named.map(countText).join(', ')}`);
  const { trainable } = spec;
  if (trainable.kind === 'command') {
    out.result(`command            ${commandText(trainable)}`);
    out.result(`folder             ${trainable.cwd}`);
  } else if (trainable.kind === 'builtin') {
    out.result(`data set           ${datasetText(spec.dataset)}`);
  } else {
    out.result(`trainable          noop of ${trainable.seconds} s`);
  }
  out.result(`seed               ${spec.seed}`);
  out.result(`pool               ${spec.pool}`);
  for (const [i, condition] of (spec.until ?? []).entries())
    out.result(`${i === 0 ? 'until' : '  and'}              ${condition}`);
  const isSet = (key: string): boolean =>
    (spec.arms ?? []).some(({ settings }) => Object.hasOwn(settings, key));
  const fixed = Object.entries(spec.space).filter(
    ([key, values]) => key !== 'samplesPerClass' && values.length === 1 && !isSet(key),
  );
  // Parameters of a program have no defaults, also where they are called like built-in ones.
  const told = fixed.filter(
    ([key, [value]]) => trainable.kind !== 'builtin' || key === 'model' || value !== defaultOf(key),
  );
  for (const [key, values] of told) out.result(`${key.padEnd(17)}  ${String(values[0])}`);
  if (told.length < fixed.length) out.result('other settings     at their defaults; `--json` lists them');
  if (arms.length > 1) {
    out.result();
    const sets = new Map(standings(spec).map(({ arm, sets }) => [`${arm.hash} ${arm.label}`, sets]));
    const rows = arms
      .slice(0, MOST_ARMS)
      .map((arm) => [arm.hash, arm.label, sets.get(`${arm.hash} ${arm.label}`) ?? '']);
    const isNamed = rows.some(([, , what]) => what !== '');
    const columns = [
      { title: 'arm' },
      { title: isNamed ? 'called' : 'settings' },
      ...(isNamed ? [{ title: 'sets' }] : []),
    ];
    for (const line of tableLines(columns, rows, { header: dim })) out.result(line);
    if (arms.length > MOST_ARMS) out.result(`… and ${countedText(arms.length - MOST_ARMS, 'more arm')}`);
  }
  const repeated = repeatedText(spec);
  if (repeated !== null) out.note(repeated);
  out.note('Nothing was started: this is what the same command does without --dry-run.');
}

/** An arm as often as it stands in a grid, with what a named entry of `arms` sets, which its label does not tell. */
function standings(spec: SweepSpec): { readonly arm: Arm; readonly sets: string }[] {
  return gridsOf(spec).flatMap((grid) => {
    const fixed = grid.axes
      .filter(([key, values]) => Object.hasOwn(grid.settings, key) && values.length === 1)
      .map(([key, [value]]) => `${key}=${value}`);
    return armsOfGrid(spec, grid).map((arm) => ({ arm, sets: grid.name === null ? '' : fixed.join(' ') }));
  });
}

/** That arms stand in more than one entry of `arms`, or null where none does. */
export function repeatedText(spec: SweepSpec): string | null {
  const seen = new Set<string>();
  const repeated = new Map<string, string>();
  for (const { arm } of standings(spec)) {
    if (seen.has(arm.hash)) repeated.set(arm.hash, arm.label);
    seen.add(arm.hash);
  }
  if (repeated.size === 0) return null;
  const [first = ''] = repeated.values();
  return repeated.size === 1
    ? `The arm ${first} stands in more than one entry of \`arms\`; it is run once.`
    : `${countText(repeated.size)} arms, ${first} among them, stand in more than one entry of \`arms\`; each is run once.`;
}

/** `pictures (8 classes, up to 120 of each, ./pictures)`: of a published one the name says as much. */
function datasetText(dataset: SweepSpec['dataset']): string {
  if (typeof dataset === 'string') return dataset;
  const { largestSize } = datasetFacts(dataset)!;
  const { name, classes, path } = dataset;
  return `${name} (${countText(classes.length)} classes, up to ${countText(largestSize)} of each; ${path})`;
}
