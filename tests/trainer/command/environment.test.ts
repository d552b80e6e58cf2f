import { expect, it } from 'vitest';
import { commandEnvironment } from '../../../src/trainer/command/environment.js';

const job = {
  trainable: { kind: 'command' as const, command: ['x'], cwd: '/', env: { MINE: '1', PYTHONUNBUFFERED: '' } },
  about: {
    sweep: 's',
    arm: 'a',
    trial: 0,
    attempt: 1,
    replicate: 0,
    seed: 1,
    samplesPerClass: null,
    threads: 4,
  },
};
const paths = { params: '/p', folder: '/f' };

it('is the worker’s, without elbow’s servers and what looks like a secret', () => {
  const env = commandEnvironment(
    {
      PATH: '/bin',
      HOME: '/home/me',
      CUDA_VISIBLE_DEVICES: '1',
      TOKENIZERS_PARALLELISM: 'false',
      SSH_AUTH_SOCK: '/run/agent',
      HTTP_PROXY: 'http://proxy:3128',
      ELBOW_STACK_PART: 'worker /home',
      DATABASE_URL: 'postgresql://db/elbow',
      ELBOW_READER_URL: 'postgresql://db/elbow',
      ELBOW_HOME: '/elbow',
      TEMPORAL_ADDRESS: 'x:7233',
      TEMPORAL_API_KEY: 'k',
      PGPASSWORD: 'p',
      POSTGRES_PASSWORD: 'p',
      WANDB_API_KEY: 'k',
      HF_TOKEN: 't',
      GITHUB_TOKEN: 't',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_ACCESS_KEY_ID: 'i',
      my_secret: 's',
      HFTOKEN: 't',
      STRIPE_KEY: 'k',
      GH_PAT: 'p',
      SMTP_PASS: 'p',
      DB_PWD: 'p',
      PWD: '/here',
      REDIS_URL: 'redis://:hunter2@cache:6379',
    },
    job,
    paths,
  );
  expect(env).toEqual({
    PATH: '/bin',
    HOME: '/home/me',
    CUDA_VISIBLE_DEVICES: '1',
    TOKENIZERS_PARALLELISM: 'false',
    SSH_AUTH_SOCK: '/run/agent',
    HTTP_PROXY: 'http://proxy:3128',
    PWD: '/here',
    ELBOW_STACK_PART: 'worker /home',
    PYTHONUNBUFFERED: '',
    OMP_NUM_THREADS: '4',
    MINE: '1',
    ELBOW_SWEEP: 's',
    ELBOW_TRIAL: '0',
    ELBOW_ATTEMPT: '1',
    ELBOW_REPLICATE: '0',
    ELBOW_SEED: '1',
    ELBOW_PARAMS: '/p',
    ELBOW_FOLDER: '/f',
  });
});

it('holds the secrets that its worker names, and never those of elbow’s servers', () => {
  const env = commandEnvironment(
    {
      ELBOW_PASS_ENV: 'WANDB_API_KEY, HF_TOKEN,TEMPORAL_API_KEY,DATABASE_URL',
      WANDB_API_KEY: 'k',
      HF_TOKEN: 't',
      OTHER_TOKEN: 'o',
      TEMPORAL_API_KEY: 'k',
      DATABASE_URL: 'd',
    },
    job,
    paths,
  );
  expect(env).toMatchObject({ WANDB_API_KEY: 'k', HF_TOKEN: 't' });
  expect(Object.keys(env).filter((name) => /OTHER|TEMPORAL|DATABASE|PASS_ENV/.test(name))).toEqual([]);
});
