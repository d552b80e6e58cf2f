/** What stores refuse, and what hangs. */
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkStore, modelKey } from '../../src/artifacts/index.js';
import { openFolder } from '../../src/artifacts/folder.js';
import { BUCKET, hasS3Server, startTestS3, type TestS3 } from '../support/s3-server.js';

const { signal } = new AbortController();
const key = modelKey('0'.repeat(64));
let scratch: string;
beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'elbow-refusals-'))));
afterEach(() => rmSync(scratch, { recursive: true }));

describe('a folder', () => {
  it('that is not there is not made: its mount may be missing', async () => {
    const root = join(scratch, 'mount');
    await expect(checkStore({ ELBOW_ARTIFACTS: root }, signal)).rejects.toMatchObject({
      code: 'artifacts-unreachable',
      hint: expect.stringContaining('mounted'),
    });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('that is a file is refused', async () => {
    const root = join(scratch, 'file');
    writeFileSync(root, '');
    await expect(openFolder(root, 'a').list('')).rejects.toMatchObject({ code: 'artifacts-refused' });
  });

  it('that works is found to work, and left as it was', async () => {
    expect(await checkStore({ ELBOW_ARTIFACTS: scratch }, signal)).toBe(scratch);
    expect(readdirSync(scratch, { recursive: true })).toEqual(['doctor']);
  });

  it('that hangs fails after the limit, and then at once, until it comes to itself', async () => {
    const store = openFolder(scratch, 'a', { limitMs: 50 });
    mkdirSync(join(scratch, 'a', 'models'), { recursive: true });
    // Whoever opens a pipe waits for somebody who writes into it.
    expect(spawnSync('mkfifo', [join(scratch, 'a', key)]).status).toBe(0);
    const get = () => store.get(key, join(scratch, 'got'));
    const hangs = { code: 'artifacts-unreachable' };
    const tries = await Promise.allSettled([get(), get()]);
    expect(tries).toMatchObject([
      { status: 'rejected', reason: hangs },
      { status: 'rejected', reason: hangs },
    ]);
    await expect(store.list('')).rejects.toThrow(/earlier calls hang/);
    const pipe = createWriteStream(join(scratch, 'a', key));
    pipe.end('what was not asked for');
    await expect
      .poll(
        () =>
          store.list('').then(
            () => 'answers',
            () => 'hangs',
          ),
        { timeout: 20_000 },
      )
      .toBe('answers');
  });
});

describe.runIf(hasS3Server)('a bucket', () => {
  let server: TestS3;
  const aws: NodeJS.ProcessEnv = {};
  beforeAll(async () => {
    server = await startTestS3();
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) aws[name] = process.env[name];
  });
  afterAll(() => server.remove());
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, aws);
  });
  const check = (changes: NodeJS.ProcessEnv, bucket = BUCKET) => {
    // The SDK reads the process's own.
    const env: NodeJS.ProcessEnv = { ...server.env, ...changes };
    for (const [name, value] of Object.entries(env)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    return checkStore({ ...env, ELBOW_ARTIFACTS: `s3://${bucket}/x` }, signal);
  };

  it('that works is found to work, also where no region is named', async () => {
    const place = `s3://${BUCKET}/x at ${server.env.AWS_ENDPOINT_URL_S3}`;
    expect(await check({})).toBe(place);
    expect(await check({ AWS_REGION: undefined, AWS_CONFIG_FILE: '/nowhere' })).toBe(place);
  });

  it.each([
    ['another password', { AWS_SECRET_ACCESS_KEY: 'wrong' }, BUCKET, /AWS_SECRET_ACCESS_KEY/],
    ['another user', { AWS_ACCESS_KEY_ID: 'nobody' }, BUCKET, /credentials/],
    ['no such bucket', {}, 'no-such-bucket', /no such bucket/],
  ])('refuses %s, and says what to do', async (_, changes, bucket, hint) => {
    await expect(check(changes, bucket)).rejects.toMatchObject({
      code: 'artifacts-refused',
      isRetryable: false,
      hint: expect.stringMatching(hint),
    });
  });

  it('is refused without credentials', async () => {
    const nothing = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const nowhere = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };
    await expect(check({ ...nothing, ...nowhere, AWS_EC2_METADATA_DISABLED: 'true' })).rejects.toMatchObject({
      code: 'artifacts-refused',
      hint: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    });
  });

  it('of Amazon is refused without a region', async () => {
    const env = { AWS_REGION: undefined, AWS_CONFIG_FILE: '/nowhere', AWS_ENDPOINT_URL_S3: undefined };
    await expect(check(env)).rejects.toMatchObject({
      code: 'artifacts-refused',
      hint: expect.stringContaining('AWS_REGION'),
    });
  });
});
