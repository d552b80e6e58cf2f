/** The networks by name, with the settings of an arm that shape them. */
import { ElbowError } from '../errors.js';
import type { ArmParams, OwnNetworks } from '../spec/types.js';
import type { ModelOptions } from './blocks.js';
import { lenet } from './lenet.js';
import type { Layer } from './layers.js';
import { mlp } from './mlp.js';
import { ownLayers, ownNetwork } from './own.js';
import { resnet } from './resnet.js';
import { vgg } from './vgg.js';

/** In the order in which they are listed. */
export const modelNames = [
  'lenet',
  'mlp',
  'vgg11',
  'vgg13',
  'vgg16',
  'vgg19',
  'resnet20',
  'resnet56',
] as const;

type ModelName = (typeof modelNames)[number];

/** Settings of an arm that shape a network and its start weights; every model takes all of them. */
export const MODEL_SETTINGS = ['width', 'initialiser', 'batchNorm', 'dropout'] as const;

interface ModelEntry {
  readonly title: string;
  build(options: ModelOptions): readonly Layer[];
}

const models: Readonly<Record<ModelName, ModelEntry>> = {
  lenet: { title: 'LeNet with three 5×5 convolutions', build: lenet },
  mlp: { title: 'two hidden layers of 512 units, no convolution', build: mlp },
  vgg11: { title: 'VGG A, 8 convolutions', build: (options) => vgg('vgg11', options) },
  vgg13: { title: 'VGG B, 10 convolutions', build: (options) => vgg('vgg13', options) },
  vgg16: { title: 'VGG D, 13 convolutions', build: (options) => vgg('vgg16', options) },
  vgg19: { title: 'VGG E, 16 convolutions', build: (options) => vgg('vgg19', options) },
  resnet20: { title: 'residual network of 9 blocks', build: (options) => resnet(3, options) },
  resnet56: { title: 'residual network of 27 blocks', build: (options) => resnet(9, options) },
};

const isModel = (name: unknown): name is ModelName => modelNames.some((known) => known === name);

function find(name: unknown): ModelEntry {
  if (isModel(name)) return models[name];
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
 * @param params settings of the arm; `model`, `width`, `batchNorm` and `dropout` count
 * @param classes integer ≥ 2
 * @param networks of the sweep file; they come before built-in ones, which a later elbow may have more of
 * @throws ElbowError `usage` for a model that is none
 */
export function layersOf(params: ArmParams, classes: number, networks?: OwnNetworks): readonly Layer[] {
  const options: ModelOptions = {
    batchNorm: params['batchNorm'] !== false,
    dropout: Number(params['dropout']),
    width: Number(params['width']),
    classes,
  };
  const own = ownNetwork(networks, params['model']);
  return own === undefined ? find(params['model']).build(options) : ownLayers(own, options);
}
