/** More replicates for a sweep whose intervals are too wide still. */
import { setImmediate } from 'node:timers/promises';
import { collectLook, lookAt } from '../src/report/index.js';
import { extendSweep } from '../src/spec/index.js';
import type { Storage } from '../src/storage/index.js';

/**
 * Looks at a sweep with `until` once all its trials have ended, and stores what was decided with what was added.
 * @returns whether trials were added
 */
export async function lookUntil(storage: Storage, sweepId: string): Promise<boolean> {
  const sweep = await storage.getSweep(sweepId);
  if (sweep.spec.until === undefined) return false;
  const { queued, running } = await storage.countTrials(sweepId);
  if (queued + running > 0) return false;
  const input = await collectLook(storage, sweep, new Date());
  // Heartbeats of other sweeps' trials go on between fits.
  const decision = await lookAt(input, () => setImmediate());
  if (decision === null) return false;
  if (decision.added === 0) {
    await storage.decide(sweepId, decision, null);
    return false;
  }
  const arms = new Map(input.arms.map((arm) => [arm.armHash, arm]));
  const existing = input.figures.map(({ trial, armHash, samplesPerClass, replicate }) => {
    // Of every arm there is a trial.
    const { params, armLabel: label } = arms.get(armHash)!;
    return { number: trial, arm: { hash: armHash, params, label }, samplesPerClass, replicate };
  });
  const extended = extendSweep(sweep.spec, { replicates: sweep.spec.replicates + decision.added }, existing);
  return storage.decide(sweepId, decision, { ...extended, before: existing.length });
}
