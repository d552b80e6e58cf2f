/**
 * By what workers of different builds of elbow are told apart: two that have equal training versions give equal bits on equal
 * machines, two that have equal workflow versions run the same workflow code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { elbowVersion, packageRoot } from './paths.js';

/** The code that runs workflows. */
export interface WorkflowVersion {
  /** Elbow's version and a digest: `0.1.0-a1b2c3d4e5f6`. */
  readonly id: string;
  /** `0.1.0` */
  readonly elbow: string;
  /** Milliseconds since 1970. */
  readonly builtAt: number;
}

export interface Versions {
  /** Digest of all that decides the bits of a training but the machine, 12 hex digits. */
  readonly training: string;
  readonly workflows: WorkflowVersion;
}

/** What scripts/build.mjs writes. */
interface BuildStamp {
  readonly builtAt?: string;
  readonly training?: string;
  readonly workflows?: string;
}

/** Those of the build as it is now. One that lies on a disk without its stamp is known by elbow's version alone. */
export function readVersions(): Versions {
  let stamp: BuildStamp = {};
  try {
    stamp = JSON.parse(readFileSync(join(packageRoot, 'dist', 'build.json'), 'utf8')) as BuildStamp;
  } catch {
    // It is being built, or was built by other means.
  }
  const { training = elbowVersion, workflows, builtAt } = stamp;
  return {
    training,
    workflows: {
      id: workflows === undefined ? elbowVersion : `${elbowVersion}-${workflows}`,
      elbow: elbowVersion,
      builtAt: builtAt === undefined ? 0 : Date.parse(builtAt),
    },
  };
}

/**
 * Which of two is newer: by elbow's version; of equal ones, that which was built later.
 * @returns negative when `a` is older, 0 for one and the same
 */
export function compareVersions(a: WorkflowVersion, b: WorkflowVersion): number {
  if (a.id === b.id) return 0;
  return compareNumbers(a.elbow, b.elbow) || a.builtAt - b.builtAt || (a.id < b.id ? -1 : 1);
}

/** `1.10.0` comes after `1.9.2`, and `1.10.0` after `1.10.0-beta.1`. */
function compareNumbers(a: string, b: string): number {
  const [numbersOfA, numbersOfB] = [a, b].map((text) => text.split('-')[0]!.split('.').map(Number));
  for (const [i, n] of numbersOfA!.entries()) {
    const difference = n - (numbersOfB![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.includes('-')) - Number(a.includes('-'));
}
