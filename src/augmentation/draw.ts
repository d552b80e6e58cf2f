/**
 * What is drawn for a picture in an epoch. Pure. Everything comes from the sweep's seed, the replicate, the epoch and the
 * picture's position among the data set's training images. Each setting has its own numbers whether or not the others
 * are on, so that arms which share a setting share what is drawn for it.
 */
import { deriveSeed, streamOf } from '../random.js';
import { betaNumber } from './beta.js';
import type { Colouring } from './colour.js';
import type { Move } from './geometry.js';
import type { Augmentation } from './settings.js';

/** A picture's own changes. */
export interface Draw {
  readonly move: Move;
  /** Null where no setting of colours is on. */
  readonly colouring: Colouring | null;
  /** Centre of the square that is blanked, in pixels; null where nothing is. */
  readonly cutout: { readonly x: number; readonly y: number; readonly side: number } | null;
}

/** How a picture is put together with another of the trial's training images. */
export interface MixDraw {
  readonly kind: 'mixup' | 'cutmix';
  /** Place of the other among the trial's training images. */
  readonly partner: number;
  /** λ: the share of the picture itself, in [0, 1]; of cutmix before its box is cut at the border. */
  readonly share: number;
  /** Centre of cutmix's box, in pixels. */
  readonly x: number;
  readonly y: number;
}

export interface Seeds {
  readonly sweepSeed: number;
  readonly replicate: number;
}

/** The seed of an epoch's pictures. @param epoch from 1 */
export const epochSeed = ({ sweepSeed, replicate }: Seeds, epoch: number): number =>
  deriveSeed(sweepSeed, replicate, 'augmentation', epoch);

/** A picture has two streams, so that what it looks like does not depend on what it is mixed with. */
const streams = (position: number) => ({ own: 2 * position, mix: 2 * position + 1 });

interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * @param seed of the epoch
 * @param position among the data set's training images, integer in [0, 2³⁰)
 */
export function drawFor(settings: Augmentation, size: Size, seed: number, position: number): Draw {
  const uniform = streamOf(seed, streams(position).own);
  /** In [−largest, largest). */
  const around = (largest: number): number => 2 * largest * uniform() - largest;
  const isFlipped = uniform() < 0.5 && settings.flip;
  const cropped = (): number => Math.floor(uniform() * (2 * settings.crop + 1)) - settings.crop;
  const [cropX, cropY] = [cropped(), cropped()];
  const [shiftX, shiftY] = [around(settings.translate), around(settings.translate)];
  const degrees = around(settings.rotate);
  const zoom = 1 + around(settings.zoom);
  const colouring = {
    brightness: 1 + around(settings.brightness),
    contrast: 1 + around(settings.contrast),
    saturation: 1 + around(settings.saturation),
  };
  const [x, y] = [Math.floor(uniform() * size.width), Math.floor(uniform() * size.height)];
  const isColoured = settings.brightness > 0 || settings.contrast > 0 || settings.saturation > 0;
  return {
    move: {
      isFlipped,
      degrees,
      zoom,
      shiftX: cropX + shiftX * size.width,
      shiftY: cropY + shiftY * size.height,
    },
    colouring: isColoured ? colouring : null,
    cutout: settings.cutout > 0 ? { x, y, side: settings.cutout } : null,
  };
}

/**
 * @param count training images of the trial, integer ≥ 1; the other may be the picture itself
 * @param seed of the epoch
 * @param position among the data set's training images, integer in [0, 2³⁰)
 */
export function mixFor(
  settings: Augmentation,
  size: Size,
  { count, seed, position }: { readonly count: number; readonly seed: number; readonly position: number },
): MixDraw {
  const uniform = streamOf(seed, streams(position).mix);
  const isFirst = uniform() < 0.5;
  const kind = settings.cutmix === 0 || (settings.mixup > 0 && isFirst) ? 'mixup' : 'cutmix';
  const partner = Math.floor(uniform() * count);
  const [x, y] = [Math.floor(uniform() * size.width), Math.floor(uniform() * size.height)];
  // Last: it takes as many numbers as it needs.
  return { kind, partner, x, y, share: betaNumber(settings[kind], uniform) };
}
