/** What trained networks make of anyone's pictures. Importing this loads neither TensorFlow nor the decoder. */
export { CALIBRATION_FORMAT, keepCalibration, keptCalibration, summaryOf } from './calibration.js';
export type { Calibration, CalibrationKey, CalibrationSummary } from './calibration.js';
export { referenceOf, unfamiliarityScores } from './familiarity.js';
export { readPicture, seenImage, thumbnail } from './picture.js';
export type { Picture, PictureSize } from './picture.js';
export { drawAnswers, SHEET_IMAGE } from './sheet.js';
export { fitTemperature, logProbabilities } from './temperature.js';
export type { LabelledLogits } from './temperature.js';
export { judge, placeScore } from './verdict.js';
export type { ClassProbability, Doubt, Unfamiliarity, Verdict } from './verdict.js';
