/** Training images as an epoch shows them. Pure; what is drawn for a picture depends on nothing else in its batch. */
import { colourPicture } from './colour.js';
import { drawFor, epochSeed, mixFor, type Draw, type MixDraw, type Seeds } from './draw.js';
import { movePicture } from './geometry.js';
import { mixPicture, spanOf } from './mix.js';
import { sizeOf, type PictureFormat, type Pictures } from './picture.js';
import { isMixing, type Augmentation } from './settings.js';

export interface AugmenterOptions {
  readonly settings: Augmentation;
  readonly format: PictureFormat;
  readonly seeds: Seeds;
  /** Positions of the trial's training images among those of the data set. */
  readonly positions: ArrayLike<number>;
}

/** Of a batch. */
export interface Augmented {
  /** Shape [batch, height, width, channels], standardised. */
  readonly pictures: Pictures;
  /** Null where pictures are not put together from two. */
  readonly mixed: {
    /** Shape [batch]: places of the partners among the trial's training images. */
    readonly partners: Int32Array;
    /** Shape [batch]: the share of each picture itself, in [0, 1]. */
    readonly shares: Float32Array;
  } | null;
}

export interface Augmenter {
  /**
   * @param indices places among the trial's training images
   * @param epoch from 1
   * @param read the images at such places as they are, standardised
   */
  augment(indices: Int32Array, epoch: number, read: (indices: Int32Array) => Pictures): Augmented;
}

export function createAugmenter(options: AugmenterOptions): Augmenter {
  const { settings, format, seeds, positions } = options;
  const scratch = new Float32Array(sizeOf(format));

  const changed = (source: Pictures, indices: Int32Array, seed: number): Pictures => {
    const target = new Float32Array(source.length);
    indices.forEach((index, at) => {
      const draw = drawFor(settings, format, seed, positions[index]!);
      changePicture(source, target, at, draw, format, scratch);
    });
    return target;
  };

  return {
    augment: (indices, epoch, read) => {
      const seed = epochSeed(seeds, epoch);
      const pictures = changed(read(indices), indices, seed);
      if (!isMixing(settings)) return { pictures, mixed: null };
      const draws: MixDraw[] = Array.from(indices, (index) =>
        mixFor(settings, format, { count: positions.length, seed, position: positions[index]! }),
      );
      const partners = Int32Array.from(draws, ({ partner }) => partner);
      // The partner is as it looks in this epoch itself.
      const others = changed(read(partners), partners, seed);
      const shares = Float32Array.from(draws, (draw, at) => mixPicture(pictures, others, at, draw, format));
      return { pictures, mixed: { partners, shares } };
    },
  };
}

/** Colours, then moves, then blanks a picture. @param scratch room for one picture */
function changePicture(
  source: Pictures,
  target: Pictures,
  at: number,
  { colouring, move, cutout }: Draw,
  format: PictureFormat,
  scratch: Pictures,
): void {
  if (colouring) {
    colourPicture(source, scratch, at, colouring, format);
    movePicture(scratch, target, { from: 0, to: at }, move, format);
  } else {
    movePicture(source, target, { from: at, to: at }, move, format);
  }
  if (cutout) blank(target, at, cutout, format);
}

/**
 * Sets a square to the mean of the data set, which is 0; what of it lies outside is cut off.
 * @see DeVries and Taylor, Improved regularization of convolutional neural networks with cutout, arXiv:1708.04552
 */
function blank(
  target: Pictures,
  at: number,
  { x, y, side }: NonNullable<Draw['cutout']>,
  format: PictureFormat,
): void {
  const { height, width, channels } = format;
  const columns = spanOf(x, side, width);
  const rows = spanOf(y, side, height);
  const start = at * sizeOf(format);
  for (let row = rows.begin; row < rows.end; row++) {
    const line = start + row * width * channels;
    target.fill(0, line + columns.begin * channels, line + columns.end * channels);
  }
}
