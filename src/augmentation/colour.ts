/**
 * Brightness, contrast and saturation, in this order, each cut to [0, 1]. Pure. The formulas are those of Pillow's
 * ImageEnhance and torchvision's adjust functions, without their rounding to bytes.
 */
import { sizeOf, type PictureFormat, type Pictures } from './picture.js';

/** Factors of unit values, ≥ 0; 1 changes nothing. */
export interface Colouring {
  /** x → factor · x */
  readonly brightness: number;
  /** x → mean + factor · (x − mean), with the mean grey of the picture */
  readonly contrast: number;
  /** x → grey + factor · (x − grey), with the grey of the pixel */
  readonly saturation: number;
}

/** Shares of red, green and blue in grey: ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114];

/** Shares of the channels in grey. */
const greyShares = (channels: number): readonly number[] =>
  channels === LUMA.length ? LUMA : Array.from({ length: channels }, () => 1 / channels);

const clamp = (unit: number): number => Math.min(1, Math.max(0, unit));

/** @param from place of the picture in `source`, in pictures; in `target` it is the first */
export function colourPicture(
  source: Pictures,
  target: Pictures,
  from: number,
  { brightness, contrast, saturation }: Colouring,
  format: PictureFormat,
): void {
  const { channels, mean, std } = format;
  const size = sizeOf(format);
  const offset = from * size;
  const shares = greyShares(channels);
  let sum = 0;
  for (let pixel = 0; pixel < size; pixel += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const at = pixel + channel;
      const unit = clamp((source[offset + at]! * std[channel]! + mean[channel]!) * brightness);
      target[at] = unit;
      sum += unit * shares[channel]!;
    }
  }
  const level = (sum / (size / channels)) * (1 - contrast);
  for (let pixel = 0; pixel < size; pixel += channels) {
    let grey = 0;
    for (let channel = 0; channel < channels; channel++) {
      const at = pixel + channel;
      const unit = clamp(target[at]! * contrast + level);
      target[at] = unit;
      grey += unit * shares[channel]!;
    }
    grey *= 1 - saturation;
    for (let channel = 0; channel < channels; channel++) {
      const at = pixel + channel;
      target[at] = (clamp(target[at]! * saturation + grey) - mean[channel]!) / std[channel]!;
    }
  }
}
