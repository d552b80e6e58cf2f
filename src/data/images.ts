/** Images of a data set, or the rows of a table, wherever their bytes lie. */

/** Class of each example. */
export type Labels = Uint8Array | Uint16Array;

export interface Images {
  /** Shape [count]. */
  readonly labels: Labels;
  /** What they take in memory; trainers of a machine share it where their files are mapped. */
  readonly byteLength: number;
  /** One image's bytes, shape [channels, height, width]. Nobody may write to them: they may be those of a mapped file. */
  planes(position: number): Uint8Array;
  /** Of a table, which has no images: shape [count, features]. */
  readonly rows?: Float32Array;
}

export interface ImageSets {
  readonly train: Images;
  readonly test: Images;
}

/** @param pixels images one behind the other, shape [count, channels, height, width] */
export function packedImages(pixels: Uint8Array, labels: Labels): Images {
  const size = pixels.length / labels.length;
  return {
    labels,
    byteLength: pixels.byteLength,
    planes: (position) => pixels.subarray(position * size, (position + 1) * size),
  };
}

/** @param rows shape [count, features] */
export function tableRows(rows: Float32Array, labels: Labels): Images {
  return {
    labels,
    byteLength: rows.byteLength,
    rows,
    planes: () => {
      throw new Error('a table has no images');
    },
  };
}
