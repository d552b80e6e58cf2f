import { trainingOf, validationOf } from '../../data/split-sizes.js';
import { ElbowError, EXIT } from '../../errors.js';
import type { LayerSummary, MemoryForecast } from '../../models/index.js';
import { hasOperations } from '../../native-operations.js';
import type { SweepSpec } from '../../spec/types.js';
import { datasetName, type ParameterFacts } from '../../spec/index.js';
import type { CommandInput, CommandModule, Context } from '../command.js';
import type { Output } from '../output.js';
import { datasetShape, type DatasetShape } from '../../data/dataset-shape.js';
import { prepareWith } from '../own-dataset.js';
import { countText, tableLines } from '../text.js';

interface Summary {
  readonly model: string;
  readonly title: string;
  readonly dataset: string;
  /** Height, width, channels. */
  readonly input: readonly [number, number, number];
  /** What a sweep file may set of it. */
  readonly settings: readonly ParameterFacts[];
  readonly layers: readonly LayerSummary[];
  readonly trainable: number;
  /** Statistics that batch norm keeps beside them. */
  readonly moving: number;
  /** Of a training with all images of the data set, beyond a trainer that has loaded TensorFlow and the data. */
  readonly memory: MemoryForecast;
}

/** `elbow models`: the networks and their parameter counts, or one, layer by layer. Loads no TensorFlow. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('[model]', 'one of them, to see its layers')
      .option('--width <factor>', 'multiplies filters and hidden units', '1')
      .option('--no-batch-norm', 'leave batch normalisation out')
      .option('--dropout <share>', 'share of units dropped before dense layers, in [0, 1)', '0')
      .option('--dataset <name>', 'the data set whose images go in (default: that of the file, or cifar10)')
      .option('--file <sweepfile>', 'a sweep file or preset, to see its own networks, too')
      .option('--batch <images>', 'images per step, for the memory of a training')
      .option('--json', 'print the models with their layers as JSON')
      .addHelpText(
        'after',
        '\nExample:\n  $ elbow models\n  $ elbow models vgg16 --no-batch-norm\n  $ elbow models mine --file sweep.yaml',
      );
  },

  async run(input, context) {
    const { out } = context;
    const summaries = await summarize(input, context);
    if (out.json) out.document(summaries);
    else if (input.args[0] === undefined) printList(summaries, out);
    else for (const summary of summaries) await printLayers(summary, out);
    return EXIT.done;
  },
};

/**
 * @throws ElbowError `usage` for a model, a data set or a number that is none; `spec-invalid` for images too small;
 *   whatever a sweep file may be refused with
 */
async function summarize({ args, options }: CommandInput, context: Context): Promise<Summary[]> {
  const {
    forecastMemory,
    layersOf,
    MODEL_SETTINGS,
    modelNames,
    modelTitle,
    ownNetwork,
    summarizeLayers,
    totalOf,
  } = await import('../../models/index.js');
  const { DEFAULT_DATASET, defaultOf, loadSweep, parameterFacts } = await import('../../spec/index.js');
  const file =
    typeof options['file'] === 'string'
      ? await loadSweep(options['file'], { cwd: context.cwd, prepare: prepareWith(context) })
      : undefined;
  if (file && file.spec.trainable.kind !== 'builtin') {
    throw new ElbowError('usage', `the sweep ${file.spec.name} has no networks of elbow to show`, {
      where: { file: file.file },
      hint: 'Its trainable is not `builtin`.',
    });
  }
  const networks = file?.spec.networks;
  const fallback = file?.spec.dataset ?? DEFAULT_DATASET;
  const entry = await datasetOf(typeof options['dataset'] === 'string' ? options['dataset'] : fallback);
  const width = numberOf('--width', options['width'], 'a number above 0', (value) => value > 0);
  const dropout = numberOf(
    '--dropout',
    options['dropout'],
    'a number from 0 to below 1',
    (value) => value >= 0 && value < 1,
  );
  const batchSize = numberOf(
    '--batch',
    options['batch'] ?? defaultOf('batchSize'),
    'a whole number from 1',
    (value) => Number.isSafeInteger(value) && value >= 1,
  );
  const images = imagesOf(entry);
  const settings = MODEL_SETTINGS.map(parameterFacts);
  const all = [...Object.keys(networks ?? {}), ...modelNames];
  const names = args[0] === undefined ? all : [await known('model', args[0], all)];
  return names.map((model) => {
    const params = { model, width, batchNorm: options['batchNorm'] !== false, dropout };
    const shape = [entry.height, entry.width, entry.channels] as const;
    const list = layersOf(params, entry.classes.length, networks);
    const layers = summarizeLayers(list, shape);
    const training = {
      optimizer: String(defaultOf('optimizer')),
      weightDecay: 0,
      l2: 0,
      clipNorm: 0,
      emaDecay: 0,
      hasOwnOperations: hasOperations(),
      keepsValues: !hasOperations() || entry.isTable,
      ...images,
    };
    return {
      model,
      title: ownNetwork(networks, model) === undefined ? modelTitle(model) : `written in ${file!.file}`,
      dataset: entry.name,
      input: shape,
      settings,
      layers,
      ...totalOf(layers),
      memory: forecastMemory({ layers: list, input: shape, batchSize, ...training }),
    };
  });
}

