/** Looks at a sweep with `until`, in a terminal. */
import type { DecisionRow } from '../storage/storage.js';
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
