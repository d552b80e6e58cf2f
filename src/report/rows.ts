/** Trials, failures and environments as a report lists them. Pure. */
import { ERROR_CODES, isErrorCode } from '../errors.js';
import { groupBy } from '../group-by.js';
import type { AttemptPlace, Environment, EpochMetrics, TrialResult } from '../storage/storage.js';
import type { EnvironmentReport, FailureGroup, Quickness, TrialReport } from './types.js';

/** A trial without what the report says once for all. */
export function trialReport(result: TrialResult, quickness: Quickness | null): TrialReport {
  return {
    trial: result.trial,
    arm: result.armLabel,
    armHash: result.armHash,
    params: result.params,
    samplesPerClass: result.samplesPerClass,
    replicate: result.replicate,
    attempt: result.attempt,
    status: result.status,
    epochs: result.epochs,
    bestEpoch: result.bestEpoch,
    trainLoss: result.trainLoss,
    valLoss: result.valLoss,
    testLoss: result.testLoss,
    trainAccuracy: result.trainAccuracy,
    valAccuracy: result.valAccuracy,
    testAccuracy: result.testAccuracy,
    objective: result.objective,
    metrics: result.metrics,
    seconds: result.seconds,
    imagesPerSecond: result.imagesPerSecond,
    quickness,
    diagnosis: result.diagnosis,
    worker: result.worker,
    failureCode: result.failureCode,
    failureMessage: result.failureMessage,
    startedAt: result.startedAt?.toISOString() ?? null,
    finishedAt: result.finishedAt?.toISOString() ?? null,
  };
}

/** Failed trials by code, the most frequent first. */
export function failureGroups(results: readonly TrialResult[]): FailureGroup[] {
  const failed = results.filter((result) => result.status === 'failed');
  const groups = [...groupBy(failed, (result) => result.failureCode ?? 'bug')];
  return groups
    .map(([code, own]) => ({
      code,
      meaning: isErrorCode(code) ? ERROR_CODES[code].meaning : 'no code that this version of elbow knows',
      trials: own.map((result) => result.trial).sort((a, b) => a - b),
      messages: [...groupBy(own, (result) => result.failureMessage ?? 'no message')]
        .sort(([, a], [, b]) => b.length - a.length)
        .map(([message]) => message),
    }))
    .sort((a, b) => b.trials.length - a.trials.length);
}

/** Different environments, the most frequent first. */
export function environmentReports(attempts: readonly AttemptPlace[]): EnvironmentReport[] {
  return [...groupBy(attempts, ({ environment }) => Object.values(keysOf(environment)).join('\n')).values()]
    .map((own) => ({
      ...keysOf(own[0]!.environment),
      trials: own.reduce((sum, { trials }) => sum + trials, 0),
      hosts: [...new Set(own.flatMap(({ host }) => host ?? []))].sort(),
    }))
    .sort((a, b) => b.trials - a.trials);
}

/** An environment with nothing but its keys, in one order. */
function keysOf(environment: Environment): Environment {
  const { elbowVersion, gitCommit, node, tensorflow, device, dataDigest, threads, cpuFeatures } = environment;
  const { trainingVersion } = environment;
  return {
    elbowVersion,
    gitCommit,
    node,
    tensorflow,
    device,
    dataDigest,
    threads,
    cpuFeatures,
    ...(trainingVersion === undefined ? {} : { trainingVersion }),
  };
}

/** Metrics of an epoch with nothing but their keys. */
export function epochMetrics(epoch: EpochMetrics): EpochMetrics {
  return {
    epoch: epoch.epoch,
    trainLoss: epoch.trainLoss,
    trainAccuracy: epoch.trainAccuracy,
    valLoss: epoch.valLoss,
    valAccuracy: epoch.valAccuracy,
    learningRate: epoch.learningRate,
    seconds: epoch.seconds,
  };
}
