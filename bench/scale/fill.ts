/** Fills a database with sweeps that have ended: planned as they are by elbow, with outcomes that look like real ones. */
import type pg from 'pg';
import { loadSweep, planTrials } from '../../src/spec/index.js';
import { connectStorage } from '../../src/storage/index.js';

/** A grid of arms as people write them; sizes and replicates make the rest. */
const space = (arms: 'many' | 'few'): string =>
  arms === 'few'
    ? '{ samplesPerClass: [10, 100, 1000], optimizer: [adam, sgd], batchNorm: [true, false] }'
    : `{
  samplesPerClass: [10, 20, 50, 100, 200, 500, 1000, 2000, 4000, 5000],
  optimizer: [adam, sgd, momentum, nesterov, rmsprop], learningRate: [0.0001, 0.0003, 0.001, 0.003, 0.01],
  dropout: [0, 0.2, 0.4, 0.5], loss: [cross-entropy, mse, mae, hinge, focal], batchNorm: [true, false]
}`;

/**
 * A sweep file of a built-in training.
 * @param replicates with `many` arms each is 10,000 trials, with `few` twelve
 */
export const builtinSweep = (name: string, arms: 'many' | 'few', replicates: number): string =>
  `name: ${name}\nreplicates: ${replicates}\nspace: ${space(arms)}\n`;

/** Outcomes by trial: a score that grows with the size, some failures, some findings, the answers to 10,000 test images. */
const OUTCOMES = `
with facts as (
  select a.id, t.number, coalesce(t.samples_per_class, 5000) as n,
    (t.params ->> 'epochs')::int as most, 4 + (hashtext(a.id::text) & 7) as epochs,
    (hashtext(a.id::text) & 1023) / 1023.0 as luck, (hashtext(t.arm_hash) & 1023) / 1023.0 as arm
  from trial_attempts a join trials t on t.id = a.trial_id
  where t.sweep_id = $1 and t.number >= $2 and t.number < $3),
scores as (
  select *, least(0.95, 0.12 + 0.09 * ln(n) / ln(2) * (0.6 + 0.3 * arm) * 0.8 + 0.02 * luck) as score from facts)
update trial_attempts a set
  status = case when s.number % 500 = 17 then 'failed' else 'succeeded' end, lease = 1, worker_id = 'bench:' || s.number % 8,
  host = 'bench', elbow_version = '0.1.0', node = 'v20.20.2', tensorflow = '2.21.0', device = 'cpu', threads = 1,
  cpu_features = 'avx avx2 fma', data_digest = repeat('0', 64), epochs = s.epochs,
  best_epoch = case when s.number % 500 = 17 then null else s.epochs - 3 end,
  train_loss = 2 * (1 - s.score), val_loss = 2.2 * (1 - s.score), test_loss = 2.3 * (1 - s.score),
  train_accuracy = case when s.number % 500 = 17 then null else least(1, s.score + 0.1) end,
  val_accuracy = case when s.number % 500 = 17 then null else s.score + 0.01 * (s.luck - 0.5) end,
  test_accuracy = case when s.number % 500 = 17 then null else s.score end,
  objective = case when s.number % 500 = 17 then null else s.score + 0.01 * (s.luck - 0.5) end,
  metrics = case when s.number % 500 = 17 then '{}' else jsonb_build_object('test_log_loss', 2.3 * (1 - s.score),
    'test_top5_accuracy', 0.93, 'steps_to_90_percent', 40 * (s.epochs - 3), 'epochs_to_90_percent', s.epochs - 3,
    'test_calibration_error', 0.05 + 0.05 * s.luck) end,
  seconds = 2 + s.n * 0.01, images_per_second = 5000 + 500 * s.luck,
  diagnosis = case when s.number % 500 = 17 or s.number % 3 = 0 then null else 'overfitting' end,
  findings = case when s.number % 500 = 17 or s.number % 3 = 0 then '[]'::jsonb else jsonb_build_array(jsonb_build_object(
    'code', 'overfitting', 'evidence', format('The accuracy is %s on %s training images and %s on 10,000 test images: a gap of 0.100 (99 %% interval 0.081 to 0.119).',
      round((s.score + 0.1)::numeric, 3), s.n * 8, round(s.score::numeric, 3)),
    'remedies', jsonb_build_array('flip: true – twice the images that the network may meet', 'dropout: 0.2 – units that cannot rely on each other',
      'weightDecay: 0.0001 – weights are kept small', 'samplesPerClass: 2000 – more images'))) end,
  failure_code = case when s.number % 500 = 17 then 'trainer-crashed' end,
  failure_message = case when s.number % 500 = 17 then 'the trainer was ended by SIGKILL, which is what a machine without memory does' end,
  confusion = case when s.number % 500 = 17 then null else jsonb_build_object(
    'classes', jsonb_build_array('airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'),
    'counts', (select jsonb_agg(row order by i) from (
      select i, jsonb_agg(case when i = j then (1000 * s.score)::int else ((1000 - 1000 * s.score) / 9)::int + (i + 3 * j) % 5 - 2 end order by j) as row
      from generate_series(0, 9) i, generate_series(0, 9) j group by i) counts)) end,
  test_correct = case when s.number % 500 = 17 then null else decode((select string_agg(md5(a.id::text || i), '') from generate_series(1, 78) i) || '0000', 'hex') end,
  weights = case when s.number % 500 = 17 then null else encode(sha256(a.id::text::bytea), 'hex') end,
  queued_at = now() - interval '1 day', started_at = now() - interval '1 day' + s.number * interval '0.5 second',
  finished_at = now() - interval '1 day' + (s.number + 4) * interval '0.5 second'
from scores s where a.id = s.id`;

