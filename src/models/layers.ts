/** What networks are made of: plain lists of layers, without TensorFlow. Images are height × width × channels. */

export type Activation = 'relu' | 'none';

/** Square kernel. */
export interface ConvLayer {
  readonly kind: 'conv';
  /** Pixels at a side of the kernel, integer ≥ 1. */
  readonly size: number;
  readonly filters: number;
  /** Pixels from one place of the kernel to the next; 1 when left out. */
  readonly stride?: number;
  /**
   * `valid` (when left out): the kernel stays inside the image. `same`: size − 1 zeros are added in height and width,
   * half of them at each side (of an odd number the larger half at the end), so that at stride 1 the image keeps its
   * size, and at any stride an odd kernel is centred on pixel 0. TensorFlow's `same` is shifted by one pixel at stride 2.
   */
  readonly padding?: 'valid' | 'same';
  /** True when left out. */
  readonly bias?: boolean;
  /** `none` when left out. */
  readonly activation?: Activation;
}

/** Gives logits when it is the last layer. */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly units: number;
  /** True when left out. */
  readonly bias?: boolean;
  /** `none` when left out. */
  readonly activation?: Activation;
}

export type Layer =
  | ConvLayer
  | DenseLayer
  /** Square windows that do not overlap; what does not fill a window is left out. */
  | { readonly kind: 'max-pool'; readonly size: number }
  /** The mean of each channel over height and width. */
  | { readonly kind: 'global-average-pool' }
  /** Each channel over batch, height and width; each unit of a flat input over the batch. */
  | { readonly kind: 'batch-norm' }
  | { readonly kind: 'activation'; readonly activation: 'relu' }
  | { readonly kind: 'dropout'; readonly rate: number }
  | { readonly kind: 'flatten' }
  /**
   * Adds the input to what the body makes of it. Where the body makes fewer pixels or more channels, every s-th pixel of
   * the input is taken, and channels of zeros are added at the end: no parameters.
   * @see He et al., Deep residual learning for image recognition, arXiv:1512.03385, section 3.3, option A
   */
  | { readonly kind: 'residual'; readonly body: readonly Layer[] };

/** Height, width, channels; or units alone. */
export type Shape = readonly [number, number, number] | readonly [number];

export interface LayerSummary {
  readonly layer: string;
  readonly output: Shape;
  /** Parameters that training changes. */
  readonly trainable: number;
  /** Statistics that are kept beside them. */
  readonly moving: number;
}
