/** What is known of a training's memory before a trainer has it. */
import { existsSync } from 'node:fs';
import { datasetShape, trainingOf, validationOf } from '../data/index.js';
import type { DatasetShape } from '../data/index.js';
import { forecastMemory, layersOf } from '../models/index.js';
import type { MemoryRequest } from '../models/index.js';
import { filesAddon } from '../native-files.js';
import { hasOperations } from '../native-operations.js';
import { ADAMW_DECAY } from '../spec/index.js';
import type { Need } from './admission.js';
import type { TrainJob } from './protocol.js';

/** A trainer that has loaded TensorFlow for the CPU, without data; measured: 380 to 400 MB. */
const LIBRARY_MB = 400;
/** Of a GPU before the first tensor: CUDA's context and the libraries' kernels. Others' figures, from 300 to 900; not measured. */
const DEVICE_PROCESS_MB = 1_000;
/** TensorFlow takes a GPU's memory in regions that double, and keeps them. */
const DEVICE_GROWTH = 2;

/**
 * What the forecast of a job is made from, as its trainer will make it.
 * @param isOnDevice whether it runs on a GPU
 * @returns null for a data set or a network that is not known: the trainer says what is wrong
 */
export function requestOf(job: TrainJob, isOnDevice: boolean): MemoryRequest | null {
  const shape = datasetShape(job.dataset);
  if (!shape) return null;
  const number = (key: string): number => Number(job.params[key]);
  const optimizer = String(job.params['optimizer']);
  const hasOwnOperations = !isOnDevice && hasOperations();
  try {
    return {
      layers: layersOf(job.params, shape.classes.length, job.networks),
      input: [shape.height, shape.width, shape.channels],
      batchSize: number('batchSize'),
      optimizer,
      weightDecay:
        job.params['weightDecay'] === null
          ? optimizer === 'adamw'
            ? ADAMW_DECAY
            : 0
          : number('weightDecay'),
      l2: number('l2'),
      clipNorm: number('clipNorm'),
      emaDecay: number('emaDecay'),
      hasOwnOperations,
      keepsValues: !hasOwnOperations || shape.isTable,
      ...imagesOf(job, shape),
    };
  } catch {
    // A network that does not fit its images, which the trainer tells.
    return null;
  }
}

function imagesOf(
  { samplesPerClass }: TrainJob,
  { trainPerClass, balance }: DatasetShape,
): Pick<MemoryRequest, 'trainingImages' | 'validationImages'> {
  const size = samplesPerClass ?? Math.min(...trainPerClass);
  const taken =
    samplesPerClass === null && balance === 'none' ? trainPerClass : trainPerClass.map(() => size);
  const sum = (of: (images: number) => number): number =>
    taken.reduce((total, images) => total + of(images), 0);
  return { trainingImages: sum(trainingOf), validationImages: sum(validationOf) };
}

/**
 * What counts of a training while it runs. Data that trainers map is shared by them and leaves when others need the memory:
 * it does not count. What a training on a GPU takes of the machine is not known.
 * @param trainerMemoryMb what its trainer may use at most; null for no limit
 */
export function needOf(
  job: TrainJob,
  request: MemoryRequest,
  { isOnDevice, trainerMemoryMb }: { readonly isOnDevice: boolean; readonly trainerMemoryMb: number | null },
): Need {
  const forecastMb = forecastMemory(request).totalBytes / 1e6;
  if (isOnDevice) return { hostMb: 0, deviceMb: DEVICE_PROCESS_MB + DEVICE_GROWTH * forecastMb };
  const hostMb = LIBRARY_MB + (existsSync(filesAddon()) ? 0 : dataMb(job)) + forecastMb;
  return { hostMb: Math.min(hostMb, trainerMemoryMb ?? Infinity), deviceMb: 0 };
}

/** Of all images of the data set, a byte a pixel and channel; of a table four bytes a value. */
function dataMb({ dataset }: TrainJob): number {
  const shape = datasetShape(dataset);
  if (!shape) return 0;
  const { trainPerClass, testPerClass, height, width, channels, isTable } = shape;
  const images = [...trainPerClass, ...testPerClass].reduce((total, count) => total + count, 0);
  return (images * height * width * channels * (isTable ? 4 : 1)) / 1e6;
}
