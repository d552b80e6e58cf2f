/** Learning curves from scores: means, intervals and the elbow. Pure. */
export { meanOrNull, tInterval } from './intervals.js';
export type { ElbowState } from './fitted-elbow.js';
export type { Interval, Summary } from './intervals.js';
export { summarize } from './summarize.js';
export type { Curve, CurvePoint, Observation } from './summarize.js';
export { fitCurve } from './analysis.js';
export { DEFAULT_CURVE } from './defaults.js';
export type { AskedInterval, CurveAt, CurveElbow, CurveFit, CurveOptions, SizeFigures } from './types.js';
export type { SizedScore } from './cells.js';
export { compareArms } from './compare.js';
export type { Comparison, Comparisons } from './compare.js';
export type { FamilyName, ScoreRange } from './families.js';
export type { Knee } from './kneedle.js';
export type { LogLinear } from './log-linear.js';
export type { Addition } from './next.js';
export type { TargetAnswer } from './target.js';
export type { CurveWarning } from './warnings.js';
