/** Networks as plain layer lists; nothing here loads TensorFlow. */
export type { Layer, LayerSummary, Shape } from './layers.js';
export { layersOf, modelNames, modelTitle } from './registry.js';
export { outputShape, summarizeLayers } from './summary.js';
