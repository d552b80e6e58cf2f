/** What the package says to others as `elbow/curves`: learning curves and comparisons of anyone's scores. Pure. */
export { fitCurve } from './analysis.js';
export type { AskedInterval, CurveAt, CurveElbow, CurveFit, CurveOptions, SizeFigures } from './types.js';
export type { SizedScore } from './cells.js';
export { compareArms } from './compare.js';
export type { ComparedArm, CompareOptions, Comparison, Comparisons } from './compare.js';
export { DEFAULT_CURVE } from './defaults.js';
export type { ElbowState } from './fitted-elbow.js';
export type { FamilyName, ScoreRange } from './families.js';
export type { Interval } from './intervals.js';
export type { Knee } from './kneedle.js';
export type { LogLinear } from './log-linear.js';
export type { Addition } from './next.js';
export type { TargetAnswer } from './target.js';
export type { CurveWarning } from './warnings.js';
