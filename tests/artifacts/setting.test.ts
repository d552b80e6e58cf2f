import { expect, it } from 'vitest';
import { readArtifactsSetting } from '../../src/artifacts/index.js';

it('is nothing by default', () => {
  expect(readArtifactsSetting({})).toBeNull();
  expect(readArtifactsSetting({ ELBOW_ARTIFACTS: '' })).toBeNull();
});

it.each([
  ['/mnt/elbow', '/mnt/elbow'],
  ['/mnt/elbow/', '/mnt/elbow'],
  ['file:///mnt/my%20share', '/mnt/my share'],
])('takes the folder %s', (text, path) => {
  expect(readArtifactsSetting({ ELBOW_ARTIFACTS: text })).toEqual({ kind: 'folder', path });
});

it.each([
  ['s3://bucket', 'bucket', ''],
  ['s3://bucket/', 'bucket', ''],
  ['s3://my.bucket/a/b/', 'my.bucket', 'a/b'],
])('takes %s of Amazon', (text, bucket, prefix) => {
  expect(readArtifactsSetting({ ELBOW_ARTIFACTS: text })).toEqual({
    kind: 's3',
    bucket,
    prefix,
    endpoint: null,
    pathStyle: false,
  });
});

it('puts the bucket into the path for a server of its own, unless it is told not to', () => {
  const read = (text: string, env: NodeJS.ProcessEnv) =>
    readArtifactsSetting({ ELBOW_ARTIFACTS: text, ...env });
  const general = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' };
  expect(read('s3://bucket', general)).toMatchObject({ endpoint: 'http://127.0.0.1:9000', pathStyle: true });
  const special = { ...general, AWS_ENDPOINT_URL_S3: 'https://s3.example' };
  expect(read('s3://bucket', special)).toMatchObject({ endpoint: 'https://s3.example', pathStyle: true });
  expect(read('s3://bucket?path-style=false', special)).toMatchObject({ pathStyle: false });
  expect(read('s3://bucket/a?path-style=true', {})).toMatchObject({ pathStyle: true, prefix: 'a' });
});

it.each([
  ['shared', 'relative path'],
  ['~/shared', 'relative path'],
  ['file:shared', 'begins with file:///'],
  ['file://host/shared', 'begins with file:///'],
  ['gs://bucket', 'no store of that kind'],
  ['s3://', 'cannot be the name of a bucket'],
  ['s3://[', 'Invalid URL'],
  ['s3:bucket', 'cannot be the name of a bucket'],
  ['s3://Bucket/x', 'cannot be the name of a bucket'],
  ['s3://b/x', 'cannot be the name of a bucket'],
  ['s3://bucket/a b', 'characters'],
  ['s3://bucket/a//b', 'characters'],
  ['s3://bucket?region=x', 'no option "region"'],
  ['s3://bucket?path-style=1', 'path-style takes true or false'],
  ['s3://bucket#x', 'what does "#x" mean'],
])('refuses %s and says why', (text, why) => {
  expect(() => readArtifactsSetting({ ELBOW_ARTIFACTS: text })).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringContaining(why),
      hint: expect.any(String),
    }),
  );
});

it('refuses credentials in the address, and does not show them', () => {
  const read = () => readArtifactsSetting({ ELBOW_ARTIFACTS: 's3://key:s3cret@bucket' });
  expect(read).toThrow(/AWS_ACCESS_KEY_ID/);
  expect(read).not.toThrow(/s3cret/);
});

it('refuses an endpoint that is no address', () => {
  const env = { ELBOW_ARTIFACTS: 's3://bucket', AWS_ENDPOINT_URL_S3: 'localhost:9000' };
  expect(() => readArtifactsSetting(env)).toThrow(/AWS_ENDPOINT_URL_S3.*localhost:9000/);
});
