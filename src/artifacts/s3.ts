/** A bucket of Amazon S3, or of a server that speaks its language, as an artifact store. */
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import type {
  ListMultipartUploadsCommandInput,
  ListMultipartUploadsCommandOutput,
  MultipartUpload,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import pMap from 'p-map';
import { ElbowError } from '../errors.js';
import { damaged, receive } from './files.js';
import { digestIn, digestOf } from './keys.js';
import { s3Error } from './s3-errors.js';
import type { ArtifactsSetting } from './setting.js';
import type { Artifact, ArtifactStore, Draft } from './store.js';

/** Up to this size a file is one request, which is whole or nothing; larger ones are put together from parts of it. */
const PART_BYTES = 16 * 1024 * 1024;
/** Parts at once, each in memory. */
const PARTS_AT_ONCE = 2;
const DELETES_AT_ONCE = 8;
/** A server that is there takes milliseconds to connect to. */
const CONNECT_LIMIT_MS = 5_000;
/** Without a byte either way; a server that puts an object together from parts may be silent for seconds. */
const SILENCE_LIMIT_MS = 60_000;
/** Where nobody names a region: servers of one's own rarely care. */
const ANY_REGION = 'us-east-1';
/** Between the key and the id in the name of an upload that was begun. */
const ID = '?uploadId=';

type S3Setting = Extract<ArtifactsSetting, { kind: 's3' }>;

/**
 * @param space first part of all keys, below the setting's prefix
 * @throws ElbowError `artifacts-refused` where no region is named, and no server of one's own
 */
export async function openS3(setting: S3Setting, space: string): Promise<ArtifactStore> {
  const { bucket } = setting;
  const base = [setting.prefix, space].filter((part) => part !== '').join('/');
  const place = `s3://${bucket}/${base}`;
  const client = await clientOf(setting);
  const inBucket = (key: string): { Bucket: string; Key: string } => ({
    Bucket: bucket,
    Key: `${base}/${key}`,
  });
  const fromBucket = (key: string): string => key.slice(base.length + 1);

  const ask = async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Error(place, error);
    }
  };
  const options = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

  return {
    place,

    put: async (key, file, signal) => {
      // Errors of this machine's own file are no errors of the store.
      const handle = await open(file, 'r');
      try {
        const source = handle.createReadStream({ autoClose: false });
        await ask(async () => {
          const upload = new Upload({
            client,
            params: { ...inBucket(key), Body: Readable.from(checked(source, { key, file })) },
            partSize: PART_BYTES,
            queueSize: PARTS_AT_ONCE,
          });
          const abort = (): void => void upload.abort();
          signal?.addEventListener('abort', abort, { once: true });
          try {
            await upload.done();
          } finally {
            signal?.removeEventListener('abort', abort);
            source.destroy();
          }
        }, signal);
      } finally {
        await handle.close();
      }
    },

    get: (key, file, signal) =>
      ask(async () => {
        digestOf(key);
        const from = `${place}/${key}`;
        const { Body: body } = await client
          .send(new GetObjectCommand(inBucket(key)), options(signal))
          .catch((error: unknown) => {
            throw (error as Error).name === 'NoSuchKey' ? missing(from) : error;
          });
        // In Node the SDK gives a stream; its type allows for browsers.
        const storeError = (error: unknown): ElbowError => s3Error(place, error);
        await receive(body as Readable, { key, file, from, storeError, signal });
      }, signal),

    list: (prefix, signal) =>
      ask(async () => {
        const found: Artifact[] = [];
        const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${base}/${prefix}` });
        for await (const { Contents: objects = [] } of pages) {
          signal?.throwIfAborted();
          for (const { Key, Size, LastModified } of objects) {
            const key = fromBucket(Key!);
            if (digestIn(key) === null) continue;
            found.push({ key, bytes: Size ?? 0, modifiedMs: LastModified?.getTime() ?? 0 });
          }
        }
        return found.sort((a, b) => (a.key < b.key ? -1 : 1));
      }, signal),

    delete: (keys, signal) =>
      ask(async () => {
        // One by one: not every server takes many at once.
        await pMap(
          keys,
          async (key) => {
            digestOf(key);
            await client.send(new DeleteObjectCommand(inBucket(key)), options(signal));
          },
          { concurrency: DELETES_AT_ONCE },
        );
      }, signal),

    drafts: () =>
      ask(async () => {
        const found: Draft[] = [];
        for await (const { Key, UploadId, Initiated } of begunUploads(client, bucket, `${base}/`)) {
          const key = fromBucket(Key!);
          if (digestIn(key) === null) continue;
          // How much of it is there nobody says.
          found.push({ name: `${key}${ID}${UploadId}`, bytes: 0, modifiedMs: Initiated?.getTime() ?? 0 });
        }
        return found;
      }),

    dropDrafts: (drafts) =>
      ask(async () => {
        for (const { name } of drafts) {
          const [key = '', UploadId] = name.split(ID);
          const command = new AbortMultipartUploadCommand({ ...inBucket(key), UploadId });
          await client.send(command).catch((error: unknown) => {
            if ((error as Error).name !== 'NoSuchUpload') throw error;
          });
        }
      }),

    close: () => client.destroy(),
  };
}

/** Uploads in parts that have not come to their end; the SDK has no pages of these. */
async function* begunUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<MultipartUpload> {
  const first = { Bucket: bucket, Prefix: prefix };
  let input: ListMultipartUploadsCommandInput | null = first;
  while (input) {
    let page: ListMultipartUploadsCommandOutput;
    try {
      page = await client.send(new ListMultipartUploadsCommand(input));
    } catch (error) {
      // Some servers cannot tell: then they tidy up themselves.
      if ((error as Error).name === 'NotImplemented') return;
      throw error;
    }
    yield* page.Uploads ?? [];
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    input = page.IsTruncated ? { ...first, KeyMarker, UploadIdMarker } : null;
  }
}

async function clientOf({ endpoint, pathStyle }: S3Setting): Promise<S3Client> {
  // That later versions of the SDK will want a newer Node is nothing to whom uses the one that is pinned here.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const config = {
    ...(endpoint === null ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    // All that is read is checked against its key; the SDK's own check would call damage a failure of the connection.
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    requestHandler: { connectionTimeout: CONNECT_LIMIT_MS, socketTimeout: SILENCE_LIMIT_MS },
  };
  // Region and credentials are the SDK's to find: variables, profiles, the machine's role.
  const client = new S3Client(config);
  try {
    await client.config.region();
    return client;
  } catch (error) {
    client.destroy();
    if (endpoint !== null) return new S3Client({ ...config, region: ANY_REGION });
    throw new ElbowError('artifacts-refused', 'no region of S3 is named', {
      hint: 'Set AWS_REGION, or AWS_ENDPOINT_URL_S3 for a server of your own.',
      cause: error,
    });
  }
}

/** A file's bytes; after the last one it throws where they are not those that the key names. */
async function* checked(
  source: Readable,
  { key, file }: { readonly key: string; readonly file: string },
): AsyncGenerator<Buffer> {
  const expected = digestOf(key);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== expected) throw damaged(file, { expected, sha256, bytes });
}

const missing = (object: string): ElbowError =>
  new ElbowError('artifact-missing', `there is no object ${object}`, {
    hint: 'It was removed, or never brought there.',
  });
