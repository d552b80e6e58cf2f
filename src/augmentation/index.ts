/** Changes of pictures: augmentation of training images, and unfamiliar test images. Pure, and without TensorFlow. */
export { createAugmenter } from './augment.js';
export type { Augmented, Augmenter } from './augment.js';
export type { PictureFormat, Pictures } from './picture.js';
export { augmentationOf } from './settings.js';
export type { Augmentation } from './settings.js';
export { SEVERITIES, WAYS, changePictures, waysFor } from './unfamiliar.js';
export type { Change, Way } from './unfamiliar.js';
export { preview } from './preview.js';
export type { PreviewTile } from './preview.js';
