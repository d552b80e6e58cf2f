/** Made-up but plausible results, so that reports can be looked at without training anything. */
import { deriveSeed, uniforms } from '../../src/random.js';
import { buildReport, type ReportInput, type ReportModel } from '../../src/report/index.js';
import { parseSweep, planTrials } from '../../src/spec/index.js';
import type { PlannedTrial } from '../../src/spec/types.js';
import type { EpochMetrics, SweepRow, TrialResult } from '../../src/storage/storage.js';
import { milestones } from '../../src/training/milestones.js';

export interface FixtureOptions {
  readonly text: string;
  /** Changes the result of a trial. */
  readonly change?: (result: TrialResult, trial: PlannedTrial) => Partial<TrialResult>;
  readonly sweep?: Partial<SweepRow>;
  /** What a report is made of besides. */
  readonly besides?: Pick<ReportInput, 'asked' | 'correct' | 'confusions' | 'attempts'>;
}

const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 24, 12, 0, seconds));

/** A report of made-up results: saturating curves with noise, overfitting with few images. */
export function fixture({ text, change, sweep: row, besides }: FixtureOptions): ReportModel {
  const spec = parseSweep(text, 'fixture.yaml');
  const plan = planTrials(spec);
  const armIndex = new Map<string, number>();
  const epochs: (EpochMetrics & { trial: number })[] = [];
  const results = plan.map((trial): TrialResult => {
    const arm = armIndex.get(trial.arm.hash) ?? armIndex.size;
    armIndex.set(trial.arm.hash, arm);
    const noise = uniforms(4, deriveSeed(spec.seed, trial.replicate, 'noop', trial.number));
    const n = trial.samplesPerClass ?? 5000;
    const isNoop = spec.trainable.kind === 'noop';
    const slow = 25 + 12 * (arm % 12);
    const smooth = 0.1 + 0.62 * (1 - (1 + n / slow) ** -0.35) - 0.004 * arm;
    const test = Math.max(0.08, smooth + 0.06 * (noise[0]! - 0.5));
    const train = Math.min(1, test + 0.3 * (1 + n / 400) ** -0.4);
    const ended = 6 + Math.round(8 * noise[1]!);
    const own: EpochMetrics[] = [];
    if (!isNoop) {
      for (let epoch = 1; epoch <= ended; epoch++) {
        const trainLoss = 2.3 * Math.exp(-epoch / 6) + 0.1 + 0.05 * noise[2]!;
        own.push({
          epoch,
          trainLoss,
          trainAccuracy: Math.min(1, train * (1 - Math.exp(-epoch / 4))),
          valLoss: 1.4 + 0.9 * Math.exp(-epoch / 3) + (0.02 + 4 / n) * epoch,
          valAccuracy: test * (1 - Math.exp(-epoch / 3)),
          learningRate: 0.001,
          seconds: n / 3000,
        });
      }
    }
    epochs.push(...own.map((epoch) => ({ trial: trial.number, ...epoch })));
    const metrics: Record<string, number> = isNoop ? {} : milestones(own, Math.ceil(n / 8));
    const quick = metrics['epochs_to_90_percent'];
    const result: TrialResult = {
      sweep: spec.name,
      trial: trial.number,
      armHash: trial.arm.hash,
      armLabel: trial.arm.label,
      params: trial.arm.params,
      samplesPerClass: trial.samplesPerClass,
      replicate: trial.replicate,
      attempt: 1,
      status: 'succeeded',
      epochs: isNoop ? 0 : ended,
      bestEpoch: isNoop ? null : ended - 3,
      trainLoss: isNoop ? null : 0.4,
      valLoss: isNoop ? null : 1.5,
      testLoss: isNoop ? null : 1.6,
      trainAccuracy: isNoop ? null : train,
      valAccuracy: isNoop ? null : test + 0.02 * (noise[3]! - 0.5),
      testAccuracy: isNoop ? null : test,
      objective: isNoop ? noise[0]! : test + 0.02 * (noise[3]! - 0.5),
      metrics,
      secondsTo90Percent: quick === undefined ? null : (quick * n) / 3000,
      seconds: 1 + n / 40,
      imagesPerSecond: isNoop ? null : 2900 + 300 * noise[2]!,
      diagnosis: null,
      findings: [],
      weights: null,
      worker: 'lab-2:4711',
      failureCode: null,
      failureMessage: null,
      startedAt: at(trial.number * 5),
      finishedAt: at(trial.number * 5 + 4),
    };
    return { ...result, ...change?.(result, trial) };
  });
  return buildReport({
    sweep: {
      id: 'b7c4',
      name: spec.name,
      status: 'finished',
      spec,
      source: text,
      concurrency: 2,
      server: null,
      createdAt: at(0),
      startedAt: at(1),
      finishedAt: at(247),
      ...row,
    },
    results,
    epochs,
    attempts: [
      {
        trials: plan.length,
        host: 'lab-2',
        environment: {
          elbowVersion: '0.1.0',
          gitCommit: '3606d65',
          node: 'v20.20.2',
          tensorflow: '2.21.0',
          device: 'cpu',
          dataDigest: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
          threads: 1,
          cpuFeatures: 'avx avx2 fma',
        },
      },
    ],
    madeAt: at(300),
    elbowVersion: '0.1.0',
    ...besides,
  });
}

