/** The settings of augmentation, as an arm has them. Their defaults, all off, stand in the spec. */
import type { ArmParams } from '../spec/types.js';

export interface Augmentation {
  /** Mirrored left-right with probability ½. */
  readonly flip: boolean;
  /** Pixels that are padded on each side and cropped off again, integer ≥ 0. */
  readonly crop: number;
  /** Largest shift each way, in sides, in [0, 1). */
  readonly translate: number;
  /** Largest turn each way, in degrees, in [0, 180]. */
  readonly rotate: number;
  /** Largest relative change of scale, in [0, 1). */
  readonly zoom: number;
  /** Largest relative changes, in [0, 1). */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Side of the square that is blanked, in pixels, integer ≥ 0. */
  readonly cutout: number;
  /** α of Beta(α, α), ≥ 0; 0 for none. */
  readonly mixup: number;
  readonly cutmix: number;
}

/** @returns null where nothing is on. @param params with every built-in setting */
export function augmentationOf(params: ArmParams): Augmentation | null {
  const number = (key: string): number => Number(params[key]);
  const settings: Augmentation = {
    flip: params['flip'] === true,
    crop: number('crop'),
    translate: number('translate'),
    rotate: number('rotate'),
    zoom: number('zoom'),
    brightness: number('brightness'),
    contrast: number('contrast'),
    saturation: number('saturation'),
    cutout: number('cutout'),
    mixup: number('mixup'),
    cutmix: number('cutmix'),
  };
  return Object.values(settings).some(Boolean) ? settings : null;
}

/** Whether pictures are put together from two. */
export const isMixing = ({ mixup, cutmix }: Augmentation): boolean => mixup > 0 || cutmix > 0;
