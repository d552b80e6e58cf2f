/** Training with TensorFlow. Importing this loads TensorFlow: only the trainer process does. */
export { isGpu } from './kernels.js';
export { train } from './train.js';
export type { KeepPlaces, TrainHooks, TrainRequest } from './train.js';
export { tensorflowVersion } from './version.js';
