/** Arms beside each other: in pairs, where their curves cross, the best of them, and those whose trials did not all train. Pure. */
import {
  bestOf,
  clustersOf,
  compareArms,
  differenceBand,
  type BestOf,
  type ComparedArm,
  type CompareOptions,
} from '../curves/index.js';
import { datasetFacts } from '../spec/index.js';
import { scoredArms, SIZELESS, type Draft, type ScoredArm } from './arm-scores.js';
import { effectsReport } from './effects.js';
import type { ArmFindings, ClusterReport, ComparisonReport, CrossingReport } from './finding-types.js';

/** Up to so many every two are compared: 28 pairs. Of more each is compared with the best alone. */
const MOST_IN_PAIRS = 8;
/** Of more the best by the objective are compared. */
const MOST_COMPARED = 30;

/** All that a report finds of arms beside each other. */
export function armFindings(model: Draft): ArmFindings {
  const arms = scoredArms(model);
  return {
    effects: effectsReport(model, arms),
    ...besideEachOther(model, arms),
    clusters: clustersIn(model),
  };
}

/** What is compared, and how. */
type Compared = Pick<Draft, 'score' | 'objective' | 'sizes' | 'confidence' | 'delta'>;
/** What a comparison may be asked besides. */
type Asked = Partial<Pick<CompareOptions, 'at' | 'margin' | 'seed'>>;

/** Arms in pairs, where their curves cross, and the best of them. */
export function besideEachOther(
  model: Compared,
  arms: readonly ScoredArm[],
  asked: Asked = {},
): Pick<ArmFindings, 'comparisons' | 'crossings' | 'bestOf'> {
  const scored = arms.filter(({ scores }) => scores.length > 0);
  const ranked = scored
    .filter(({ arm }) => !arm.isSurvivorsOnly)
    .sort((a, b) => (a.arm.rank ?? Infinity) - (b.arm.rank ?? Infinity));
  const compared = ranked
    .slice(0, MOST_COMPARED)
    .map(({ arm, ...one }): ComparedArm => ({ arm: arm.hash, ...one }));
  const comparisons =
    scored.length < 2 ? null : comparisonReport(model, compared, { scored, ranked: ranked.length, asked });
  // Replicates that share nothing cannot take turns.
  const arePaired = ranked.every(({ pairing }) => pairing === ranked[0]?.pairing);
  const n = comparisons?.n ?? (model.sizes.length > 0 ? null : SIZELESS);
  return {
    comparisons,
    crossings: comparisons === null ? [] : crossingsIn(model, comparisons, compared),
    bestOf: !arePaired ? null : bestOfAll(model, ranked, n === 'mean' ? null : n),
  };
}

function comparisonReport(
  model: Compared,
  compared: readonly ComparedArm[],
  { scored, ranked, asked }: { scored: readonly ScoredArm[]; ranked: number; asked: Asked },
): ComparisonReport {
  const against = compared.length > MOST_IN_PAIRS ? compared[0]!.arm : null;
  const { at, ...comparisons } = compareArms(compared, {
    margin: model.delta,
    ...asked,
    confidence: model.confidence,
    direction: model.score.direction,
    ...(against === null ? {} : { against }),
  });
  return {
    ...comparisons,
    n: model.sizes.length > 0 ? at : null,
    against,
    arms: compared.map(({ arm }) => arm),
    leftOut: ranked - compared.length,
    survivorsOnly: scored.flatMap(({ arm }) => (arm.isSurvivorsOnly ? [arm.hash] : [])),
  };
}

function crossingsIn(
  model: Compared,
  { pairs }: ComparisonReport,
  compared: readonly ComparedArm[],
): CrossingReport[] {
  const arms = new Map(compared.map((one) => [one.arm, one]));
  const options = { confidence: model.confidence, direction: model.score.direction };
  return pairs.flatMap(({ a, b }) => {
    const { sizes, crossings } = differenceBand(arms.get(a)!, arms.get(b)!, options);
    return crossings.map((crossing) => ({ ...crossing, sizes: sizes.length }));
  });
}

/** @param n the size that is looked at; arms without an objective and a score there cannot be chosen */
function bestOfAll(model: Compared, ranked: readonly ScoredArm[], n: number | null): BestOf | null {
  const arms = ranked.flatMap(({ arm, scores, objectives }) => {
    const tests = new Map(scores.filter((one) => one.n === n).map((one) => [one.replicate, one.score]));
    const outcomes = objectives.flatMap((one) => {
      const test = one.n === n ? tests.get(one.replicate) : undefined;
      return test === undefined ? [] : [{ replicate: one.replicate, validation: one.objective, test }];
    });
    return outcomes.length === 0 ? [] : [{ arm: arm.hash, outcomes }];
  });
  return bestOf(arms, {
    direction: model.objective.direction,
    confidence: model.confidence,
  });
}

function clustersIn({ arms, chance, made }: Draft): ClusterReport[] {
  const testSize = datasetFacts(made.spec.dataset)?.testSize;
  if (chance === null || testSize === undefined) return [];
  return arms.flatMap(({ hash, points }) =>
    points.flatMap(({ n, scores }) => {
      const found = clustersOf(
        scores.map(({ score }) => score),
        chance,
        testSize,
      );
      return found === null ? [] : [{ arm: hash, n, ...found }];
    }),
  );
}
