/** Learning curves from scores: means, intervals and the elbow. Pure. */
export { elbowOf, elbowOfMeans } from './elbow.js';
export type { Elbow, ElbowState, MeanElbow, MeanPoint, ReplicateScore } from './elbow.js';
export { meanOrNull, pooledIntervals, tInterval } from './intervals.js';
export type { Interval, Summary } from './intervals.js';
export { summarize } from './summarize.js';
export type { Curve, CurvePoint, Observation } from './summarize.js';
export { fitCurve } from './analysis.js';
export { DEFAULT_CURVE } from './defaults.js';
export type { CurveAt, CurveElbow, CurveFit, CurveOptions, SizeFigures } from './analysis.js';
export type { SizedScore } from './cells.js';
export { compareArms } from './compare.js';
export type { Comparison, Comparisons } from './compare.js';
export type { FamilyName, ScoreRange } from './families.js';
export type { Knee } from './kneedle.js';
export type { LogLinear } from './log-linear.js';
export type { TargetAnswer } from './target.js';
export type { CurveWarning } from './warnings.js';
