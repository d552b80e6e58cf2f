/** Norms of a network's layers, as findings tell them. Pure. */
import type { LayerFigures } from '../../storage/storage.js';
import type { Evidence, LayerNorms, UnitCounts } from '../evidence.js';
import { figure } from './figures.js';

/**
 * The pull on a layer: ‖∂L/∂W‖ ‖W‖ / L₀, the most that a change of the kernel by its own size changes the loss, to first
 * order, as a multiple of the loss at the first step. Unlike the gradient's length it means the same in every layer, for
 * every loss: doubling a kernel and halving the next one, which leaves the network as it is, leaves it as it is too.
 */
export const pullOf = ({ gradient, weight }: LayerNorms, firstLoss: number): number =>
  (gradient * weight) / firstLoss;

const positionOf = (layer: string): number => Number.parseInt(layer, 10);

/** The ReLU behind a layer: its own, or that of a layer before the next one with a kernel. */
function unitsBehind({ layers, units }: Evidence, layer: number): UnitCounts | null {
  const from = positionOf(layers[layer]!);
  const next = layers[layer + 1];
  const until = next === undefined ? Infinity : positionOf(next);
  return units.find((one) => positionOf(one.layer) >= from && positionOf(one.layer) < until) ?? null;
}

/** What is known of every layer, for the table beside a finding. */
export function figuresOf(evidence: Evidence): LayerFigures[] {
  const { first, last } = evidence.steps;
  return evidence.layers.map((layer, i) => {
    const units = unitsBehind(evidence, i);
    return {
      layer,
      gradientFirst: first?.layers[i]?.gradient ?? null,
      gradientLast: last?.layers[i]?.gradient ?? null,
      weightFirst: first?.layers[i]?.weight ?? null,
      weightLast: last?.layers[i]?.weight ?? null,
      units: units?.units ?? null,
      dead: units?.dead ?? null,
    };
  });
}

/** The least and the greatest pull of the layers: `… by 0.001 (22.conv) to 0.08 (30.dense) of what it was at the start`. */
function range(layers: readonly string[], norms: readonly LayerNorms[], firstLoss: number): string {
  const pulls = norms.map((one) => pullOf(one, firstLoss));
  const [least, greatest] = [Math.min(...pulls), Math.max(...pulls)];
  return `by ${figure(least)} (${layers[pulls.indexOf(least)]!}) to ${figure(greatest)} (${layers[pulls.indexOf(greatest)]!}) of what it was at the start`;
}

/** How strongly the last gradients pulled on the layers; nothing where no step was looked at. */
export function pullInTheEnd({ layers, steps }: Evidence): string {
  const { last, firstLoss } = steps;
  if (last === null || firstLoss === null || firstLoss <= 0) return '';
  return ` In epoch ${last.epoch} a change of a layer's weights by their own size changed the loss ${range(layers, last.layers, firstLoss)}.`;
}

/** How strongly the longest gradient pulled on the layers; nothing where no step was looked at. */
export function pullAtItsLongest({ layers, steps }: Evidence): string {
  const { steepest, firstLoss } = steps;
  if (steepest === null || firstLoss === null || firstLoss <= 0) return '';
  return ` At step ${steepest.step + 1}, where the gradient was the longest, a change of a layer's weights by their own size changed the loss ${range(layers, steepest.layers, firstLoss)}.`;
}
