/**
 * Test pictures as a network has not seen them: seven ways at five severities, fixed for all trials. Pure. The design is that
 * of Hendrycks and Dietterich, arXiv:1903.12261; ways and severities are our own, and stand in docs/augmentation.md.
 */
import { streamOf } from '../random.js';
import { movePicture, type Move } from './geometry.js';
import { sizeOf, type PictureFormat, type Pictures } from './picture.js';

export const WAYS = ['rotated', 'scaled', 'shifted', 'darkened', 'blurred', 'recoloured', 'noised'] as const;
export type Way = (typeof WAYS)[number];

/** From 1. */
export const SEVERITIES = [1, 2, 3, 4, 5] as const;
type Severity = (typeof SEVERITIES)[number];

/** By severity. */
const LEVELS: Readonly<Record<Way, readonly number[]>> = {
  /** Degrees. */
  rotated: [10, 20, 30, 45, 60],
  /** Factor. */
  scaled: [1.1, 1.25, 1.5, 1.75, 2],
  /** Share of the side, right or left and down or up. */
  shifted: [0.0625, 0.125, 0.1875, 0.25, 0.3125],
  /** What is left of the unit value. */
  darkened: [0.8, 0.6, 0.45, 0.3, 0.2],
  /** σ in pixels. */
  blurred: [0.5, 0.75, 1, 1.5, 2],
  /** Degrees of hue. */
  recoloured: [30, 60, 90, 120, 180],
  /** σ of unit values. */
  noised: [0.04, 0.08, 0.12, 0.18, 0.26],
};

/** Seeds the noise: the same for every sweep, so that figures of different sweeps compare. */
const NOISE_SEED = 0x5eed;

const STILL: Move = { isFlipped: false, degrees: 0, zoom: 1, shiftX: 0, shiftY: 0 };

/** The ways that change pictures of so many channels: where there is no colour, none can be another. */
export const waysFor = (channels: number): readonly Way[] =>
  channels === 3 ? WAYS : WAYS.filter((way) => way !== 'recoloured');

export interface Change {
  readonly way: Way;
  readonly severity: Severity;
}

/**
 * Changes pictures.
 * @param positions of the pictures among the test images: directions and noise come from them
 * @returns new pictures
 */
export function changePictures(
  source: Pictures,
  positions: ArrayLike<number>,
  { way, severity }: Change,
  format: PictureFormat,
): Pictures {
  const target = new Float32Array(source.length);
  const level = LEVELS[way][severity - 1]!;
  for (let at = 0; at < positions.length; at++) {
    changeOne(source, target, { at, position: positions[at]!, way, level }, format);
  }
  return target;
}

interface Task {
  /** Place of the picture in both, in pictures. */
  readonly at: number;
  readonly position: number;
  readonly way: Way;
  readonly level: number;
}

function changeOne(source: Pictures, target: Pictures, task: Task, format: PictureFormat): void {
  const { at, position, way, level } = task;
  // Every second picture goes the other way.
  const sign = position % 2 === 0 ? 1 : -1;
  const move = (change: Partial<Move>): void =>
    movePicture(source, target, { from: at, to: at }, { ...STILL, ...change }, format);
  switch (way) {
    case 'rotated':
      return move({ degrees: sign * level });
    case 'scaled':
      return move({ zoom: sign > 0 ? level : 1 / level });
    case 'shifted': {
      const down = position % 4 < 2 ? 1 : -1;
      return move({ shiftX: sign * level * format.width, shiftY: down * level * format.height });
    }
    case 'darkened':
      return mapUnits(source, target, at, format, (unit) => unit * level);
    case 'blurred':
      return blur(source, target, at, level, format);
    case 'recoloured':
      return turnHue(source, target, at, sign * level, format);
    case 'noised': {
      const normal = normalsOf(streamOf(NOISE_SEED, position));
      return mapUnits(source, target, at, format, (unit) => unit + level * normal());
    }
  }
}

/** Changes unit values one by one, and cuts them to [0, 1]. */
function mapUnits(
  source: Pictures,
  target: Pictures,
  at: number,
  { height, width, channels, mean, std }: PictureFormat,
  change: (unit: number) => number,
): void {
  const start = at * height * width * channels;
  for (let pixel = start; pixel < start + height * width * channels; pixel += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const unit = source[pixel + channel]! * std[channel]! + mean[channel]!;
      target[pixel + channel] = (Math.min(1, Math.max(0, change(unit))) - mean[channel]!) / std[channel]!;
    }
  }
}

/** Numbers of the standard normal distribution, both of each pair: Box and Muller, 1958. */
function normalsOf(uniform: () => number): () => number {
  let second: number | null = null;
  return () => {
    if (second !== null) {
      const value = second;
      second = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    second = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** A Gaussian of both axes, out to three σ; beyond its border a picture goes on as it ends there. */
function blur(source: Pictures, target: Pictures, at: number, sigma: number, format: PictureFormat): void {
  const { height, width, channels } = format;
  const start = at * sizeOf(format);
  const reach = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const pass = (from: Float32Array, to: Float32Array, offset: number, step: number, length: number): void => {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const inside = Math.min(length - 1, Math.max(0, i + k));
        sum += weights[k + reach]! * from[offset + inside * step]!;
      }
      to[offset + i * step] = sum / total;
    }
  };
  const picture = source.slice(start, start + sizeOf(format));
  const half = new Float32Array(picture.length);
  const blurred = target.subarray(start, start + sizeOf(format));
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) pass(picture, half, y * width * channels + channel, channels, width);
    for (let x = 0; x < width; x++) pass(half, blurred, x * channels + channel, width * channels, height);
  }
}

/** Turns red, green and blue about the axis of greys: the matrix hueRotate of the W3C's Filter Effects, feColorMatrix. */
function turnHue(
  source: Pictures,
  target: Pictures,
  at: number,
  degrees: number,
  { height, width, mean, std }: PictureFormat,
): void {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const matrix = [
    [0.213 + cos * 0.787 - sin * 0.213, 0.715 - cos * 0.715 - sin * 0.715, 0.072 - cos * 0.072 + sin * 0.928],
    [0.213 - cos * 0.213 + sin * 0.143, 0.715 + cos * 0.285 + sin * 0.14, 0.072 - cos * 0.072 - sin * 0.283],
    [0.213 - cos * 0.213 - sin * 0.787, 0.715 - cos * 0.715 + sin * 0.715, 0.072 + cos * 0.928 + sin * 0.072],
  ];
  const start = at * height * width * 3;
  for (let pixel = start; pixel < start + height * width * 3; pixel += 3) {
    const [red, green, blue] = [0, 1, 2].map((c) => source[pixel + c]! * std[c]! + mean[c]!);
    for (let c = 0; c < 3; c++) {
      const [r, g, b] = matrix[c]!;
      const unit = r! * red! + g! * green! + b! * blue!;
      target[pixel + c] = (Math.min(1, Math.max(0, unit)) - mean[c]!) / std[c]!;
    }
  }
}
