/**
 * How strange a picture is to a network: the distance of its features from those of training images. Features are what
 * the network's last layer decides by, brought to unit length; the distance is the one to the k-th nearest of them. Pure.
 * @see Sun et al., Out-of-distribution detection with deep nearest neighbors, arXiv:2204.06507, section 3
 */

/** With fewer training images the last of them. docs/predict.md compares ranks and other scores. */
const RANK = 10;

/** Features of training images. Plain JSON, to be kept. */
export interface Reference {
  /** Features of an image, integer ≥ 1. */
  readonly width: number;
  /** Which of the nearest ones counts, from 1. */
  readonly rank: number;
  /** Unit rows as 32-bit numbers, lowest byte first, in base64: shape [images, width]. */
  readonly rows: string;
}

/**
 * @param features shape [images × width], of at least one training image
 * @param images how many there are
 */
export function referenceOf(features: Float32Array, images: number): Reference {
  const width = features.length / images;
  const rows = unitRows(features, width);
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
  return { width, rank: Math.min(RANK, images), rows: bytes.toString('base64') };
}

/**
 * The stranger, the higher; in [0, 2].
 * @param features shape [images × width], finite
 * @returns shape [images]
 */
export function unfamiliarityScores(features: Float32Array, { width, rank, rows }: Reference): Float64Array {
  const bytes = Buffer.from(rows, 'base64');
  // A copy, because a Float32Array must begin at a multiple of four.
  const bank = new Float32Array(new Uint8Array(bytes).buffer);
  const asked = unitRows(features, width);
  const known = bank.length / width;
  return Float64Array.from({ length: asked.length / width }, (_, image) => {
    const squares = Float32Array.from({ length: known }, (__, other) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (asked[image * width + i]! - bank[other * width + i]!) ** 2;
      return sum;
    });
    return Math.sqrt(squares.sort()[rank - 1]!);
  });
}

/** Rows of unit length; a row of zeros stays. */
function unitRows(values: Float32Array, width: number): Float32Array {
  const rows = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += width) {
    let squares = 0;
    for (let i = from; i < from + width; i++) squares += values[i]! ** 2;
    const length = Math.sqrt(squares);
    for (let i = from; i < from + width; i++) rows[i] = length > 0 ? values[i]! / length : 0;
  }
  return rows;
}
