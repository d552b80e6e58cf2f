/** The contact sheet of `elbow augment`: what the trainings of a sweep see of a few images, put together from its spec. */
import { augmentationOf, preview, type Augmentation } from '../augmentation/index.js';
import { splitOf, standardise, type Dataset } from '../data/index.js';
import { ElbowError } from '../errors.js';
import type { Sheet } from '../report/index.js';
import { AUGMENTATIONS, armsOf, withDefaults } from '../spec/index.js';
import type { Scalar, SweepSpec } from '../spec/types.js';
import { countText } from './text.js';

/** Columns beside the original. */
const EPOCHS = [1, 2, 3, 4, 5, 6, 7, 8];

type Settings = Readonly<Record<string, Scalar>>;

/** One of a sweep's combinations of augmentation. */
export interface Combination {
  /** Those that are on. */
  readonly settings: Settings;
  readonly augmentation: Augmentation;
}

/** What the sheet shows, for `--json`. */
export interface SheetFacts {
  readonly images: readonly { readonly class: string; readonly position: number }[];
  readonly epochs: readonly number[];
  readonly augmentations: readonly Settings[];
}

/**
 * The distinct combinations of augmentation in a sweep, in the order of its arms; arms without any are left out.
 * @throws ElbowError `usage` when there are none
 */
export function combinationsOf(spec: SweepSpec): Combination[] {
  const arms = spec.trainable.kind === 'builtin' ? armsOf(spec) : [];
  const found = new Map<string, Combination>();
  for (const arm of arms) {
    const params = withDefaults(arm.params);
    const augmentation = augmentationOf(params);
    if (!augmentation) continue;
    const isOn = AUGMENTATIONS.filter((key) => params[key] !== false && params[key] !== 0);
    const settings = Object.fromEntries(isOn.map((key) => [key, params[key]!]));
    const name = JSON.stringify(settings);
    if (!found.has(name)) found.set(name, { settings, augmentation });
  }
  if (found.size > 0) return [...found.values()];
  const hint =
    spec.trainable.kind === 'builtin'
      ? `Turn some on, for example \`--set flip=true --set rotate=15\`; there are ${AUGMENTATIONS.join(', ')}.`
      : 'Only sweeps with the built-in trainable see images.';
  throw new ElbowError('usage', `the sweep ${spec.name} has no augmentation to show`, { hint });
}

/**
 * Puts the sheet together: the first training images of replicate 0 at the sweep's largest size.
 * @param count images, integer ≥ 1; fewer where the trial has fewer
 */
export function sheetOf(
  spec: SweepSpec,
  combinations: readonly Combination[],
  dataset: Pick<Dataset, 'entry' | 'train'>,
  count: number,
): { readonly sheet: Sheet; readonly facts: SheetFacts } {
  const { entry, train } = dataset;
  const sizes = (spec.space['samplesPerClass'] ?? [null]).map((size) => Number(size ?? Infinity));
  const largest = Math.max(...sizes);
  const samplesPerClass = Number.isFinite(largest) ? largest : null;
  const seeds = { sweepSeed: spec.seed, replicate: 0 };
  const { train: positions } = splitOf(dataset, { samplesPerClass, ...seeds });
  const indices = Array.from({ length: Math.min(count, positions.length) }, (_, i) => i);
  const classAt = (index: number): string => entry.classes[train.labels[positions[index]!]!]!;
  const read = (places: Int32Array): Float32Array =>
    standardise(
      entry,
      train,
      Uint32Array.from(places, (place) => positions[place]!),
    );
  const blocks = combinations.map(({ settings, augmentation }) => {
    const tiles = preview({
      settings: augmentation,
      format: entry,
      seeds,
      positions,
      indices,
      epochs: EPOCHS,
      read,
    });
    return {
      heading: Object.entries(settings)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
      rows: tiles.map((row) =>
        row.map(({ rgb, mixed }) => ({
          rgb,
          caption: mixed ? `${Math.round(100 * (1 - mixed.share))} % ${classAt(mixed.partner)}` : '',
        })),
      ),
    };
  });
  const size = samplesPerClass === null ? 'all images' : `${countText(samplesPerClass)} per class`;
  const sheet: Sheet = {
    title: `${spec.name}: what training sees`,
    subtitle: `${entry.label} · ${size} · seed ${spec.seed} · replicate 0`,
    height: entry.height,
    width: entry.width,
    columns: ['original', ...EPOCHS.map((epoch) => `epoch ${epoch}`)],
    rowNames: indices.map(classAt),
    blocks,
  };
  const images = indices.map((index) => ({ class: classAt(index), position: positions[index]! }));
  const facts = { images, epochs: EPOCHS, augmentations: combinations.map(({ settings }) => settings) };
  return { sheet, facts };
}
