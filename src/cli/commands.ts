/** The commands by name. Their files are loaded when they are run, so that `elbow --help` loads none of them. */
import type { CommandModule } from './command.js';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ command: CommandModule }>;
}

/** Groups of `elbow --help`, in order, with their commands. */
export const COMMAND_GROUPS: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Local stack:': {
    up: {
      summary: 'bring and start Temporal, Postgres and a worker',
      load: () => import('./commands/up.js'),
    },
    down: { summary: 'stop the local stack', load: () => import('./commands/down.js') },
    status: { summary: 'what is up, and where', load: () => import('./commands/status.js') },
    doctor: { summary: 'what is wrong, and what to do', load: () => import('./commands/doctor.js') },
  },
  'Sweeps:': {
    run: { summary: 'run a sweep file or a preset', load: () => import('./commands/run.js') },
    augment: {
      summary: 'draw what augmentation makes of images',
      load: () => import('./commands/augment.js'),
    },
    watch: { summary: 'follow a sweep until it ends', load: () => import('./commands/watch.js') },
    pause: { summary: 'start nothing new of a sweep', load: () => import('./commands/pause.js') },
    resume: { summary: 'let a paused sweep go on', load: () => import('./commands/resume.js') },
    concurrency: {
      summary: 'how many trials of a sweep may run at once',
      load: () => import('./commands/concurrency.js'),
    },
    cancel: {
      summary: 'stop a sweep, and keep what it has',
      load: () => import('./commands/cancel.js'),
    },
    extend: {
      summary: 'more sizes, arms or replicates of a sweep',
      load: () => import('./commands/extend.js'),
    },
    rerun: { summary: 'run failed trials again', load: () => import('./commands/rerun.js') },
    gc: { summary: 'delete files that no sweep needs', load: () => import('./commands/gc.js') },
    rm: { summary: 'delete a sweep and its results', load: () => import('./commands/rm.js') },
  },
  'Results:': {
    list: { summary: 'all sweeps', load: () => import('./commands/list.js') },
    show: { summary: 'one sweep, by arm and size', load: () => import('./commands/show.js') },
    trial: { summary: 'one trial, with its epochs', load: () => import('./commands/trial.js') },
    logs: { summary: 'what a trial printed', load: () => import('./commands/logs.js') },
    predict: {
      summary: 'what a trained network makes of your pictures',
      load: () => import('./commands/predict.js'),
    },
    report: {
      summary: 'write the report: page, pictures, tables',
      load: () => import('./commands/report.js'),
    },
    fit: {
      summary: 'a learning curve from a CSV file of anyone’s scores',
      load: () => import('./commands/fit.js'),
    },
    export: {
      summary: 'a trained network for TensorFlow.js, Keras and others',
      load: () => import('./commands/export.js'),
    },
    query: { summary: 'ask the results in SQL', load: () => import('./commands/query.js') },
  },
  'What there is:': {
    presets: { summary: 'sweeps that come with elbow', load: () => import('./commands/presets.js') },
    models: { summary: 'networks, layer by layer', load: () => import('./commands/models.js') },
    datasets: {
      summary: 'data sets, and whether they are there',
      load: () => import('./commands/datasets.js'),
    },
    schema: {
      summary: 'the JSON Schema of sweep files, for editors',
      load: () => import('./commands/schema.js'),
    },
  },
  'Own servers:': {
    init: {
      summary: 'prepare a Temporal namespace and a database',
      load: () => import('./commands/init.js'),
    },
    migrate: {
      summary: 'bring the database to the newest schema',
      load: () => import('./commands/migrate.js'),
    },
    workers: { summary: 'which there are, and what each runs', load: () => import('./commands/workers.js') },
    worker: { summary: 'run trials of a pool on this machine', load: () => import('./commands/worker.js') },
  },
};
