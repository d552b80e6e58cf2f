import { expect, it } from 'vitest';
import { runTrainable, type TrainHooks } from '../../activities/trainables.js';
import { planTrials, parseSweep } from '../../src/spec/index.js';
import type { AttemptTask } from '../../src/storage/index.js';
import type { TrainJob } from '../../src/trainer/protocol.js';
import { train } from '../../src/training/index.js';
import { trainHooks, trainRequest } from '../support/training.js';

const hooks: TrainHooks = {
  signal: new AbortController().signal,
  onBegin: () => undefined,
  onEpoch: () => undefined,
  onStep: () => undefined,
  onLog: () => undefined,
  onEnvironment: () => undefined,
  onCheckpoint: () => undefined,
  flush: () => Promise.resolve(),
};

const unused = () => Promise.reject(new Error('no program is run here'));
const places = { data: '', models: '', checkpoints: '', checkpointSeconds: 1 };

it('a job has what its network is made of, through JSON as a process gets it', async () => {
  const spec = parseSweep(
    'name: a\nspace: { model: mine, epochs: 1 }\nnetworks: { mine: [global-average-pool, dense: classes] }',
    'f',
  );
  const { arm, samplesPerClass, replicate } = planTrials(spec)[0]!;
  const task: AttemptTask = {
    attemptId: 'x',
    attempt: 1,
    sweepId: 'y',
    sweepName: spec.name,
    trial: 0,
    armHash: arm.hash,
    armLabel: arm.label,
    params: arm.params,
    samplesPerClass,
    replicate,
    spec,
    lease: 1,
    earlierAttemptIds: [],
    checkpoint: null,
    failures: [],
  };
  const run = async (job: TrainJob) => {
    const { params, networks } = JSON.parse(JSON.stringify(job)) as TrainJob;
    return train(trainRequest(params, networks === undefined ? {} : { networks }), trainHooks());
  };
  const outcome = await runTrainable(task, hooks, { trainers: { run }, programs: { run: unused }, places });
  expect(outcome).toMatchObject({ status: 'succeeded', epochs: 1 });
});
