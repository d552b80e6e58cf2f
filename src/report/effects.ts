/** What each setting of a sweep does. Pure. */
import { crossingGroups, effectsOf, factorsOf, type GridScore } from '../curves/index.js';
import { hasEffect } from '../spec/index.js';
import type { ArmParams } from '../spec/types.js';
import { settingNames } from './arm-names.js';
import { SIZELESS, type Draft, type SweepArm } from './arm-scores.js';
import type { EffectsReport } from './finding-types.js';

const NONE = { n: null, found: null, tied: [] } as const;

/** Of settings that are tied: `optimizer/learningRate`. */
const nameOf = (group: readonly string[]): string => group.join('/');

/** Where an arm stands: tied settings as one, `sgd/0.1`. */
const placeOf = (groups: readonly (readonly string[])[], params: ArmParams): ArmParams =>
  Object.fromEntries(
    groups.map((group) => {
      const values = group.flatMap((name) => (params[name] === undefined ? [] : [params[name]]));
      return [nameOf(group), group.length === 1 ? (values[0] ?? null) : values.map(String).join('/')];
    }),
  );

/** @param arms all of the sweep's: a grid that lacks one is none */
export function effectsReport(model: Draft, arms: readonly SweepArm[]): EffectsReport | null {
  if (arms.length < 2 || arms.every(({ scores }) => scores.length === 0)) return null;
  const isBuiltin = model.made.spec.trainable.kind === 'builtin';
  const settings = new Map(
    arms.map(({ arm: { hash, params } }) => [hash, isBuiltin ? withEffect(params) : params]),
  );
  const groups = crossingGroups(settingNames(arms.map(({ arm }) => arm)), [...settings.values()]);
  const places = new Map([...settings].map(([hash, params]) => [hash, placeOf(groups ?? [], params)]));
  const factors = groups && factorsOf(groups.map(nameOf), [...places.values()]);
  if (groups === null || factors === null) return { ...NONE, reason: 'not-a-grid' };
  if (arms.some(({ arm }) => arm.isSurvivorsOnly)) return { ...NONE, reason: 'survivors-only' };
  const tied = groups.filter((group) => group.length > 1).map(nameOf);
  const sizes = model.sizes.length > 0 ? model.sizes.toReversed() : [SIZELESS];
  for (const size of sizes) {
    const scores = arms.flatMap(({ arm, scores }): GridScore[] =>
      scores
        .filter(({ n }) => n === size)
        .map(({ replicate, score }) => ({ levels: places.get(arm.hash)!, replicate, score })),
    );
    const found = effectsOf(factors, scores, model.confidence);
    if (found !== null) return { n: model.sizes.length > 0 ? size : null, found, tied, reason: null };
  }
  return { ...NONE, reason: 'no-whole-replicate' };
}

/** Without those that change nothing beside the others: they stand at their defaults. */
const withEffect = (params: ArmParams): ArmParams =>
  Object.fromEntries(Object.entries(params).filter(([name]) => hasEffect(params, name)));
