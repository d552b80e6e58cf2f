/**
 * How much memory a training takes, known before its first step. The structure is that of src/training: which vectors
 * and activations are alive at the same time. The three constants of the allocator are measured (`npm run bench:memory`;
 * docs/training.md has the table).
 */
import { activationsOf } from './activations.js';
import type { Layer, Shape } from './layers.js';
import { summarizeLayers, totalOf } from './summary.js';

/** Images of a forward pass of evaluation; larger ones only take memory. */
export const EVALUATION_BATCH = 500;

const VALUE_BYTES = 4;
/** What TensorFlow takes at its first operations (code, threads, kernels made for this CPU), and garbage of JavaScript. */
const FIXED_BYTES = 90e6;
/** Vectors and their parts come and go in many sizes, and the gaps between them cannot be used: measured 1.2 to 1.5. */
const SCATTER = 1.3;
/** Freed activations that the C library keeps: smaller blocks find their place there, larger ones do not. */
const RETAINED_BYTES = 200e6;
/** Blocks from this size on are always the system's own mappings: glibc's DEFAULT_MMAP_THRESHOLD_MAX. */
const MAPPED_BYTES = 32 * 2 ** 20;
/** TensorFlow takes patches of so many images at once that they stay below this (conv_grad_filter_ops.cc). */
const PATCHES_BYTES = 30e6;
/** How often images are in memory while they are put into TensorFlow's: as values, in parts, as a whole. */
const LOADING_COPIES = 3;

interface UpdateVectors {
  /** Vectors that stay from step to step. */
  readonly state: number;
  /** Vectors that an update makes, new state and parameters among them. */
  readonly made: number;
}

/** Of each optimizer, as src/training/optimizers.ts computes it; a test counts them. */
export const UPDATE_VECTORS: Readonly<Record<string, UpdateVectors>> = {
  sgd: { state: 0, made: 2 },
  momentum: { state: 1, made: 4 },
  nesterov: { state: 1, made: 6 },
  adagrad: { state: 1, made: 7 },
  adadelta: { state: 2, made: 16 },
  rmsprop: { state: 1, made: 9 },
  adam: { state: 2, made: 12 },
  adamw: { state: 2, made: 12 },
  adamax: { state: 2, made: 10 },
  nadam: { state: 2, made: 16 },
};

/** Of those that elbow's own operations take in one pass. */
export const OWN_UPDATE_VECTORS: typeof UPDATE_VECTORS = {
  adam: { state: 2, made: 4 },
  adamw: { state: 2, made: 4 },
};

/** Parameters, gradient by layer and as a whole, best weights, start values, and a copy cut up for the layers. */
const OWN_VECTORS = 6;
/** Of an evaluation: parameters, best weights, start values, and the copy for the layers. */
const EVALUATION_VECTORS = 4;

/** What a training's memory depends on. */
export interface MemoryRequest {
  readonly layers: readonly Layer[];
  readonly input: Shape;
  /** Images per step, integer ≥ 1; a larger one than there are images takes all of them. */
  readonly batchSize: number;
  readonly optimizer: string;
  readonly weightDecay: number;
  readonly l2: number;
  readonly clipNorm: number;
  readonly emaDecay: number;
  /** Whether elbow's own operations for TensorFlow are used, see src/native. */
  readonly hasOwnOperations: boolean;
  /** Whether the values of all images lie in TensorFlow's memory; else those of a batch do. */
  readonly keepsValues: boolean;
  /** Integers ≥ 0. */
  readonly trainingImages: number;
  readonly validationImages: number;
}

/** All in bytes, beyond a trainer that has loaded TensorFlow and the data set; the parts are those at the peak. */
export interface MemoryForecast {
  readonly batchSize: number;
  readonly peak: 'loading' | 'step' | 'update' | 'evaluation';
  readonly totalBytes: number;
  /** Parameters, gradient, optimizer, best weights. */
  readonly weightBytes: number;
  readonly activationBytes: number;
  /** The images that are trained on and validated with, where their values are kept. */
  readonly imageBytes: number;
  /** TensorFlow's own. */
  readonly fixedBytes: number;
}

/**
 * The peak of a training. Grows with batch and width; within about a quarter of what was measured.
 * @throws ElbowError `spec-invalid` when layers do not fit
 */
