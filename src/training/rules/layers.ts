/** What is wrong inside a network: gradients that vanish or explode, units that are dead. Pure. */
import type { Finding } from '../../storage/storage.js';
import type { Evidence } from '../evidence.js';
import { figure, share } from './figures.js';
import { figuresOf, pullOf } from './norms.js';
import { clip, lowerRate, normalise, startForRelu, tryIn, warmUp } from './remedies.js';

/**
 * Below this pull a layer does not learn. At the start of networks that learn it was 0.3 to 110; in a VGG16 without
 * batch norm and with Glorot's start values, where each layer with ReLU halves the signal's variance, it was 0.0008
 * (docs/diagnosis.md).
 * @see Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010
 * @see He et al., Delving deep into rectifiers, arXiv:1502.01852, section 2.2
 */
const VANISHING_PULL = 0.01;

/** Above this pull a step is longer than the loss' slope holds. At the start of wide networks it is up to 110. */
const EXPLODING_PULL = 1_000;

/**
 * From this share of dead units on, a layer has lost its width. A LeNet without batch norm learned as well as others
 * with 0.44 of its last convolution dead; with 0.92 and more, networks came to little or nothing (docs/diagnosis.md).
 */
const DEAD_SHARE = 0.8;

/** Layers with too little pull from the first epoch to the last. One that has learned all there was ends low, but begins high. */
export function vanishing(evidence: Evidence): Finding[] {
  const { settings, layers, steps } = evidence;
  const { first, last, firstLoss } = steps;
  if (first === null || last === null || firstLoss === null || firstLoss <= 0) return [];
  const pulls = layers.map((_, i) =>
    Math.max(pullOf(first.layers[i]!, firstLoss), pullOf(last.layers[i]!, firstLoss)),
  );
  const flat = layers.filter((_, i) => pulls[i]! < VANISHING_PULL);
  if (flat.length === 0) return [];
  const lowest = pulls.indexOf(Math.min(...pulls));
  const highest = pulls.indexOf(Math.max(...pulls));
  return [
    {
      code: 'vanishing-gradients',
      evidence:
        `Gradients hardly reach ${flat.length} of ${layers.length} layers, from epoch ${first.epoch} to ${last.epoch}: a change of the weights of ${layers[lowest]!} ` +
        `by their own size changes the loss by ${figure(pulls[lowest]!)} of what it was at the start, of ${layers[highest]!} by ${figure(pulls[highest]!)}; ` +
        `below ${VANISHING_PULL} a layer does not learn.`,
      remedies: tryIn(settings, startForRelu, normalise, lowerRate, warmUp),
      layers: figuresOf(evidence),
    },
  ];
}

/** @see Pascanu et al., On the difficulty of training recurrent neural networks, arXiv:1211.5063, sections 2 and 3 */
export function exploding(evidence: Evidence): Finding[] {
  const { settings, layers, steps } = evidence;
  const { steepest, firstLoss, lastLoss } = steps;
  if (steepest === null || firstLoss === null || firstLoss <= 0) return [];
  const pulls = steepest.layers.map((norms) => pullOf(norms, firstLoss));
  const largest = Math.max(...pulls);
  if (largest < EXPLODING_PULL) return [];
  const losses =
    lastLoss === null
      ? ''
      : ` The loss was ${figure(firstLoss)} at the first step and ${figure(lastLoss.loss)} at step ${lastLoss.step + 1}.`;
  return [
    {
      code: 'exploding-gradients',
      evidence:
        `At step ${steepest.step + 1} the gradient had the length ${figure(steepest.length)}: a change of the weights of ${layers[pulls.indexOf(largest)]!} by their own size ` +
        `would change the loss by ${figure(largest)} times what it was at the start, where ${EXPLODING_PULL} is the limit.${losses}`,
      remedies: tryIn(settings, lowerRate, clip, normalise, startForRelu, warmUp),
      layers: figuresOf(evidence),
    },
  ];
}

/** Units whose ReLU gives 0 for every image: no gradient reaches them, so that nothing brings them back. */
export function deadUnits(evidence: Evidence): Finding[] {
  const { settings, units } = evidence;
  const lost = units.filter(({ units: all, dead }) => dead / all >= DEAD_SHARE);
  if (lost.length === 0) return [];
  const worst = lost.reduce((a, b) => (b.dead / b.units > a.dead / a.units ? b : a));
  return [
    {
      code: 'dead-units',
      evidence:
        `In ${lost.length} of ${units.length} layers with ReLU at least ${DEAD_SHARE} of the units are active for none of the training images looked at; ` +
        `most in ${worst.layer}, ${worst.dead} of ${worst.units} (${share(worst.dead / worst.units)}).`,
      remedies: tryIn(settings, lowerRate, normalise, warmUp, startForRelu),
      layers: figuresOf(evidence),
    },
  ];
}
