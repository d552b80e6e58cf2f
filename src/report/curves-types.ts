/** What pages on learning curves share, whoever made the scores: a sweep, several sweeps, or a table. Types only. */
import type { ReportModel } from './types.js';

export type CurvesModel = Pick<
  ReportModel,
  | 'score'
  | 'objective'
  | 'classCount'
  | 'chance'
  | 'confidence'
  | 'delta'
  | 'target'
  | 'prices'
  | 'areGpuHours'
  | 'answers'
  | 'arms'
  | 'sizes'
  | 'comparisons'
  | 'crossings'
  | 'bestOf'
  | 'clusters'
  | 'notes'
>;
