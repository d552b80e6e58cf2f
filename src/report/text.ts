/** A report in a terminal, and in the Temporal UI. Pure. */
import pc from 'picocolors';
import { armCount } from './arm-names.js';
import { count, counted, decimal, halfWidth } from './format.js';
import { MOST_RANKED } from './limits.js';
import type { ArmSummary, ReportSummary } from './types.js';

export interface TextOptions {
  /** Columns. */
  readonly width: number;
  readonly color?: boolean;
}

/** Of more arms than this a terminal shows one row each. */
const MOST_CURVES = 4;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

type TextModel = Pick<ReportSummary, 'arms' | 'ofArms' | 'score' | 'answers' | 'notes'>;

/** The learning curve as a table with bars, and the answers below: what `run` ends with. No line ends in spaces. */
export function curveText(model: TextModel, options: TextOptions): string {
  const colors = pc.createColors(options.color ?? false);
  const lines: string[] = [];
  const withPoints = model.arms.filter((arm) => arm.points.length > 0);
  const rows = rowsOf(model, withPoints);
  if (rows.length > 0) {
    const nameWidth = Math.max(...rows.map((row) => row.name.length));
    const top = Math.max(...rows.map((row) => row.mean));
    const barWidth = Math.max(0, Math.min(40, options.width - nameWidth - 22));
    for (const row of rows) {
      if (row.title !== null)
        lines.push(
          ...(lines.length > 0 ? [''] : []),
          ...wrap(row.title, options.width).map((line) => colors.bold(line)),
        );
      const half = row.half === null ? '       ' : `± ${decimal(row.half)}`;
      const drawn = bar(top > 0 ? row.mean / top : 0, barWidth);
      lines.push(
        `  ${row.name.padStart(nameWidth)}  ${decimal(row.mean)}  ${half}  ${colors.cyan(drawn)}`.trimEnd(),
      );
    }
    const hidden = Math.max(withPoints.length, armCount(model)) - MOST_RANKED;
    if (withPoints.length > MOST_CURVES && hidden > 0)
      lines.push(`  … and ${count(hidden)} more ${hidden === 1 ? 'arm' : 'arms'}`);
    lines.push('');
  }
  for (const sentence of model.answers) lines.push(...wrap(sentence, options.width));
  for (const note of model.notes) {
    if (note.code === 'partial' || note.code === 'missing') lines.push(...wrap(note.text, options.width));
  }
  return lines.join('\n');
}

interface Row {
  /** A line above the row. */
  readonly title: string | null;
  readonly name: string;
  readonly mean: number;
  readonly half: number | null;
}

function rowsOf(model: TextModel, withPoints: readonly ArmSummary[]): Row[] {
  if (withPoints.length > 0 && withPoints.length <= MOST_CURVES) {
    return withPoints.flatMap((arm) =>
      arm.points.map((point, i) => ({
        title:
          i > 0
            ? null
            : `${model.score.name} by samples per class${armCount(model) > 1 ? `, ${arm.label}` : ''}`,
        name: count(point.n),
        mean: point.mean,
        half: halfWidth(point.pooled),
      })),
    );
  }
  const ranked = model.arms
    .filter((arm) => arm.rank !== null)
    .sort((a, b) => a.rank! - b.rank!)
    .slice(0, MOST_RANKED);
  return ranked.flatMap((arm, i): Row[] => {
    const last = arm.points.at(-1);
    const at = last === undefined ? '' : ` with ${count(last.n)} samples per class`;
    const title = i > 0 ? null : `${model.score.name}${at}, best first`;
    if (last !== undefined)
      return [{ title, name: arm.label, mean: last.mean, half: halfWidth(last.pooled) }];
    if (arm.sizeless === null) return [];
    return [{ title, name: arm.label, mean: arm.sizeless.mean, half: halfWidth(arm.sizeless.interval) }];
  });
}

/** @param share in [0, 1]; anything else is taken as the nearer end */
function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/** Lines of at most `width` columns, the second and later ones not indented. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A short report in Markdown, for the details of a workflow in the Temporal UI. */
export function summaryMarkdown(model: ReportSummary): string {
  const shown = model.arms
    .filter((arm) => arm.rank !== null)
    .sort((a, b) => a.rank! - b.rank!)
    .slice(0, 10);
  const parts = [...model.answers.map(markdownText)];
  if (model.sizes.length > 0 && shown.length > 0) {
    const header = `| samples per class | ${shown.map((arm) => markdownText(arm.label)).join(' | ')} |`;
    const rule = `|---:|${shown.map(() => '---:|').join('')}`;
    const rows = model.sizes.map((n) => {
      const cells = shown.map((arm) => {
        const point = arm.points.find((one) => one.n === n);
        if (point === undefined) return '–';
        const half = halfWidth(point.pooled);
        return `${decimal(point.mean)}${half === null ? '' : ` ± ${decimal(half)}`}`;
      });
      return `| ${count(n)} | ${cells.join(' | ')} |`;
    });
    parts.push([header, rule, ...rows].join('\n'));
    const arms = armCount(model);
    if (arms > shown.length) parts.push(`The best ${shown.length} of ${counted(arms, 'arm')}.`);
  }
  for (const note of model.notes) if (note.code !== 'error-bars') parts.push(`- ${markdownText(note.text)}`);
  return parts.join('\n\n');
}

/** Names and messages must not become markup. */
function markdownText(text: string): string {
  return text.replace(/[\\`*_[\]<>|#]/g, '\\$&');
}
