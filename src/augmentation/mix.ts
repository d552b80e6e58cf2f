/** Pictures that are put together from two. Pure. */
import type { MixDraw } from './draw.js';
import { sizeOf, type PictureFormat, type Pictures } from './picture.js';

/**
 * Puts a picture together with its partner, in place.
 * @param at place of both, in pictures
 * @returns the share of the picture itself, in [0, 1]: mixup's λ, or the part of its area that cutmix leaves of it
 * @see Zhang et al., mixup, arXiv:1710.09412, eq. 1; Yun et al., CutMix, arXiv:1905.04899, eq. 1 and 2
 */
export function mixPicture(
  own: Pictures,
  partner: Pictures,
  at: number,
  { kind, share, x, y }: MixDraw,
  format: PictureFormat,
): number {
  const { height, width, channels } = format;
  const size = sizeOf(format);
  const start = at * size;
  if (kind === 'mixup') {
    for (let i = start; i < start + size; i++) own[i] = own[i]! * share + partner[i]! * (1 - share);
    return share;
  }
  const part = Math.sqrt(1 - share);
  const columns = spanOf(x, Math.floor(width * part), width);
  const rows = spanOf(y, Math.floor(height * part), height);
  for (let row = rows.begin; row < rows.end; row++) {
    const begin = start + (row * width + columns.begin) * channels;
    const end = start + (row * width + columns.end) * channels;
    own.set(partner.subarray(begin, end), begin);
  }
  return 1 - ((columns.end - columns.begin) * (rows.end - rows.begin)) / (height * width);
}

/** What lies within a picture of `length` pixels around a centre: from `begin` up to but without `end`. */
export function spanOf(
  centre: number,
  length: number,
  limit: number,
): { readonly begin: number; readonly end: number } {
  const begin = centre - Math.floor(length / 2);
  return { begin: Math.max(0, begin), end: Math.min(limit, begin + length) };
}
