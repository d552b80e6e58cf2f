import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { describe } from 'vitest';
import { BUCKET, hasS3Server, startTestS3 } from '../support/s3-server.js';
import { artifactsContract } from './artifacts.js';

artifactsContract('A shared folder', async () => {
  const outer = mkdtempSync(join(tmpdir(), 'elbow-folder-'));
  const root = join(outer, 'mount');
  mkdirSync(root);
  return {
    env: { ELBOW_ARTIFACTS: root },
    contentFile: (path) => join(root, path),
    beginDraft: async (path) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, `${path}.12345`), 'half of it');
    },
    takeAway: async () => renameSync(root, `${root}.away`),
    bringBack: async () => renameSync(`${root}.away`, root),
    remove: async () => rmSync(outer, { recursive: true, force: true }),
  };
});

// Without Go there is no server to try it on.
describe.runIf(hasS3Server)('with an S3 server', () => {
  artifactsContract('A bucket of an S3 server', async () => {
    const server = await startTestS3();
    Object.assign(process.env, server.env);
    return {
      env: { ...server.env, ELBOW_ARTIFACTS: `s3://${BUCKET}/some/prefix` },
      contentFile: (path) => server.objectFile(`some/prefix/${path}`),
      beginDraft: async (path) => {
        await server.client.send(
          new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: `some/prefix/${path}` }),
        );
      },
      takeAway: () => server.kill(),
      bringBack: () => server.start(),
      remove: async () => {
        await server.remove();
        for (const name of Object.keys(server.env)) delete process.env[name];
      },
    };
  });
});
