/** What networks are made of: plain lists of layers, without TensorFlow. Images are height × width × channels. */

export type Layer =
  /** Square kernel, stride 1, no padding, with bias. */
  | { readonly kind: 'conv'; readonly size: number; readonly filters: number; readonly activation: 'relu' }
  /** Square windows that do not overlap; what does not fill a window is left out. */
  | { readonly kind: 'max-pool'; readonly size: number }
  /** Over batch, height and width of each channel. */
  | { readonly kind: 'batch-norm' }
  | { readonly kind: 'dropout'; readonly rate: number }
  | { readonly kind: 'flatten' }
  /** With bias; gives logits when it is the last layer. */
  | { readonly kind: 'dense'; readonly units: number };

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
