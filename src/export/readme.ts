/** What stands beside an exported layers model, for those who find the folder. */
import { findDataset } from '../data/catalog.js';
import type { ModelDescription } from '../models/index.js';
import { elbowVersion } from '../paths.js';
import { PROBABILITIES, isTable, type Graph } from './graph.js';

/** @param origin such as `trial 3 of the sweep quickstart` */
export function readmeText(origin: string, { input }: Graph, description: ModelDescription): string {
  const shape = ['batch', ...input.shape].join(' × ');
  return `This is ${origin}, exported by elbow ${elbowVersion}.

model.json and the files group1-shard… beside it are a layers model of TensorFlow.js. Serve the folder, then:

  const model = await tf.loadLayersModel('URL/model.json');
${exampleText(input.shape, isTable(description.input))}

Input: ${shape}, float32. ${inputText(description)}
Output: probabilities, batch × ${description.classes.length}, in the order of the classes in labels.json.
The logits are the input of the last layer:

  const logits = tf.model({ inputs: model.inputs, outputs: model.getLayer('${PROBABILITIES}').input });
`;
}

/** What the numbers of the input are. */
export function inputText({ input, dataset }: ModelDescription): string {
  if (isTable(input)) return 'The numbers of a row as they are in the table: the model standardises them.';
  const padding = findDataset(dataset)?.padding ?? 0;
  const zeros =
    padding > 0 ? ` The images of ${dataset} got ${padding} rows and columns of zeros on each side.` : '';
  return `Pixels from 0 to 255: the model standardises them.${zeros}`;
}

function exampleText(shape: Graph['input']['shape'], table: boolean): string {
  if (table || shape.length === 1) {
    return `  const probabilities = model.predict(tf.tensor([row], ${JSON.stringify([1, ...shape])}));`;
  }
  const [height, width, channels] = shape;
  return [
    `  const pixels = tf.image.resizeBilinear(tf.browser.fromPixels(canvas, ${channels}), [${height}, ${width}]);`,
    '  const probabilities = model.predict(pixels.expandDims());',
  ].join('\n');
}
