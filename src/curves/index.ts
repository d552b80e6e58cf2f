/** Learning curves from scores: means, intervals and the elbow. Pure. */
export { elbowOf, elbowOfMeans } from './elbow.js';
export type { Elbow, ElbowState, MeanElbow, MeanPoint, ReplicateScore } from './elbow.js';
export { meanOrNull, pooledIntervals, tInterval } from './intervals.js';
export type { Interval, Summary } from './intervals.js';
export { summarize } from './summarize.js';
export type { Curve, CurvePoint, Observation } from './summarize.js';
