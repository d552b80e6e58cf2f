/** Moving pictures: all that a picture is moved by is one affine map, and it is resampled once. Pure. */
import { blackOf, sizeOf, type PictureFormat, type Pictures } from './picture.js';

/** In this order: mirrored, then enlarged and turned about the centre, then shifted. */
export interface Move {
  /** Left-right. */
  readonly isFlipped: boolean;
  /** Anticlockwise. */
  readonly degrees: number;
  /** Above 1 what is seen grows; > 0. */
  readonly zoom: number;
  /** Pixels to the right and down; need not be whole. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** Where a pixel comes from: x' = xx·x + xy·y + x0, y' = yx·x + yy·y + y0, centres of pixels at whole numbers. */
export interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
}

/** The places that a moved picture's pixels come from. */
export function affineOf(
  { isFlipped, degrees, zoom, shiftX, shiftY }: Move,
  { height, width }: Pick<PictureFormat, 'height' | 'width'>,
): Affine {
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom];
  const mirror = isFlipped ? -1 : 1;
  // Rows count downwards: turning back anticlockwise by an angle is this matrix.
  const [xx, xy, yx, yy] = [mirror * cos, -mirror * sin, sin, cos];
  const [fromX, fromY] = [centreX + shiftX, centreY + shiftY];
  return { xx, xy, x0: centreX - xx * fromX - xy * fromY, yx, yy, y0: centreY - yx * fromX - yy * fromY };
}

/**
 * Moves a picture; what comes from outside is black. Whole pixels are copied as they are, anything else is interpolated
 * between the four nearest, of which those outside are black, too.
 * @param at place of the picture in both, in pictures
 */
export function movePicture(
  source: Pictures,
  target: Pictures,
  { from, to }: { readonly from: number; readonly to: number },
  move: Move,
  format: PictureFormat,
): void {
  const isWhole =
    move.degrees === 0 && move.zoom === 1 && Number.isInteger(move.shiftX) && Number.isInteger(move.shiftY);
  const places = { from: from * sizeOf(format), to: to * sizeOf(format) };
  if (isWhole) copyMoved(source, target, places, move, format);
  else resample(source, target, places, affineOf(move, format), format);
}

interface Places {
  /** Index of the picture's first value. */
  readonly from: number;
  readonly to: number;
}

function copyMoved(
  source: Pictures,
  target: Pictures,
  { from, to }: Places,
  { isFlipped, shiftX, shiftY }: Move,
  format: PictureFormat,
): void {
  const { height, width, channels } = format;
  const row = width * channels;
  if (shiftX !== 0 || shiftY !== 0) paintBlack(target, to, format);
  const [left, right] = [Math.max(0, shiftX), Math.min(width, width + shiftX)];
  const [top, bottom] = [Math.max(0, shiftY), Math.min(height, height + shiftY)];
  // Mirrored, a row is read backwards, pixel by pixel.
  const step = isFlipped ? -channels : channels;
  const first = isFlipped ? width - 1 - left + shiftX : left - shiftX;
  for (let y = top; y < bottom; y++) {
    let pixel = from + (y - shiftY) * row + first * channels;
    let at = to + y * row + left * channels;
    for (let x = left; x < right; x++, pixel += step) {
      for (let i = pixel; i < pixel + channels; i++) target[at++] = source[i]!;
    }
  }
}

function paintBlack(target: Pictures, to: number, format: PictureFormat): void {
  const black = blackOf(format);
  const end = to + sizeOf(format);
  for (let at = to; at < end;) {
    for (let channel = 0; channel < black.length; channel++) target[at++] = black[channel]!;
  }
}

function resample(
  source: Pictures,
  target: Pictures,
  { from, to }: Places,
  { xx, xy, x0, yx, yy, y0 }: Affine,
  format: PictureFormat,
): void {
  const { height, width, channels } = format;
  const black = blackOf(format);
  const row = width * channels;
  const valueAt = (column: number, line: number, channel: number): number =>
    column < 0 || line < 0 || column >= width || line >= height
      ? black[channel]!
      : source[from + line * row + column * channels + channel]!;
  let at = to;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = xx * x + xy * y + x0;
      const sourceY = yx * x + yy * y + y0;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const right = sourceX - left;
      const down = sourceY - top;
      const lowerRight = right * down;
      const upperRight = right - lowerRight;
      const lowerLeft = down - lowerRight;
      const upperLeft = 1 - right - lowerLeft;
      if (left >= 0 && top >= 0 && left < width - 1 && top < height - 1) {
        const pixel = from + top * row + left * channels;
        for (let i = pixel; i < pixel + channels; i++) {
          target[at++] =
            source[i]! * upperLeft +
            source[i + channels]! * upperRight +
            source[i + row]! * lowerLeft +
            source[i + row + channels]! * lowerRight;
        }
      } else {
        for (let channel = 0; channel < channels; channel++) {
          target[at++] =
            valueAt(left, top, channel) * upperLeft +
            valueAt(left + 1, top, channel) * upperRight +
            valueAt(left, top + 1, channel) * lowerLeft +
            valueAt(left + 1, top + 1, channel) * lowerRight;
        }
      }
    }
  }
}
