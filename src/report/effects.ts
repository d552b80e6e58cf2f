/** What each setting of a sweep does. Pure. */
import { effectsOf, factorsOf, type GridScore } from '../curves/index.js';
import { hasEffect } from '../spec/index.js';
import type { ArmParams } from '../spec/types.js';
import { SIZELESS, type Draft, type SweepArm } from './arm-scores.js';
import type { EffectsReport } from './finding-types.js';

const NONE = { n: null, found: null } as const;

/** @param arms all of the sweep's: a grid that lacks one is none */
export function effectsReport(model: Draft, arms: readonly SweepArm[]): EffectsReport | null {
  if (arms.length < 2 || arms.every(({ scores }) => scores.length === 0)) return null;
  const isBuiltin = model.made.spec.trainable.kind === 'builtin';
  const settings = new Map(
    arms.map(({ arm: { hash, params } }) => [hash, isBuiltin ? withEffect(params) : params]),
  );
  const factors = factorsOf(settingNames(arms), [...settings.values()]);
  if (factors === null) return { ...NONE, reason: 'not-a-grid' };
  if (arms.some(({ isSurvivorsOnly }) => isSurvivorsOnly)) return { ...NONE, reason: 'survivors-only' };
  const sizes = model.sizes.length > 0 ? model.sizes.toReversed() : [SIZELESS];
  for (const size of sizes) {
    const scores = arms.flatMap(({ arm, scores }): GridScore[] =>
      scores
        .filter(({ n }) => n === size)
        .map(({ replicate, score }) => ({ levels: settings.get(arm.hash)!, replicate, score })),
    );
    const found = effectsOf(factors, scores, model.confidence);
    if (found !== null) return { n: model.sizes.length > 0 ? size : null, found, reason: null };
  }
  return { ...NONE, reason: 'no-whole-replicate' };
}

/** Without those that change nothing beside the others: they stand at their defaults. */
const withEffect = (params: ArmParams): ArmParams =>
  Object.fromEntries(Object.entries(params).filter(([name]) => hasEffect(params, name)));

/** All that some arm has, in the order in which labels name them. */
function settingNames(arms: readonly SweepArm[]): string[] {
  const names = new Set(arms.flatMap(({ arm }) => Object.keys(arm.params)));
  const label = ` ${arms[0]!.arm.label}`;
  const place = (name: string): number => label.indexOf(` ${name}=`);
  return [...names].sort((a, b) => place(a) - place(b));
}
