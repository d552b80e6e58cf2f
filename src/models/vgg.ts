/**
 * VGG networks for 32×32 images. The convolutions are the paper's; after five poolings 1×1×512 is left of the image
 * instead of 7×7×512, and the dense part 4096-4096-1000 becomes 512-512-classes, as is usual on CIFAR.
 * @see Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, arXiv:1409.1556,
 *   table 1. It has no batch norm, which came later; here it stands between each convolution and its ReLU.
 */
import { activated, dropped, widened, type ModelOptions } from './blocks.js';
import type { Layer } from './layers.js';

/** Filters of the 3×3 convolutions of each stage; a pooling ends a stage. */
const configurations = {
  /** A */
  vgg11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  /** B */
  vgg13: [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ],
  /** D */
  vgg16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
  /** E */
  vgg19: [
    [64, 64],
    [128, 128],
    [256, 256, 256, 256],
    [512, 512, 512, 512],
    [512, 512, 512, 512],
  ],
} as const;

/** Dropout comes before each of the three dense layers. */
export function vgg(name: keyof typeof configurations, options: ModelOptions): readonly Layer[] {
  const { batchNorm, dropout, width, classes } = options;
  const stage = (filters: readonly number[]): readonly Layer[] => [
    ...filters.flatMap((count) =>
      activated({ kind: 'conv', size: 3, filters: widened(count, width), padding: 'same' }, batchNorm),
    ),
    { kind: 'max-pool', size: 2 },
  ];
  const hidden: readonly Layer[] = [
    ...dropped(dropout),
    { kind: 'dense', units: widened(512, width), activation: 'relu' },
  ];
  return [
    ...configurations[name].flatMap(stage),
    { kind: 'flatten' },
    ...hidden,
    ...hidden,
    ...dropped(dropout),
    { kind: 'dense', units: classes },
  ];
}
