/** How pictures lie in memory here. Types only. */

/**
 * What a change has to know of a data set's pictures. Values are standardised: a channel's unit value x in [0, 1], from
 * black to full, stands there as (x − mean) / std, so that 0 is the data set's mean.
 */
export interface PictureFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Shape [channels], of unit values. */
  readonly mean: readonly number[];
  /** Shape [channels], of unit values, > 0. */
  readonly std: readonly number[];
}

/** Pictures one behind the other: shape [count, height, width, channels], standardised. */
export type Pictures = Float32Array;

/** Values of one picture. */
export const sizeOf = ({ height, width, channels }: PictureFormat): number => height * width * channels;

/** Black, standardised: what stands where a picture was moved away. Shape [channels]. */
export const blackOf = ({ mean, std }: PictureFormat): number[] =>
  mean.map((value, channel) => (0 - value) / std[channel]!);
