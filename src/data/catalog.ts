/** The data sets elbow knows: published facts, no files. */

export interface DatasetEntry {
  readonly name: string;
  readonly title: string;
  /** In the order of the labels. */
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Training images of each class; the smallest class counts. */
  readonly trainPerClass: number;
  /** All of them are the test set of every trial. */
  readonly testImages: number;
  /** Mean and standard deviation of each channel over the training images, of values in [0, 1]. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly source: string;
}

export const CIFAR10: DatasetEntry = {
  name: 'cifar10',
  title: 'CIFAR-10: 60,000 colour photographs of 10 kinds of things',
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  height: 32,
  width: 32,
  channels: 3,
  trainPerClass: 5_000,
  testImages: 10_000,
  mean: [0.4914, 0.48216, 0.44653],
  std: [0.24703, 0.24349, 0.26159],
  source: 'Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009',
};

const entries: Readonly<Record<string, DatasetEntry>> = { cifar10: CIFAR10 };

export const datasetNames: readonly string[] = Object.keys(entries);

/** The entry of a name; undefined where there is none. */
export function findDataset(name: string): DatasetEntry | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}