export function forecastMemory(request: MemoryRequest): MemoryForecast {
  const { layers, input, keepsValues, trainingImages, validationImages } = request;
  const vector = totalOf(summarizeLayers(layers, input)).trainable * VALUE_BYTES;
  const image = input.reduce<number>((product, n) => product * n, 1) * VALUE_BYTES;
  const perImage = activationsOf(layers, input, request.hasOwnOperations);
  const { state, made } = vectorsOf(request);
  const batchSize = Math.min(request.batchSize, Math.max(1, trainingImages));
  const ofImages = (values: number, images: number): number => values * VALUE_BYTES * images;
  const transformed = perImage.kernels * VALUE_BYTES;
  const ofStep =
    ofImages(perImage.training, batchSize) +
    Math.min(ofImages(perImage.patches, batchSize), PATCHES_BYTES) +
    transformed;
  const retainedBeside = (largestBlock: number): number =>
    largestBlock >= MAPPED_BYTES ? Math.min(ofStep, RETAINED_BYTES) : 0;
  const kept = keepsValues ? image : 0;
  const resident = (trainingImages + validationImages) * kept;
  const loading = Math.max(
    LOADING_COPIES * trainingImages,
    trainingImages + LOADING_COPIES * validationImages,
  );
  const phases = [
    { peak: 'loading', weights: 2 * vector, activations: 0, images: loading * kept },
    {
      peak: 'step',
      weights: (OWN_VECTORS - 1 + state) * vector,
      activations: ofStep,
      images: resident,
    },
    {
      peak: 'update',
      weights: SCATTER * (OWN_VECTORS + state + made) * vector,
      activations: transformed + retainedBeside(vector),
      images: resident,
    },
    {
      peak: 'evaluation',
      weights: SCATTER * (EVALUATION_VECTORS + state) * vector,
      activations:
        ofImages(perImage.evaluation, EVALUATION_BATCH) +
        transformed +
        retainedBeside(ofImages(perImage.largest, EVALUATION_BATCH)),
      images: resident,
    },
  ] as const;
  const totals = phases.map(({ weights, activations, images }) => weights + activations + images);
  const worst = phases[totals.indexOf(Math.max(...totals))]!;
  return {
    batchSize: request.batchSize,
    peak: worst.peak,
    totalBytes: Math.max(...totals) + FIXED_BYTES,
    weightBytes: worst.weights,
    activationBytes: worst.activations,
    imageBytes: worst.images,
    fixedBytes: FIXED_BYTES,
  };
}

function vectorsOf(request: MemoryRequest): UpdateVectors {
  const { optimizer, weightDecay, l2, clipNorm, emaDecay, hasOwnOperations } = request;
  const own = (hasOwnOperations ? OWN_UPDATE_VECTORS[optimizer] : undefined) ?? UPDATE_VECTORS[optimizer];
  if (!own) throw new Error(`no vectors are counted for the optimizer ${optimizer}`);
  const average = emaDecay > 0 ? 1 : 0;
  return {
    state: own.state + average,
    made: own.made + (weightDecay > 0 ? 1 : 0) + (l2 > 0 ? 2 : 0) + (clipNorm > 0 ? 2 : 0) + 3 * average,
  };
}

/**
 * The largest batch whose forecast is at most a limit.
 * @param limitBytes of the forecast's total
 * @returns at most the number of training images; 0 where not even one image fits
 */
export function largestBatch(request: MemoryRequest, limitBytes: number): number {
  const fits = (batchSize: number): boolean =>
    forecastMemory({ ...request, batchSize }).totalBytes <= limitBytes;
  if (!fits(1)) return 0;
  let [fitting, above] = [1, Math.max(1, request.trainingImages) + 1];
  while (above - fitting > 1) {
    const middle = Math.floor((fitting + above) / 2);
    if (fits(middle)) fitting = middle;
    else above = middle;
  }
  return fitting;
}

const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toLocaleString('en-US');

/** "about 410 MB at a batch of 128 (weights and optimizer 12, activations 245, images 63, TensorFlow 90)" */
export function forecastText(forecast: MemoryForecast): string {
  const parts = [
    `weights and optimizer ${megabytes(forecast.weightBytes)}`,
    `activations ${megabytes(forecast.activationBytes)}`,
    `images ${megabytes(forecast.imageBytes)}`,
    `TensorFlow ${megabytes(forecast.fixedBytes)}`,
  ];
  const total = `${megabytes(forecast.totalBytes)} MB`;
  return `about ${total} at a batch of ${forecast.batchSize.toLocaleString('en-US')} (${parts.join(', ')})`;
}
