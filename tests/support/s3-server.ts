/** A real S3 server for tests: the Versity gateway over a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { packageRoot } from '../../src/paths.js';
import { choosePort } from '../../src/stack/ports.js';
import { until } from './wait.js';

const brought = spawnSync(process.execPath, [join(packageRoot, 'scripts', 'bring-s3-server.mjs')], {
  encoding: 'utf8',
});
const program = brought.stdout.trim();

/** Whether a server can be had: it is built with Go. A build that fails fails the tests. */
export const hasS3Server = program !== '' || brought.status !== 0;

export const BUCKET = 'elbow-tests';
const REGION = 'us-east-1';

export interface TestS3 {
  /** What a process needs to reach it, as Amazon's SDK reads it. */
  readonly env: {
    readonly AWS_ENDPOINT_URL_S3: string;
    readonly AWS_ACCESS_KEY_ID: string;
    readonly AWS_SECRET_ACCESS_KEY: string;
    readonly AWS_REGION: string;
  };
  /** As a client of its own sees it. */
  readonly client: S3Client;
  /** Where the gateway keeps an object. */
  objectFile(key: string): string;
  /** Ends the server without a word. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with what it had. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts a server with one empty bucket, and waits until it answers. */
export async function startTestS3(secret = 'elbow-secret'): Promise<TestS3> {
  if (brought.status !== 0) throw new Error(brought.stderr);
  const outer = mkdtempSync(join(tmpdir(), 'elbow-s3-'));
  const [root, sidecar] = [join(outer, 'objects'), join(outer, 'metadata')];
  mkdirSync(root);
  mkdirSync(sidecar);
  const port = await choosePort(new Set());
  const env = {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'elbow',
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_REGION: REGION,
  };
  // As elbow's own client is: see src/artifacts/s3.ts.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const client = new S3Client({
    endpoint: env.AWS_ENDPOINT_URL_S3,
    region: REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
  });
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const args = [
      '--port',
      `127.0.0.1:${port}`,
      '--region',
      REGION,
      '--quiet',
      'posix',
      '--sidecar',
      sidecar,
      root,
    ];
    child = spawn(program, args, {
      env: {
        ...process.env,
        ROOT_ACCESS_KEY_ID: env.AWS_ACCESS_KEY_ID,
        ROOT_SECRET_ACCESS_KEY: env.AWS_SECRET_ACCESS_KEY,
      },
      stdio: 'ignore',
    });
    await until('the S3 server to answer', () =>
      client.send(new ListBucketsCommand({})).then(
        () => true,
        () => false,
      ),
    );
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    env,
    client,
    objectFile: (key) => join(root, BUCKET, key),
    kill,
    start,
    remove: async () => {
      await kill();
      client.destroy();
      rmSync(outer, { recursive: true, force: true });
    },
  };
}
