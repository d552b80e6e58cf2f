import { ElbowError, EXIT } from '../../errors.js';
import type { DatasetEntry } from '../../data/index.js';
import type { LayerSummary } from '../../models/index.js';
import type { CommandInput, CommandModule } from '../command.js';
import type { Output } from '../output.js';
import { countText, tableLines } from '../text.js';

interface Summary {
  readonly model: string;
  readonly title: string;
  readonly dataset: string;
  /** Height, width, channels. */
  readonly input: readonly [number, number, number];
  readonly layers: readonly LayerSummary[];
  readonly trainable: number;
  /** Statistics that batch norm keeps beside them. */
  readonly moving: number;
}

/** `elbow models`: the networks, layer by layer. Loads no TensorFlow. */
export const command: CommandModule = {
  configure(command) {
    command
      .argument('[model]', 'one of them; all when left out')
      .option('--no-batch-norm', 'leave batch normalisation out')
      .option('--dropout <share>', 'share of units dropped before the last layer, in [0, 1)', '0')
      .option('--dataset <name>', 'the data set whose images go in', 'cifar10')
      .option('--json', 'print the layers as JSON')
      .addHelpText('after', '\nExample:\n  $ elbow models\n  $ elbow models lenet --no-batch-norm');
  },

  async run(input, { out }) {
    const summaries = await summarize(input);
    if (out.json) out.document(summaries);
    else summaries.forEach((summary, i) => printSummary(summary, out, i > 0));
    return EXIT.done;
  },
};

/** @throws ElbowError `usage` for a model, a data set or a share that is none */
async function summarize({ args, options }: CommandInput): Promise<Summary[]> {
  const { layersOf, modelNames, modelTitle, summarizeLayers } = await import('../../models/index.js');
  const entry = await datasetOf(String(options['dataset']));
  const dropout = shareOf(String(options['dropout']));
  const names = args[0] === undefined ? modelNames : [await known('model', args[0], modelNames)];
  return names.map((model) => {
    const params = { model, batchNorm: options['batchNorm'] !== false, dropout };
    const shape = [entry.height, entry.width, entry.channels] as const;
    const layers = summarizeLayers(layersOf(params, entry.classes.length), shape);
    const sum = (count: (layer: LayerSummary) => number): number =>
      layers.reduce((total, layer) => total + count(layer), 0);
    return {
      model,
      title: modelTitle(model),
      dataset: entry.name,
      input: shape,
      layers,
      trainable: sum((layer) => layer.trainable),
      moving: sum((layer) => layer.moving),
    };
  });
}

async function datasetOf(name: string): Promise<DatasetEntry> {
  const { datasetNames, findDataset } = await import('../../data/index.js');
  await known('data set', name, datasetNames);
  return findDataset(name)!;
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

function shareOf(text: string): number {
  const share = text.trim() === '' ? NaN : Number(text);
  if (share >= 0 && share < 1) return share;
  throw new ElbowError(
    'usage',
    `--dropout: expected a number from 0 to below 1, got ${JSON.stringify(text)}`,
  );
}

const shapeText = (shape: readonly number[]): string => shape.join('×');

function printSummary(summary: Summary, out: Output, isLater: boolean): void {
  const { bold, dim } = out.colors;
  if (isLater) out.result();
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
}
