/** Training with TensorFlow. Importing this loads TensorFlow: only the trainer process does. */
export { fileMapper, isGpu } from './native.js';
export { train } from './train.js';
export type { KeepPlaces, TrainHooks, TrainRequest } from './train.js';
export { tensorflowVersion, trainingVersion } from './version.js';
export { streamImages } from './images.js';
export { loadModel } from './load-model.js';
export type { LoadedModel, Response } from './load-model.js';
export { predict } from './predict.js';
export type { PredictHooks } from './predict.js';
