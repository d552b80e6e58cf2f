/** Which classes still profit from labels. */
import { count, counted, decimal, percent, signed } from '../format.js';
import type { Markup } from '../markup.js';
import { html, raw } from '../markup.js';
import type { ClassReport, ReportModel } from '../types.js';
import { ends, signedEnds } from './cells.js';

/** Of a line that fits a row, in CSS pixels. */
const [WIDTH, HEIGHT] = [96, 22];
const MARGIN = 3;

/** Null where no class has a curve. */
export function classSection({ classes, arms, confidence }: ReportModel): Markup | null {
  if (classes === null) return null;
  const interval = percent(confidence);
  const { n, of, arm } = classes;
  const who = arms.length === 1 ? '' : ` by ${arm}`;
  const cut =
    of > classes.classes.length
      ? ` Of ${counted(of, 'class', 'classes')} the ${count(classes.classes.length)} that are recognised least.`
      : '';
  return html`<section>
    <h2>Which classes profit from labels</h2>
    <p class="caption">
      How many test images of each class are recognised${who}, with a curve fitted through each; those that a
      doubling of the labels helps most first. The class with the lowest accuracy is not always one of
      them.${cut}
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">class</th>
            <th>with ${count(n)}</th>
            <th>${interval}</th>
            <th class="text">curve</th>
            <th>last doubling</th>
            <th>${interval}</th>
            <th>next doubling</th>
            <th>${interval}</th>
          </tr>
        </thead>
        <tbody>
          ${classes.classes.map(classRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

const classRow = (one: ClassReport): Markup =>
  html`<tr>
    <td class="name">${one.name}</td>
    <td><b>${decimal(one.accuracy)}</b></td>
    <td>${ends(one.interval)}</td>
    <td class="text">${sparkline(one.points)}</td>
    ${gainCells(one.lastGain)}${gainCells(one.nextGain)}
  </tr>`;

const gainCells = (gain: ClassReport['nextGain']): Markup =>
  html`<td>${gain === null ? '–' : signed(gain.value)}</td>
    <td>${signedEnds(gain)}</td>`;

/** The class's curve from 0 to 1 over log n. */
function sparkline(points: ClassReport['points']): Markup {
  const logs = points.map(({ n }) => Math.log(n));
  const [first, last] = [logs[0]!, logs.at(-1)!];
  const x = (log: number): number => MARGIN + ((log - first) / (last - first)) * (WIDTH - 2 * MARGIN);
  const y = (share: number): number => HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN);
  const path = points.map(({ mean }, i) => `${x(logs[i]!).toFixed(1)},${y(mean).toFixed(1)}`).join(' ');
  return raw(
    `<svg width="${WIDTH}" height="${HEIGHT}" aria-hidden="true"><polyline points="${path}" fill="none" stroke="var(--series-0)" stroke-width="1.8"/></svg>`,
  );
}