/** Images of a training that takes as many as the smallest class has. */
function imagesOf(entry: DatasetShape): { trainingImages: number; validationImages: number } {
  const size = Math.min(...entry.trainPerClass);
  const classes = entry.classes.length;
  return { trainingImages: classes * trainingOf(size), validationImages: classes * validationOf(size) };
}

async function datasetOf(dataset: SweepSpec['dataset']): Promise<DatasetShape> {
  const shape = datasetShape(dataset);
  if (shape) return shape;
  const { datasetNames } = await import('../../data/index.js');
  return datasetOf(await known('data set', datasetName(dataset), datasetNames));
}

/** @returns the name itself. @throws ElbowError `usage` naming the nearest one */
async function known(what: string, name: string, names: readonly string[]): Promise<string> {
  if (names.includes(name)) return name;
  const { nearestName } = await import('../../spec/index.js');
  const near = nearestName(name, names);
  throw new ElbowError('usage', `there is no ${what} ${JSON.stringify(name)}; there is ${names.join(', ')}`, {
    hint:
      near === null
        ? `\`elbow ${what === 'model' ? 'models' : 'datasets'}\` lists all.`
        : `Did you mean \`${near}\`?`,
  });
}

/** The number of an option. @throws ElbowError `usage` for one that is not finite or not allowed */
function numberOf(
  option: string,
  given: unknown,
  expected: string,
  isAllowed: (value: number) => boolean,
): number {
  const text = String(given);
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value) && isAllowed(value)) return value;
  throw new ElbowError('usage', `${option}: expected ${expected}, got ${JSON.stringify(text)}`);
}

const shapeText = (shape: readonly number[]): string => shape.join('×');

function printList(summaries: readonly Summary[], out: Output): void {
  const columns = [
    { title: 'model' },
    { title: 'trainable', right: true },
    { title: 'moving', right: true },
    { title: 'what it is' },
  ];
  const rows = summaries.map(({ model, trainable, moving, title }) => [
    model,
    countText(trainable),
    countText(moving),
    title,
  ]);
  for (const line of tableLines(columns, rows, { header: out.colors.dim })) out.result(line);
  out.result();
  printSettings(summaries[0]!, out);
  out.note('`elbow models NAME` shows the layers of one.');
}

/** Of a model, the same of all. */
function printSettings({ settings }: Summary, out: Output): void {
  const columns = [{ title: 'setting' }, { title: 'takes' }, { title: 'default' }, { title: 'what it does' }];
  const rows = settings.map(({ name, takes, default: value, description }) => [
    name,
    takes,
    String(value),
    description,
  ]);
  for (const line of tableLines(columns, rows, { header: out.colors.dim })) out.result(line);
}

async function printLayers(summary: Summary, out: Output): Promise<void> {
  const { forecastText } = await import('../../models/index.js');
  const { bold, dim } = out.colors;
  out.result(`${bold(summary.model)}  ${summary.title}`);
  const columns = [
    { title: 'layer' },
    { title: 'output', right: true },
    { title: 'trainable', right: true },
    { title: 'moving', right: true },
  ];
  const rows = [
    [`input (${summary.dataset})`, shapeText(summary.input), '', ''],
    ...summary.layers.map(({ layer, output, trainable, moving }) => [
      layer,
      shapeText(output),
      trainable === 0 ? '' : countText(trainable),
      moving === 0 ? '' : countText(moving),
    ]),
    ['total', '', countText(summary.trainable), countText(summary.moving)],
  ];
  const cell = (text: string, row: number): string => (row === rows.length - 1 ? bold(text) : text);
  for (const line of tableLines(columns, rows, { header: dim, cell })) out.result(line);
  out.result();
  printSettings(summary, out);
  out.result();
  out.result(`${dim('memory of a training')}  ${forecastText(summary.memory)}, of all images`);
}
