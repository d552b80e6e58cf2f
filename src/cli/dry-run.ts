/** What `run --dry-run` prints: the plan, without a stack. */
import { armsOf, planTrials } from '../spec/index.js';
import type { SweepSpec } from '../spec/types.js';
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
  out.result(`${bold(spec.name)}: ${counts.join(' × ')} = ${countedText(trials.length, 'trial')}`);
  const named = sizes.filter((size) => size !== null);
  if (named.length > 0) out.result(`samples per class  ${named.map(countText).join(', ')}`);
  out.result(`data set           ${spec.dataset}`);
  out.result(`seed               ${spec.seed}`);
  out.result(`pool               ${spec.pool}`);
  const fixed = Object.entries(spec.space).filter(
    ([key, values]) => key !== 'samplesPerClass' && values.length === 1,
  );
  for (const [key, values] of fixed) out.result(`${key.padEnd(17)}  ${String(values[0])}`);
  if (arms.length > 1) {
    out.result();
    const rows = arms.slice(0, MOST_ARMS).map((arm) => [arm.hash, arm.label]);
    for (const line of tableLines([{ title: 'arm' }, { title: 'settings' }], rows, { header: dim })) {
      out.result(line);
    }
    if (arms.length > MOST_ARMS) out.result(`… and ${countedText(arms.length - MOST_ARMS, 'more arm')}`);
  }
  out.note('Nothing was started: this is what the same command does without --dry-run.');
}
