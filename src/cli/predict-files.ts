/** Pictures from files to a trial's network and back. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ElbowError, asElbowError } from '../errors.js';
import type { ModelDescription } from '../models/index.js';
import { elbowHome, homeFolders } from '../paths.js';
import type { Picture, PictureSize } from '../predict/index.js';
import { datasetName } from '../spec/index.js';
import type { PredictJob, Prediction } from '../trainer/protocol.js';
import type { Context } from './command.js';
import type { KeptModel } from './kept-model.js';
import type { Predictions, Refused } from './predictions.js';
import { countedText } from './text.js';

/** How the network's data set made its images. @throws ElbowError `state-forbids` for a network that takes no pictures */
export async function pictureSize({ input }: ModelDescription, kept: KeptModel): Promise<PictureSize> {
  const { dataset } = kept.sweep.spec;
  const [height, width, channels] = input;
  if (width !== undefined && height * width > 1 && (channels === 1 || channels === 3)) {
    const { findDataset } = await import('../data/index.js');
    const padding = typeof dataset === 'string' ? (findDataset(dataset)?.padding ?? 0) : 0;
    return { height, width, channels, padding };
  }
  throw new ElbowError(
    'state-forbids',
    `expected a network that takes pictures; trial ${kept.place.trial} of ${kept.place.sweep} takes ${input.join('×')} numbers`,
    { hint: `It was trained on ${datasetName(dataset)}.` },
  );
}

interface Asked {
  readonly kept: KeptModel;
  readonly description: ModelDescription;
  readonly size: PictureSize;
  /** Classes to name. */
  readonly most: number;
}

/** @throws ElbowError for what keeps all answers away; pictures that cannot be used are listed */
export async function predictFiles(
  files: readonly string[],
  asked: Asked,
  context: Context,
): Promise<Predictions> {
  const { readPicture, judge } = await import('../predict/index.js');
  const pictures: { file: string; picture: Picture }[] = [];
  const refused: Refused[] = [];
  // One after the other: a picture of 100 megapixels takes half a gigabyte.
  for (const file of files) {
    try {
      pictures.push({ file, picture: await readPicture(resolve(context.cwd, file), asked.size) });
    } catch (error) {
      refused.push({ file, error: asElbowError(error) });
    }
  }
  const bug = refused.find(({ error }) => error.code === 'bug');
  if (bug) throw bug.error;
  if (pictures.length === 0) return { answered: [], refused, calibration: null, problem: null };
  const { answers, calibration, problem } = await ask(pictures, asked, context);
  const { result } = asked.kept;
  const answered = pictures.map(({ file, picture }, i) => {
    const { logits, unfamiliarity } = answers[i]!;
    const verdict = judge(logits, asked.most, {
      classes: asked.description.classes,
      temperature: calibration?.temperature.value ?? 1,
      unfamiliarity,
      diagnosis: result.diagnosis,
      testAccuracy: result.testAccuracy,
      isBlank: picture.isBlank,
    });
    return { file, picture, logits, unfamiliarity, ...verdict };
  });
  return { answered, refused, calibration, problem };
}

/** Asks the network, in a trainer process. */
async function ask(
  pictures: readonly { readonly picture: Picture }[],
  { kept }: Asked,
  { env, out, signal }: Context,
): Promise<Prediction> {
  const { predictOnce } = await import('../trainer/index.js');
  const { place, result, sweep, attempt } = kept;
  const job: PredictJob = {
    place,
    dataset: sweep.spec.dataset,
    dataDir: homeFolders.data(elbowHome(env)),
    dataDigest: attempt.environment?.dataDigest ?? null,
    samplesPerClass: result.samplesPerClass,
    sweepSeed: sweep.spec.seed,
    replicate: result.replicate,
    pictures: pictures.map(({ picture }) => Buffer.from(picture.planes).toString('base64')),
  };
  const note = (text: string): void => out.note(text);
  const unbrought = await bringData(job, { env, signal, note });
  out.note(
    `asking ${place.sweep} ${place.trial} about ${countedText(pictures.length, 'picture')} on ${hostname()}`,
  );
  const prediction = await predictOnce(job, { threads: sweep.spec.threads, env, signal, note });
  return prediction.problem !== null && unbrought !== null
    ? { ...prediction, problem: `${prediction.problem} It cannot be brought: ${unbrought}.` }
    : prediction;
}

/** Brings the data set, unless the calibration that needs it was kept. @returns why it cannot be brought, or null */
async function bringData(
  job: PredictJob,
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal; note: (text: string) => void },
): Promise<string | null> {
  const { keptCalibration } = await import('../predict/index.js');
  const { ensureDataset } = await import('../data/index.js');
  // One's own is decoded by the trainer.
  if (job.dataDigest === null || typeof job.dataset !== 'string') return null;
  if (keptCalibration(job.place.folder, { ...job, model: job.place.digest, data: job.dataDigest }))
    return null;
  try {
    await ensureDataset(job.dataset, options);
    return null;
  } catch (error) {
    if (!(error instanceof ElbowError) || error.code === 'interrupted') throw error;
    // Answers are given without it.
    return error.message;
  }
}
