/** The formats of exports: what each is called, and its content. */
import { readFileSync } from 'node:fs';
import { modelPath, type ModelPlace, type TrainedModel } from '../models/index.js';
import { graphOf } from './graph.js';
import { kerasFile } from './keras.js';
import { readmeText } from './readme.js';
import { layersModelFiles } from './tfjs.js';
import type { Content } from './write.js';

export type ExportFormat = 'tfjs' | 'safetensors' | 'keras';

interface FormatEntry {
  readonly kind: 'file' | 'folder';
  /** What follows the sweep and the trial in the name that is taken when none is given. */
  readonly ending: string;
  /** How it is loaded. @param path of the export */
  load(path: string): string;
  content(model: TrainedModel, place: ModelPlace): Content | Promise<Content>;
}

/** What is known of a network beside its layers, in the words of the file's metadata. */
const factsOf = ({ description }: TrainedModel, { sweep, trial, digest }: ModelPlace): object => {
  const { dataset, classes, mean, std } = description;
  return { sweep, trial, weights: digest, dataset, classes, mean, std };
};

/** In the order in which they are listed. */
export const exportFormats: Readonly<Record<ExportFormat, FormatEntry>> = {
  tfjs: {
    kind: 'folder',
    ending: '-tfjs',
    load: () => "await tf.loadLayersModel('URL/model.json')",
    content: (model, place) => {
      const graph = graphOf(model);
      const origin = `trial ${place.trial} of the sweep ${place.sweep}`;
      return new Map<string, Uint8Array | string>([
        ...layersModelFiles(graph, { elbow: factsOf(model, place) }),
        ['labels.json', `${JSON.stringify(model.description.classes, null, 1)}\n`],
        ['README.txt', readmeText(origin, graph, model.description)],
      ]);
    },
  },
  safetensors: {
    kind: 'file',
    ending: '.safetensors',
    load: (path) => `safetensors.numpy.load_file(${JSON.stringify(path)})`,
    content: (_, { folder, digest }) => readFileSync(modelPath(folder, digest)),
  },
  keras: {
    kind: 'file',
    ending: '.keras',
    load: (path) => `keras.saving.load_model(${JSON.stringify(path)})`,
    content: (model, place) => kerasFile(graphOf(model), { elbow: factsOf(model, place) }),
  },
};

export const exportFormatNames = Object.keys(exportFormats) as readonly ExportFormat[];
