/** What to run next. */
import { trainingText } from '../costs.js';
import { count, decimal } from '../format.js';
import type { Markup } from '../markup.js';
import { html } from '../markup.js';
import type { NextSteps, ReportModel } from '../types.js';

const ASKED: Readonly<Record<NextSteps['asked'], string>> = {
  target: 'the number of samples that the target takes',
  elbow: 'what the last doubling brings, which decides about the elbow',
  score: 'the score at twice the largest size',
};

/** Null where nothing would narrow the answer. */
export function nextTable({ next, sweep, arms, areGpuHours }: ReportModel): Markup | null {
  const steps = next?.steps.filter(({ width }) => width < 0.995) ?? [];
  if (next === null || steps.length === 0) return null;
  const who = arms.length === 1 ? '' : ` of ${next.arm}`;
  return html`<h3>What to run next</h3>
    <p class="caption">
      To know ${ASKED[next.asked]}${who} better: how wide its interval is expected to be then, beside now, by
      the curves that are possible now. The most narrowing ${areGpuHours ? 'a GPU-hour' : 'an hour'} first.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">more</th>
            <th>trials</th>
            <th>training</th>
            <th>width</th>
            <th class="text">command</th>
          </tr>
        </thead>
        <tbody>
          ${steps.map(
            ({ text, trials, seconds, width, options }) =>
              html`<tr>
                <td class="name">${text}</td>
                <td>${count(trials)}</td>
                <td>${trainingText(seconds, areGpuHours)}</td>
                <td>× ${decimal(width, 2)}</td>
                <td class="text"><code>elbow extend ${sweep.name} ${options}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
