/** The networks by name, with the settings of an arm that shape them. */
import { ElbowError } from '../errors.js';
import type { ArmParams } from '../spec/types.js';
import { lenet } from './lenet.js';
import type { Layer } from './layers.js';

interface ModelEntry {
  readonly title: string;
  build(params: ArmParams, classes: number): readonly Layer[];
}

const models: Readonly<Record<string, ModelEntry>> = {
  lenet: {
    title: 'LeNet with three 5×5 convolutions, 89,630 parameters on 32×32×3 images',
    build: (params, classes) =>
      lenet({ batchNorm: params['batchNorm'] !== false, dropout: Number(params['dropout'] ?? 0) }, classes),
  },
};

export const modelNames: readonly string[] = Object.keys(models);

function find(name: unknown): ModelEntry {
  const entry = typeof name === 'string' && Object.hasOwn(models, name) ? models[name] : undefined;
  if (entry) return entry;
  throw new ElbowError(
    'usage',
    `there is no model ${JSON.stringify(name)}; the models are ${modelNames.join(', ')}`,
    {
      hint: '`elbow models` lists them.',
    },
  );
}

/** What a model is, in one line. @throws ElbowError `usage` for a name that is none */
export const modelTitle = (name: string): string => find(name).title;

/**
 * The layers of an arm.
 * @param params settings of the arm; `model`, `batchNorm`, `dropout` count
 * @param classes integer ≥ 2
 */
export function layersOf(params: ArmParams, classes: number): readonly Layer[] {
  return find(params['model']).build(params, classes);
}
