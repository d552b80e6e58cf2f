/** Fitted curves in the chart of learning curves: solid where there are scores, dashed and shaded where they are foretold. */
import { between, count, decimal, percent } from '../format.js';
import type { Series } from './curve.js';

interface Scales {
  readonly x: object;
  readonly y: (field: string) => object;
  readonly hue: object;
}

/** With more arms than this, shades would cover each other. */
export const MOST_SHADES = 3;

/** @param fitted arms with a curve to be drawn */
export function fitLayers(fitted: readonly Series[], { x, y, hue }: Scales, confidence: number): object[] {
  if (fitted.length === 0) return [];
  const curves = fitted.map(({ arm }) => {
    const last = arm.points.at(-1)!.n;
    const curve = arm.fit!.curve.map((at) => ({ ...at, arm: arm.label }));
    const foretold = arm.fit!.at.map((at) => ({
      n: at.n,
      score: at.score,
      arm: arm.label,
      text: `${arm.label}, ${count(at.n)} per class, foretold: ${decimal(at.score)}, ${percent(confidence)} ${between(at)}`,
    }));
    return {
      inside: curve.filter(({ n }) => n <= last),
      beyond: curve.filter(({ n }) => n >= last),
      foretold,
    };
  });
  const shades = curves.length > MOST_SHADES ? [] : curves;
  return [
    {
      data: { values: shades.flatMap(({ beyond }) => beyond) },
      mark: { type: 'area', opacity: 0.16, clip: true },
      encoding: { x, y: y('lo'), y2: { field: 'hi' }, color: hue },
    },
    {
      data: { values: curves.flatMap(({ inside }) => inside) },
      mark: { type: 'line', strokeWidth: 2.5, clip: true },
      encoding: { x, y: y('score'), color: hue },
    },
    {
      data: { values: curves.flatMap(({ beyond }) => beyond) },
      mark: { type: 'line', strokeWidth: 2.5, strokeDash: [6, 5], clip: true },
      encoding: { x, y: y('score'), color: hue },
    },
    {
      data: { values: curves.flatMap(({ foretold }) => foretold) },
      mark: { type: 'point', shape: 'diamond', filled: true, size: 44, opacity: 1, clip: true },
      encoding: { x, y: y('score'), color: hue, description: { field: 'text' } },
    },
  ];
}
