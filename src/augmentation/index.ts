/** Changes of pictures: augmentation of training images, and unfamiliar test images. Pure, and without TensorFlow. */
export { createAugmenter } from './augment.js';
export type { Augmented, Augmenter } from './augment.js';
export type { PictureFormat, Pictures } from './picture.js';
export { augmentationOf } from './settings.js';
export type { Augmentation } from './settings.js';
