/** Whether the layers of a file's networks fit each other, the images and the classes, in every arm. */
import { isDeepStrictEqual } from 'node:util';
import { ElbowError } from '../errors.js';
import {
  layersOf,
  outputShape,
  ownLayersAt,
  summarizeLayers,
  totalOf,
  type Layer,
  type ModelOptions,
  type Shape,
} from '../models/index.js';
import { gridsOf } from './arms.js';
import { datasetName, type DatasetFacts } from './known.js';
import { digits } from './leaves.js';
import { MOST_PARAMETERS, SPATIAL } from './model-fit.js';
import { withDefaults } from './params.js';
import { pathText, type Places } from './problems.js';
import type { Path } from './source.js';
import type { OwnNetwork, OwnNetworks, SweepSpec } from './types.js';

/** Numbers that a layer gives for one image: 64 MiB. The largest of VGG on 32×32 images gives 65,536. */
const MOST_OUTPUT = 2 ** 24;

/** A layer that does not fit. */
interface Fault {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
}

interface Setting {
  readonly width: number;
  readonly batchNorm: boolean;
}

/** What a network is checked against. */
interface Fit {
  readonly spec: SweepSpec;
  readonly networks: OwnNetworks;
  readonly dataset: DatasetFacts;
}

/**
 * One error for each network: its first layer that does not fit, in the first of the arms' settings where it does not.
 * @param dataset undefined where the trainable has no images
 */
export function unfitNetworks(
  spec: SweepSpec,
  dataset: DatasetFacts | undefined,
  places: Places,
): ElbowError[] {
  const { networks } = spec;
  if (networks === undefined || !dataset) return [];
  const names = Object.keys(networks);
  return names.flatMap((name, i) => {
    const twin = names.slice(0, i).find((other) => isDeepStrictEqual(networks[other], networks[name]));
    const fault: Fault | null =
      twin === undefined
        ? faultOf({ spec, networks, dataset }, name)
        : {
            path: ['networks', name],
            message: `has the same layers as ${twin}, and would be the same arm`,
            hint: 'Write each network once.',
          };
    if (fault === null) return [];
    const { path, message, hint } = fault;
    return new ElbowError('spec-invalid', `\`${pathText(path)}\`: ${message}`, {
      where: twin === undefined ? places.whereIs(path) : places.whereIsKey(path),
      ...(hint === undefined ? {} : { hint }),
    });
  });
}

function faultOf(fit: Fit, name: string): Fault | null {
  const settings = settingsOf(fit.spec, name);
  const faults = settings.map((setting) => faultIn(fit, name, setting));
  const first = faults.findIndex((fault) => fault !== null);
  const fault = faults[first];
  if (!fault) return null;
  // Which settings are to blame is said where others fit.
  if (faults.every((one) => one?.message === fault.message)) return fault;
  const { width, batchNorm } = settings[first]!;
  return { ...fault, message: `with width ${width} and batchNorm ${batchNorm}, ${fault.message}` };
}

/**
 * What of the settings of the arms with a network changes shapes: dropout does not. A network that is named only in a
 * scale is looked at with the settings of all arms.
 */
function settingsOf(spec: SweepSpec, name: string): Setting[] {
  const grids = gridsOf(spec).map(({ axes }) => Object.fromEntries(axes));
  const withIt = grids.filter(({ model = [] }) => model.includes(name));
  return (withIt.length > 0 ? withIt : grids).flatMap(({ width = [1], batchNorm = [true] }) =>
    width.flatMap((factor) =>
      batchNorm.map((isOn) => ({ width: Number(factor), batchNorm: isOn !== false })),
    ),
  );
}

function faultIn({ spec, networks, dataset }: Fit, name: string, setting: Setting): Fault | null {
  const { classes, image } = dataset;
  const network = networks[name]!;
  const options = { ...setting, dropout: 0, classes };
  const spatial = network.findIndex((_, i) =>
    ownLayersAt(network, i, options).some(({ kind }) => SPATIAL.has(kind)),
  );
  if (dataset.isTable && spatial >= 0) {
    return {
      path: ['networks', name, spatial],
      message: `needs an image, and ${datasetName(spec.dataset)} is a table of numbers`,
      hint: 'Begin with `flatten`, and write `dense` layers.',
    };
  }
  const output = shapeAfter(network, image, options, ['networks', name]);
  if ('message' in output) return output;
  if (output.length !== 1 || output[0] !== classes) {
    return {
      path: ['networks', name, network.length - 1],
      message: `the last layer must give the ${classes} classes of ${datasetName(spec.dataset)}, it gives ${output.join('×')}`,
      hint: `End with ${output.length === 1 ? '' : '`flatten` and '}\`dense: classes\`.`,
    };
  }
  const layers = layersOf(withDefaults({ model: name, ...setting }), classes, networks);
  const { trainable } = totalOf(summarizeLayers(layers, image));
  if (trainable > 0 && trainable <= MOST_PARAMETERS) return null;
  return {
    path: ['networks', name],
    message: `expected 1 to ${digits(MOST_PARAMETERS)} parameters, got ${digits(trainable)}`,
    hint:
      trainable === 0 ? 'Add a layer with weights: `dense: classes`.' : 'Pool more, or write fewer units.',
  };
}

/** The output of a network, or the first layer that does not fit what arrives there. */
function shapeAfter(network: OwnNetwork, input: Shape, options: ModelOptions, path: Path): Shape | Fault {
  let shape = input;
  for (const [i, layer] of network.entries()) {
    const here = [...path, i];
    if (typeof layer === 'object' && 'residual' in layer) {
      const inner = shapeAfter(layer.residual, shape, options, [...here, 'residual']);
      if ('message' in inner) return inner;
    }
    for (const built of ownLayersAt(network, i, options)) {
      const output = fitting(built, shape, here);
      if ('message' in output) return output;
      if (output.reduce((product, n) => product * n, 1) > MOST_OUTPUT) {
        const numbers = `${output.join('×')} numbers for one image`;
        return { path: here, message: `gives ${numbers}, expected at most ${digits(MOST_OUTPUT)}` };
      }
      shape = output;
    }
  }
  return shape;
}

function fitting(layer: Layer, input: Shape, path: Path): Shape | Fault {
  try {
    return outputShape(layer, input);
  } catch (error) {
    if (error instanceof ElbowError) {
      return { path, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
    }
    throw error;
  }
}
