/** Learning curves from scores: what the package says to others, and what only elbow needs. Pure. */
export { compareArms, DEFAULT_CURVE, fitCurve } from './api.js';
export type {
  Addition,
  AskedInterval,
  ComparedArm,
  CompareOptions,
  Comparison,
  Comparisons,
  CurveAt,
  CurveElbow,
  CurveFit,
  CurveOptions,
  CurveWarning,
  Interval,
  LogLinear,
  ScoreRange,
  SizedScore,
  SizeFigures,
  TargetAnswer,
} from './api.js';
export { bestOf } from './best-of.js';
export type { ArmOutcomes, BestOf } from './best-of.js';
export { clustersOf, trainedAbove } from './clusters.js';
export type { Clusters } from './clusters.js';
export { differenceBand } from './crossing.js';
export type { Crossing, DifferenceBand } from './crossing.js';
export { effectsOf } from './effects.js';
export type { Effect, Effects, Interaction, SettingEffects } from './effects.js';
export { crossingGroups, factorsOf } from './factorial.js';
export type { Factor, GridScore, Level } from './factorial.js';
export { meanOrNull, tInterval } from './intervals.js';
export type { Summary } from './intervals.js';
export { compareAnswers } from './mcnemar.js';
export type { AnswersCompared } from './mcnemar.js';
export { summarize } from './summarize.js';
export type { Curve, CurvePoint, Observation } from './summarize.js';
