/** What is said of a training, as it is stored. Types only. */

/** Norms of a layer in the first and the last epoch in which they were looked at, null where in none, and its units. */
export interface LayerFigures {
  /** `LAYER.KIND`, layers counted from 0 */
  readonly layer: string;
  /** Gradient by the layer's kernel, 2-norm, mean over steps. */
  readonly gradientFirst: number | null;
  readonly gradientLast: number | null;
  /** Of the kernel. */
  readonly weightFirst: number | null;
  readonly weightLast: number | null;
  /** Of its ReLU; null where it has none. */
  readonly units: number | null;
  /** Units that were active for none of the images looked at. */
  readonly dead: number | null;
}

/** Something to be said of a training. */
export interface Finding {
  /** `diverged`, `chance-level`, `vanishing-gradients` … */
  readonly code: string;
  /** A sentence with the figures that it is concluded from. */
  readonly evidence: string;
  /** What to try, most promising first; settings as a sweep file writes them. */
  readonly remedies: readonly string[];
  /** Where it is about layers: all of them, from the input on. */
  readonly layers?: readonly LayerFigures[];
}