const EPOCHS = `
insert into trial_epochs (attempt_id, lease, epoch, train_loss, train_accuracy, val_loss, val_accuracy, learning_rate, seconds)
select a.id, 1, e, a.train_loss * (1 + 1.0 / e), coalesce(a.train_accuracy, 0.1) * (1 - 0.5 / e), a.val_loss * (1 + 0.8 / e),
  coalesce(a.val_accuracy, 0.1) * (1 - 0.4 / e), 0.001, a.seconds / a.epochs
from trial_attempts a join trials t on t.id = a.trial_id cross join lateral generate_series(1, a.epochs) e
where t.sweep_id = $1 and t.number >= $2 and t.number < $3`;

const LOGS = `
insert into trial_logs (attempt_id, lease, index, at, stream, text)
select a.id, 1, i, a.started_at + i * interval '0.1 second', 'elbow',
  format('epoch %s: loss 1.234, accuracy 0.567, validation loss 1.345, accuracy 0.543', i + 1)
from trial_attempts a join trials t on t.id = a.trial_id cross join lateral generate_series(0, a.epochs - 1) i
where t.sweep_id = $1 and t.number >= $2 and t.number < $3`;

const FAILURES = `
insert into trial_failures (attempt_id, lease, code, message, worker_id, host, epochs)
select a.id, 1, a.failure_code, a.failure_message, a.worker_id, a.host, a.epochs
from trial_attempts a join trials t on t.id = a.trial_id
where t.sweep_id = $1 and t.number >= $2 and t.number < $3 and a.status = 'failed'`;

/** Trials of one statement. */
const CHUNK = 10_000;

/**
 * Plans a sweep as `plan` does, and ends its trials.
 * @param open the last so many trials stay queued, and the sweep `running`
 * @returns trials, and seconds of the planning alone
 */
export async function fillSweep(
  client: pg.Client,
  url: string,
  file: string,
  open: number,
): Promise<{ trials: number; planSeconds: number }> {
  const storage = await connectStorage({ url });
  try {
    const { spec, source } = await loadSweep(file, {});
    const began = performance.now();
    const { sweep } = await storage.createSweep(spec, source);
    const trials = planTrials(spec);
    await storage.addTrials(sweep.id, trials);
    const planSeconds = (performance.now() - began) / 1000;
    for (let first = 0; first < trials.length - open; first += CHUNK) {
      const range = [sweep.id, first, Math.min(first + CHUNK, trials.length - open)];
      for (const statement of [OUTCOMES, EPOCHS, LOGS, FAILURES]) await client.query(statement, range);
    }
    await storage.moveSweep(sweep.id, ['planning'], 'running');
    if (open === 0) await storage.moveSweep(sweep.id, ['running'], 'finished');
    return { trials: trials.length, planSeconds };
  } finally {
    await storage.close();
  }
}