export const quickstart = `# The learning curve of the LeNet.
name: quickstart
replicates: 3
space: { samplesPerClass: [10, 20, 50, 100, 200, 500, 1000] }
report: { target: 0.6 }
`;
export const threeArms = `name: optimizers
replicates: 3
space:
  samplesPerClass: [20, 50, 100, 200, 500]
  optimizer: [adam, sgd]
  batchNorm: [true, false]
`;
export const manyArms = `name: large-grid
replicates: 2
space:
  samplesPerClass: [10, 50, 200, 1000]
  optimizer: [adam, sgd]
  batchNorm: [true, false]
  learningRate: [0.01, 0.003, 0.001]
  dropout: [0, 0.1, 0.2, 0.5]
`;
export const noop = `name: wait
trainable: { noop: { seconds: 0 } }
replicates: 4
space: { color: [red, green, blue], shape: [round, square] }
`;

export const program = `name: own-program
replicates: 3
trainable: { command: [python3, train.py, "--rate={rate}"], cwd: /sweeps }
space: { rate: [0.1, 0.2], samplesPerClass: [10, 100, 1000] }
objective: { metric: val_accuracy }
`;

/** How much of the accuracy a rate leaves: all at the middle one of three, less beside it; guessing at 3. */
const suited: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  sgd: { 0.01: 0.7, 0.03: 0.9, 0.1: 1.04 },
  adadelta: { 0.3: 0.99, 1: 0.95, 3: 0 },
  adam: { 0.0003: 0.9, 0.001: 1, 0.003: 0.8 },
};

/** As a sweep looks in which each optimizer has its own rates; 36 arms. */
export const manyRates: FixtureOptions = {
  text: `name: best-rates
replicates: 3
space: { samplesPerClass: 500, loss: [cross-entropy, mse], batchNorm: [true, false], batchSize: 64 }
arms:
  - { optimizer: sgd, learningRate: [0.01, 0.03, 0.1] }
  - { optimizer: adadelta, learningRate: [0.3, 1, 3] }
  - { optimizer: adam, learningRate: [0.0003, 0.001, 0.003] }
`,
  change: ({ params }, trial) => {
    const [noise] = uniforms(1, deriveSeed(1, trial.replicate, 'noop', trial.number));
    const share = suited[String(params['optimizer'])]![String(params['learningRate'])]!;
    const isBest = params['loss'] === 'cross-entropy' && params['batchNorm'] === true;
    const test = 0.1 + share * (0.36 + (isBest ? 0.06 : 0)) + 0.02 * (noise! - 0.5);
    return {
      testAccuracy: test,
      valAccuracy: test + 0.004,
      objective: test + 0.004,
      trainAccuracy: test + 0.2,
    };
  },
};

const limited = [
  { code: 'epoch-limit', evidence: 'All 50 epochs were used up; the best one was the last.', remedies: [] },
  {
    code: 'overfitting',
    evidence: 'The accuracy is 0.900 on 8,000 training images and 0.500 on 10,000 test images.',
    remedies: ['samplesPerClass: a larger size – more', 'dropout: 0.5 – less'],
  },
];

/** As a sweep looks in which trials failed, were cancelled, diverged or still run. */
export const troubled: FixtureOptions = {
  text: quickstart.replace('quickstart', 'troubled').replace('[10,', '[2, 10,'),
  sweep: { status: 'running', finishedAt: null },
  change: (_, trial) => {
    const none = {
      testAccuracy: null,
      trainAccuracy: null,
      valAccuracy: null,
      objective: null,
      epochs: 0,
      bestEpoch: null,
    };
    switch (trial.number) {
      case 3:
        return {
          ...none,
          status: 'failed',
          failureCode: 'out-of-memory',
          failureMessage: 'the trial needed more than 512 MiB <script>alert(1)</script>',
        };
      case 6:
        return {
          ...none,
          status: 'failed',
          failureCode: 'data-missing',
          failureMessage: 'there is no data_batch_1.bin in data/cifar10',
        };
      case 10:
        return {
          diagnosis: 'diverged',
          findings: [
            {
              code: 'diverged',
              evidence: 'The loss stopped being a number in epoch 3 <b>.',
              remedies: ['learningRate: 0.0001 – a tenth of the rate', 'clipNorm: 1 – a limit'],
            },
            {
              code: 'exploding-gradients',
              evidence: 'At step 5 the gradient had the length 4.1e+12.',
              remedies: ['clipNorm: 1 – a limit'],
              layers: [
                {
                  layer: '0.conv',
                  gradientFirst: 0.51234,
                  gradientLast: 4.1e12,
                  weightFirst: 3,
                  weightLast: 2,
                  units: 20,
                  dead: 19,
                },
                {
                  layer: '8.dense',
                  gradientFirst: null,
                  gradientLast: null,
                  weightFirst: null,
                  weightLast: null,
                  units: null,
                  dead: null,
                },
              ],
            },
          ],
        };
      case 12:
        return { attempt: 2 };
      case 23:
        return { ...none, status: 'queued', startedAt: null, finishedAt: null, seconds: null };
      case 22:
        return { ...none, status: 'running', finishedAt: null, seconds: null, epochs: 4 };
      default:
        return trial.samplesPerClass === 1000
          ? { epochs: 50, diagnosis: 'epoch-limit', findings: limited }
          : {};
    }
  },
};
