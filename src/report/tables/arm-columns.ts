/**
 * How tables tell arms apart: a column for each setting that varies, or the label where
 * there are too many, or arms that have names.
 */
import { areNamed, labelWithout, varyingParams } from '../arm-names.js';
import { highlighted } from '../charts/layout.js';
import type { CurvesModel } from '../curves-types.js';
import type { Markup } from '../markup.js';
import { html, raw } from '../markup.js';

/** With more varying settings than this, their columns would fill the page. */
const MOST_COLUMNS = 5;

export interface ArmColumns {
  readonly count: number;
  readonly head: Markup;
  /** Cells of an arm, by its hash. */
  readonly cells: (hash: string) => Markup;
  /** The dot in an arm's colour. */
  readonly swatch: (hash: string) => Markup;
}

/** @param apart a setting that the table shows in a column of its own */
export function armColumns(model: Pick<CurvesModel, 'arms'>, apart: string | null = null): ArmColumns {
  const colors = new Map(highlighted(model).map(({ arm, color }) => [arm.hash, color]));
  const arms = new Map(model.arms.map((arm) => [arm.hash, arm]));
  const all = varyingParams(model.arms);
  const varying = all.filter((name) => name !== apart);
  const swatch = (hash: string): Markup =>
    raw(`<span class="swatch" style="background:${colors.get(hash) ?? 'var(--other)'}"></span>`);
  if (all.length === 0 || varying.length > MOST_COLUMNS || areNamed(model.arms)) {
    return {
      count: 1,
      head: html`<th class="text">arm</th>`,
      cells: (hash) => html`<td class="name">${labelWithout(arms.get(hash)?.label ?? hash, apart)}</td>`,
      swatch,
    };
  }
  return {
    count: varying.length,
    head: html`${varying.map((name) => html`<th class="text">${name}</th>`)}`,
    cells: (hash) =>
      html`${varying.map((name) => html`<td class="name">${String(arms.get(hash)?.params[name] ?? '–')}</td>`)}`,
    swatch,
  };
}
