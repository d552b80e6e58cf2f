import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAugmenter } from '../../src/augmentation/augment.js';
import { drawFor, epochSeed, mixFor } from '../../src/augmentation/draw.js';
import { mixPicture } from '../../src/augmentation/mix.js';
import { sizeOf, type Pictures } from '../../src/augmentation/picture.js';
import { augmentationOf, type Augmentation } from '../../src/augmentation/index.js';
import { AUGMENTATIONS } from '../../src/spec/index.js';
import { withDefaults } from '../../src/spec/index.js';
import { FULL, OFF, RGB, picturesOf } from './support.js';

const SIZE = sizeOf(RGB);
const seeds = { sweepSeed: 42, replicate: 0 };
const COUNT = 24;
/** Positions in the data set of the trial's training images. */
const positions = Uint32Array.from({ length: COUNT }, (_, i) => (i * 31 + 5) % 500);
const images = picturesOf(COUNT, RGB, 9);
const read = (indices: Int32Array): Pictures => {
  const some = new Float32Array(indices.length * SIZE);
  indices.forEach((index, at) => some.set(images.subarray(index * SIZE, (index + 1) * SIZE), at * SIZE));
  return some;
};
const augmented = (change: Partial<Augmentation>, indices: readonly number[], epoch = 1) =>
  createAugmenter({ settings: { ...OFF, ...change }, format: RGB, seeds, positions }).augment(
    Int32Array.from(indices),
    epoch,
    read,
  );
const pictureAt = (pictures: Pictures, at: number): number[] => [
  ...pictures.subarray(at * SIZE, (at + 1) * SIZE),
];
const all = Array.from({ length: COUNT }, (_, i) => i);

describe('settings', () => {
  it('are those that the sweep file has, and are null where all are off', () => {
    expect(Object.keys(OFF).sort()).toEqual([...AUGMENTATIONS].sort());
    expect(augmentationOf(withDefaults({}))).toBeNull();
    expect(augmentationOf(withDefaults({ ...FULL }))).toEqual(FULL);
    for (const key of AUGMENTATIONS) {
      const one = augmentationOf(withDefaults({ [key]: FULL[key] }));
      expect(one).toEqual({ ...OFF, [key]: FULL[key] });
    }
  });
});

describe('a training image', () => {
  it('looks the same in an epoch whatever else is in its batch, and in which order', () => {
    const whole = augmented(FULL, all);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: COUNT - 1 }), { minLength: 1 }), (batch) => {
        const some = augmented(FULL, batch);
        batch.forEach((index, at) => {
          expect(pictureAt(some.pictures, at)).toEqual(pictureAt(whole.pictures, index));
          expect(some.mixed!.partners[at]).toBe(whole.mixed!.partners[index]);
          expect(some.mixed!.shares[at]).toBe(whole.mixed!.shares[index]);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('looks the same wherever it stands among the trial’s images, by its position in the data set', () => {
    const settings = { ...FULL, mixup: 0, cutmix: 0 };
    const reversed = createAugmenter({ settings, format: RGB, seeds, positions: positions.toReversed() });
    const backwards = reversed.augment(Int32Array.from([COUNT - 1 - 7]), 3, () => read(Int32Array.from([7])));
    expect([...backwards.pictures]).toEqual(pictureAt(augmented(settings, [7], 3).pictures, 0));
  });

  it('is changed by each setting, otherwise in another epoch, and by none stays as it is', () => {
    expect([...augmented({}, all).pictures]).toEqual([...images]);
    for (const key of AUGMENTATIONS) {
      const once = [...augmented({ [key]: FULL[key] }, all, 1).pictures];
      expect(once, key).not.toEqual([...images]);
      expect([...augmented({ [key]: FULL[key] }, all, 2).pictures], key).not.toEqual(once);
      expect([...augmented({ [key]: FULL[key] }, all, 1).pictures], key).toEqual(once);
      expect(once.every(Number.isFinite)).toBe(true);
    }
  });

  it('has a square set to the mean by cutout, cut off at the border, and nothing else', () => {
    const { pictures } = augmented({ cutout: 3 }, all);
    const seed = epochSeed(seeds, 1);
    for (const index of all) {
      const { x, y } = drawFor({ ...OFF, cutout: 3 }, RGB, seed, positions[index]!).cutout!;
      pictureAt(pictures, index).forEach((value, i) => {
        const pixel = Math.floor(i / 3);
        const isBlank =
          Math.abs((pixel % RGB.width) - x) <= 1 && Math.abs(Math.floor(pixel / RGB.width) - y) <= 1;
        expect(value).toBe(isBlank ? 0 : images[index * SIZE + i]);
      });
    }
  });
});

describe('two images', () => {
  it('are blended by mixup, each as it looks in this epoch itself', () => {
    const plain = augmented({ ...FULL, mixup: 0, cutmix: 0 }, all);
    const { pictures, mixed } = augmented({ ...FULL, mixup: 0.4, cutmix: 0 }, all);
    for (const index of all) {
      const share = mixed!.shares[index]!;
      const own = pictureAt(plain.pictures, index);
      const other = pictureAt(plain.pictures, mixed!.partners[index]!);
      pictureAt(pictures, index).forEach((value, i) =>
        expect(value).toBeCloseTo(share * own[i]! + (1 - share) * other[i]!, 5),
      );
    }
  });

  it('are cut together by cutmix; the share is the area that is left, to the pixel', () => {
    const { pictures, mixed } = augmented({ cutmix: 1 }, all);
    for (const index of all) {
      const own = pictureAt(images, index);
      const other = pictureAt(images, mixed!.partners[index]!);
      const result = pictureAt(pictures, index);
      const kept = result.filter((value, i) => value === own[i]).length / SIZE;
      result.forEach((value, i) => expect([own[i], other[i]]).toContain(value));
      if (mixed!.partners[index] !== index) expect(mixed!.shares[index]).toBeCloseTo(kept, 6);
    }
  });

  it('keep the promised area where the box lies inside, and more where it is cut off', () => {
    const draw = { kind: 'cutmix', partner: 0, share: 0.75, x: 5, y: 4 } as const;
    const format = { ...RGB, channels: 1, mean: [0], std: [1] };
    const box = (x: number, y: number): number =>
      mixPicture(new Float32Array(80), new Float32Array(80).fill(1), 0, { ...draw, x, y }, format);
    // √0.25 of 10 × 8 pixels is a box of 5 × 4.
    expect(box(5, 4)).toBe(0.75);
    expect(box(0, 0)).toBe(1 - (3 * 2) / 80);
    for (const [share, expected] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const pictures = new Float32Array(80);
      const left = mixPicture(pictures, new Float32Array(80).fill(1), 0, { ...draw, share }, format);
      expect(left).toBe(expected);
      expect(pictures.filter((value) => value === 0)).toHaveLength(80 * expected);
    }
  });

  it('are one where there is only one', () => {
    const alone = createAugmenter({ settings: { ...OFF, mixup: 1 }, format: RGB, seeds, positions: [3] });
    const { pictures, mixed } = alone.augment(Int32Array.from([0]), 1, read);
    expect(mixed!.partners).toEqual(Int32Array.from([0]));
    pictures.forEach((value, i) => expect(value).toBeCloseTo(images[i]!, 5));
  });

  it('share the numbers of their draw between arms of different α: the partner is the same', () => {
    const partnerOf = (mixup: number): number =>
      mixFor({ ...OFF, mixup }, RGB, { count: COUNT, seed: 5, position: 3 }).partner;
    expect(partnerOf(0.2)).toBe(partnerOf(1));
  });
});
