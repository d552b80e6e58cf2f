/** Networks as plain layer lists; nothing here loads TensorFlow. */
export { convWay } from './convolutions.js';
export type { ConvWay } from './convolutions.js';
export { initialiserNames, initialiserOf } from './initialisers.js';
export type { Fans, Initialiser } from './initialisers.js';
export type { ModelOptions } from './blocks.js';
export type { ConvLayer, Layer, LayerSummary, Shape } from './layers.js';
export { isNormed, ownLayersAt, ownNetwork } from './own.js';
export { EVALUATION_BATCH, forecastMemory, forecastText, largestBatch } from './memory.js';
export type { MemoryForecast, MemoryRequest } from './memory.js';
export { layersOf, MODEL_SETTINGS, modelNames, modelTitle } from './registry.js';
export { multiplyAdds } from './work.js';
export { outputShape, shortcutStride, summarizeLayers, totalOf } from './summary.js';
export { MODEL_FORMAT, modelPath, readModel } from './trained.js';
export type { ModelDescription, ModelPlace, TrainedModel } from './trained.js';
