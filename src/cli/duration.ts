/** How long a sweep takes on a machine whose speed was measured. Pure. The assumptions stand in docs/presets/README.md. */
import { SEVERITIES, waysFor } from '../augmentation/index.js';
import { totalOf } from '../data/catalog.js';
import { recalibrationOf, trainingOf, validationOf } from '../data/split-sizes.js';
import { layersOf, multiplyAdds } from '../models/index.js';
import { datasetFacts, FIRST_COUNTED_STEP, planTrials, withDefaults } from '../spec/index.js';
import type { ArmParams, PlannedTrial, SweepSpec } from '../spec/types.js';
import { datasetShape, type DatasetShape } from '../data/dataset-shape.js';

/** How fast one slot trains a network while the other slots of the machine do the same. */
export interface Speed {
  readonly model: string;
  readonly batchSize: number;
  readonly imagesPerSecond: number;
}

/** What was measured on a machine. */
export interface MachineSpeed {
  readonly slots: number;
  /** At least one. */
  readonly speeds: readonly Speed[];
}

/** Seconds, all > 0. */
export interface Duration {
  /** Every trial is stopped as early as it may be. */
  readonly least: number;
  readonly about: number;
  /** Every trial runs all its epochs. */
  readonly most: number;
}

/** Forward alone takes a third of a training step: the backward pass computes two products for each of the forward. */
const EVALUATION_SHARE = 1 / 3;
/**
 * Rounds of patience that a trial lives through, from the first epoch that counts: an assumption. Four LeNets with 20 to
 * 500 images per class had 1 to 3.3, the more images the more.
 */
const USUAL_ROUNDS = 3;
/** Building, data and writing of one trial in a warm trainer. */
const TRIAL_OVERHEAD_S = 0.3;

/**
 * @returns null where trials wait instead of training
 */
export function durationOf(spec: SweepSpec, machine: MachineSpeed): Duration | null {
  const dataset = datasetShape(spec.dataset);
  if (spec.trainable.kind !== 'builtin' || dataset === undefined) return null;
  const allSize = datasetFacts(spec.dataset)?.allSize ?? 0;
  const trials = planTrials(spec);
  const changes = spec.unfamiliar ? waysFor(dataset.channels).length * SEVERITIES.length : 0;
  const tests = totalOf(dataset.testPerClass) * (1 + changes);
  const rates = new Map<string, number>();
  const secondsPerImage = (params: ArmParams): number => {
    const key = JSON.stringify([params['model'], params['width'], params['batchNorm'], params['batchSize']]);
    const known = rates.get(key) ?? secondsPerImageOf(params, dataset, machine.speeds, spec.networks);
    rates.set(key, known);
    return known;
  };
  const whole = (epochsOf: (bounds: EpochBounds) => number): number => {
    const each = trials.map((trial) => trialSeconds(trial, epochsOf));
    const sum = each.reduce((total, seconds) => total + seconds, 0);
    // A sweep is never quicker than its longest trial.
    return each.reduce((longest, seconds) => Math.max(longest, seconds), sum / machine.slots);
  };
  const trialSeconds = (trial: PlannedTrial, epochsOf: (bounds: EpochBounds) => number): number => {
    const params = withDefaults(trial.arm.params);
    const perClass = trial.samplesPerClass ?? allSize;
    const classes = dataset.classes.length;
    const validation = validationOf(perClass) * classes;
    const training = trainingOf(perClass) * classes;
    const epochs = epochsOf(epochBounds(params, training, validation));
    const recalibrated = params['batchNorm'] === true ? recalibrationOf(training, classes) : 0;
    const evaluated = epochs * (validation + recalibrated) + tests + training;
    return TRIAL_OVERHEAD_S + secondsPerImage(params) * (epochs * training + EVALUATION_SHARE * evaluated);
  };
  return {
    least: whole(({ least }) => least),
    about: whole(({ about }) => about),
    most: whole(({ most }) => most),
  };
}

interface EpochBounds {
  readonly least: number;
  readonly about: number;
  readonly most: number;
}

/** Epochs of a trial under early stopping; without validation images it never stops. */
function epochBounds(params: ArmParams, training: number, validation: number): EpochBounds {
  const most = Number(params['epochs']);
  if (validation === 0) return { least: most, about: most, most };
  const patience = Number(params['patience']);
  const steps = Math.ceil(training / Number(params['batchSize']));
  const firstCounted = Math.ceil(FIRST_COUNTED_STEP / steps);
  // The first epoch is always better than none.
  const least = Math.min(most, Math.max(firstCounted - 1, 1) + patience);
  return { least, about: Math.min(most, firstCounted - 1 + USUAL_ROUNDS * patience), most };
}

/** By the measured network whose multiplications are nearest, in proportion to them; width, norm and all counted. */
function secondsPerImageOf(
  params: ArmParams,
  { classes, height, width, channels }: DatasetShape,
  speeds: readonly Speed[],
  networks: SweepSpec['networks'],
): number {
  const work = (of: ArmParams): number =>
    multiplyAdds(layersOf(withDefaults(of), classes.length, networks), [height, width, channels]);
  const own = work(params);
  const distance = ({ model }: Speed): number => Math.abs(Math.log(work({ model }) / own));
  const [nearest] = [...speeds].sort((a, b) => distance(a) - distance(b));
  return own / work({ model: nearest!.model }) / nearest!.imagesPerSecond;
}
