/** Looks at a sweep with `until`, in a terminal. */
import type { DecisionRow, Storage, SweepRow } from '../storage/storage.js';
import { wrapText } from '../wrap-text.js';
import type { Output } from './output.js';

/** A paragraph a look. */
export function decisionLines(decisions: readonly DecisionRow[], out: Output): string[] {
  return decisions.flatMap(({ look, decision, reason }) => {
    const isMet = decision === 'met' || decision === 'extended';
    const head = `look ${look}: `;
    const [first = '', ...rest] = wrapText(reason, Math.max(40, out.width - head.length));
    const { dim, yellow } = out.colors;
    const painted = (isMet ? dim : yellow)(head);
    return [`${painted}${first}`, ...rest.map((line) => `${' '.repeat(head.length)}${line}`)];
  });
}

/** Tells of a sweep that is followed each look that added something, once. */
export function createDecisionTeller(
  storage: Pick<Storage, 'decisions'>,
): (sweep: SweepRow, tell: (line: string) => void) => Promise<void> {
  let told = 0;
  return async ({ id, spec }, tell) => {
    if (spec.until === undefined) return;
    const decisions = await storage.decisions(id);
    for (const { look, decision, reason } of decisions) {
      if (look > told && decision === 'extended') tell(`Look ${look}: ${reason}`);
    }
    told = decisions.at(-1)?.look ?? told;
  };
}
