/** The data sets elbow knows: published facts, no files. */

/** What a data set is. One of one's own has the same facts, from its manifest. */
export interface DatasetEntry {
  readonly name: string;
  /** The name as people write it. */
  readonly label: string;
  readonly title: string;
  /** In the order of the labels. */
  readonly classes: readonly string[];
  /** Pixels of an image as a network sees it, with its padding. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Rows and columns of zeros that are added on each side of a published image. */
  readonly padding: number;
  /** Training images of each class, in the order of the labels. */
  readonly trainPerClass: readonly number[];
  /** Test images of each class. All of them are the test set of every trial. */
  readonly testPerClass: readonly number[];
  /**
   * Mean and standard deviation of each channel over the training images without padding, of values in [0, 1]; of a
   * table, those of each feature's values.
   */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly source: string;
  /** Of a table: the names of its features. Its rows are images of 1×1 pixel with as many channels. */
  readonly columns?: readonly string[];
  /** Whether a trial of all examples takes as many of each class as the smallest has (left out), or all there are. */
  readonly balance?: 'none';
}

const eachOfTen = (count: number): readonly number[] => Array.from({ length: 10 }, () => count);

export const CIFAR10: DatasetEntry = {
  name: 'cifar10',
  label: 'CIFAR-10',
  title: 'CIFAR-10: 60,000 colour photographs of 10 kinds of things',
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  height: 32,
  width: 32,
  channels: 3,
  padding: 0,
  trainPerClass: eachOfTen(5_000),
  testPerClass: eachOfTen(1_000),
  mean: [0.4914, 0.48216, 0.44653],
  std: [0.24703, 0.24349, 0.26159],
  source: 'Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009',
};

export const MNIST: DatasetEntry = {
  name: 'mnist',
  label: 'MNIST',
  title: 'MNIST: 70,000 handwritten digits of 28×28 pixels, padded to 32×32',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  height: 32,
  width: 32,
  channels: 1,
  // The third convolution of the LeNet finds nothing to stand on in 28×28 pixels; its authors padded, too.
  padding: 2,
  trainPerClass: [5_923, 6_742, 5_958, 6_131, 5_842, 5_421, 5_918, 6_265, 5_851, 5_949],
  testPerClass: [980, 1_135, 1_032, 1_010, 982, 892, 958, 1_028, 974, 1_009],
  // Those of the published 28×28 pixels, not of the padded images: figures that can be looked up and are used
  // everywhere. Padding is standardised like any other pixel of paper, so it shows no edge.
  mean: [0.13066],
  std: [0.30811],
  source: 'LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document Recognition, 1998',
};

const entries: Readonly<Record<string, DatasetEntry>> = { cifar10: CIFAR10, mnist: MNIST };

export const datasetNames: readonly string[] = Object.keys(entries);

/** The entry of a name; undefined where there is none. */
export function findDataset(name: string): DatasetEntry | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

/** The largest `samplesPerClass`: all training images of the smallest class. */
export const largestSizeOf = (entry: Pick<DatasetEntry, 'trainPerClass'>): number =>
  Math.min(...entry.trainPerClass);

/** Images of all classes together. */
export const totalOf = (perClass: readonly number[]): number =>
  perClass.reduce((total, count) => total + count, 0);
