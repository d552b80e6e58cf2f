/** Made-up pictures, and settings with little on. */
import { readFileSync } from 'node:fs';
import type { PictureFormat, Pictures } from '../../src/augmentation/picture.js';
import type { Augmentation } from '../../src/augmentation/settings.js';
import { uniforms } from '../../src/random.js';

export const OFF: Augmentation = {
  flip: false,
  crop: 0,
  translate: 0,
  rotate: 0,
  zoom: 0,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  cutout: 0,
  mixup: 0,
  cutmix: 0,
};

/** Everything that is on at once is on here. */
export const FULL: Augmentation = {
  flip: true,
  crop: 2,
  translate: 0.1,
  rotate: 20,
  zoom: 0.2,
  brightness: 0.3,
  contrast: 0.3,
  saturation: 0.3,
  cutout: 3,
  mixup: 0.4,
  cutmix: 1,
};

export const RGB: PictureFormat = {
  height: 8,
  width: 10,
  channels: 3,
  mean: [0.5, 0.25, 0.375],
  std: [0.25, 0.5, 0.125],
};

/** Pictures of any values in [0, 1], standardised. */
export function picturesOf(count: number, format: PictureFormat, seed = 1): Pictures {
  const { height, width, channels, mean, std } = format;
  return Float32Array.from(uniforms(count * height * width * channels, seed), (unit, i) => {
    const channel = i % channels;
    return (unit - mean[channel]!) / std[channel]!;
  });
}

interface Golden {
  readonly blurs: readonly {
    readonly severity: 1 | 2 | 3 | 4 | 5;
    readonly sigma: number;
    readonly values: readonly number[];
  }[];
  readonly moves: readonly {
    readonly move: {
      isFlipped: boolean;
      degrees: number;
      zoom: number;
      shiftX: number;
      shiftY: number;
    };
    readonly values: readonly number[];
  }[];
  readonly colourings: readonly {
    readonly factors: { brightness: number; contrast: number; saturation: number };
    readonly bytes: readonly number[];
  }[];
}

/** Made by golden/pictures.py with SciPy and Pillow. */
export const golden = JSON.parse(
  readFileSync(new URL('golden/pictures.json', import.meta.url), 'utf8'),
) as Golden;
