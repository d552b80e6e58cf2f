/** How many images of a class a trial trains on, validates with and recalibrates batch norm by. Pure. */

/** Every fifth image is for validation, where there are five. */
export const FOLDS = 5;

/** Enough for the moments of a layer; more only takes time. */
const RECALIBRATION_PER_CLASS = 200;

/** @param perClass labelled images of a class, integer ≥ 0 */
export const validationOf = (perClass: number): number => Math.floor(perClass / FOLDS);

export const trainingOf = (perClass: number): number => perClass - validationOf(perClass);

/**
 * How many training images batch-norm statistics are taken from: 200 of each class, or as many in all where the classes are of
 * different sizes.
 * @param training images in all
 */
export const recalibrationOf = (training: number, classes: number): number =>
  Math.min(training, RECALIBRATION_PER_CLASS * classes);
