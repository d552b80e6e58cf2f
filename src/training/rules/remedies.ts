/** What to try, as a sweep file writes it, with why. Each is nothing where the training had it already. Pure. */
import type { ArmParams } from '../../spec/types.js';

type Remedy = (settings: ArmParams) => readonly string[];

const numberOf = (settings: ArmParams, key: string): number => Number(settings[key]);
/** Without the rounding of floating point: a tenth of 0.003 is 0.0003. */
const times = (value: number, factor: number): number => Number((value * factor).toPrecision(6));

/** A remedy for trainings in which a setting has one of the values that call for it. */
const where =
  (calls: (settings: ArmParams) => boolean, text: string): Remedy =>
  (settings) =>
    calls(settings) ? [text] : [];

export const normalise = where(
  ({ batchNorm }) => batchNorm === false,
  'batchNorm: true – every layer gets inputs of the same size, whatever the ones below it do',
);

export const startForRelu = where(
  ({ initialiser }) => initialiser !== 'he-normal',
  'initialiser: he-normal – start values that keep the size of signals and gradients through layers with ReLU',
);

export const warmUp = where(
  ({ warmupEpochs }) => warmupEpochs === 0,
  'warmupEpochs: 2 – small steps while the start values still decide the direction',
);

export const clip = where(
  ({ clipNorm }) => clipNorm === 0,
  'clipNorm: 1 – a single steep place cannot throw the weights away',
);

export const lowerRate: Remedy = (settings) => [
  `learningRate: ${times(numberOf(settings, 'learningRate'), 0.1)} – a tenth of the rate`,
];

export const raiseRate: Remedy = (settings) => [
  `learningRate: ${times(numberOf(settings, 'learningRate'), 10)} – ten times the rate`,
];

export const moreEpochs: Remedy = (settings) => [
  `epochs: ${2 * numberOf(settings, 'epochs')} – twice as many; early stopping still ends the training when it is done`,
];

export const morePatience: Remedy = (settings) => [
  `patience: ${Math.max(10, 2 * numberOf(settings, 'patience'))} – chance has to last longer to end the training`,
];

export const averageWeights = where(
  ({ emaDecay }) => emaDecay === 0,
  'emaDecay: 0.99 – averaged weights, whose accuracy jumps less from epoch to epoch',
);

export const moreData: Remedy = () => [
  'samplesPerClass: a larger size – the learning curve of the report shows what a doubling brings',
];

export const shiftImages = where(
  ({ crop, translate }) => Number(crop) === 0 && Number(translate) === 0,
  'crop: 4 – shifted pictures, never quite the same twice',
);

export const dropUnits = where(
  ({ dropout }) => dropout === 0,
  'dropout: 0.5 – dense layers cannot rely on single units',
);

export const decayWeights = where(
  ({ weightDecay, l2 }) => (weightDecay === null || weightDecay === 0) && l2 === 0,
  'weightDecay: 0.0005 – weights that nothing asks for shrink',
);

export const narrower: Remedy = (settings) => [
  `width: ${times(numberOf(settings, 'width'), 0.5)} – half the units, fewer weights to learn by heart with`,
];

export const wider: Remedy = (settings) => [
  `width: ${times(numberOf(settings, 'width'), 2)} – twice the units, for a network that is too small`,
];

export const dropLess = where(
  ({ dropout }) => Number(dropout) > 0,
  'dropout: 0 – it holds back a network that has not learned its training images yet',
);

export const penaliseLess: Remedy = ({ l2, weightDecay }) => {
  if (Number(l2) > 0) return ['l2: 0 – the penalty holds the weights back'];
  return Number(weightDecay) > 0 ? ['weightDecay: 0 – the decay holds the weights back'] : [];
};

/** What each of the remedies says of a training, in their order. */
export const tryIn = (settings: ArmParams, ...remedies: readonly Remedy[]): string[] =>
  remedies.flatMap((remedy) => remedy(settings));
