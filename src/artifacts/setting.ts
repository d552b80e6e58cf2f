/** `ELBOW_ARTIFACTS`: where the artifacts of all workers go. */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ElbowError, messageOf } from '../errors.js';

export type ArtifactsSetting =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Empty, or ends without a slash. */
      readonly prefix: string;
      /** Of a server of one's own; null: Amazon's, or what the profile says. */
      readonly endpoint: string | null;
      /** Whether the bucket stands in the path of addresses, and not in the host's name. */
      readonly pathStyle: boolean;
    };

const HINT =
  'It is the absolute path of a folder that all workers share (/mnt/elbow, file:///mnt/elbow), or s3://BUCKET/PREFIX.';
/** S3's own rules for new buckets, and the underscores that old ones may have. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;
const PREFIX = /^[0-9A-Za-z._~!'()*&$@=;:+,-]+(\/[0-9A-Za-z._~!'()*&$@=;:+,-]+)*$/;

/**
 * Reads ELBOW_ARTIFACTS, with AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL beside it.
 * @returns null when it is not set: then everything stays on the machine that made it
 * @throws ElbowError `usage`
 */
export function readArtifactsSetting(env: NodeJS.ProcessEnv): ArtifactsSetting | null {
  const value = env['ELBOW_ARTIFACTS'];
  if (!value) return null;
  if (value.startsWith('s3:')) return s3Setting(value, env);
  if (value.startsWith('file:')) {
    if (!value.startsWith('file:///')) throw wrong(value, 'the address of a folder begins with file:///');
    try {
      return { kind: 'folder', path: fileURLToPath(value) };
    } catch (error) {
      throw wrong(value, messageOf(error));
    }
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(value)) throw wrong(value, 'there is no store of that kind');
  if (!isAbsolute(value)) throw wrong(value, 'a relative path is another folder in every process');
  return { kind: 'folder', path: resolve(value) };
}

function s3Setting(value: string, env: NodeJS.ProcessEnv): ArtifactsSetting {
  let url: URL;
  try {
    url = new URL(value);
  } catch (error) {
    throw wrong(value, messageOf(error));
  }
  const bucket = url.host;
  if (url.username || url.password) {
    // Its text would show the password.
    throw wrong('s3://…@…', 'credentials are read from AWS_ACCESS_KEY_ID and the like, not from here');
  }
  if (!BUCKET.test(bucket)) throw wrong(value, `${JSON.stringify(bucket)} cannot be the name of a bucket`);
  if (url.hash) throw wrong(value, `what does ${JSON.stringify(url.hash)} mean?`);
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  if (prefix !== '' && !PREFIX.test(prefix)) {
    throw wrong(value, `the prefix ${JSON.stringify(prefix)} has characters that not every store takes`);
  }
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || null;
  if (endpoint !== null && !/^https?:\/\/[^/?#\s]+/.test(endpoint)) {
    throw new ElbowError(
      'usage',
      `AWS_ENDPOINT_URL_S3 (AWS_ENDPOINT_URL) is no address: ${JSON.stringify(endpoint)}`,
      {
        hint: 'It begins with http:// or https://, such as https://s3.example:9000.',
      },
    );
  }
  return { kind: 's3', bucket, prefix, endpoint, pathStyle: pathStyle(value, url, endpoint !== null) };
}

function pathStyle(value: string, url: URL, byDefault: boolean): boolean {
  for (const name of url.searchParams.keys()) {
    if (name !== 'path-style')
      throw wrong(value, `there is no option ${JSON.stringify(name)}, only path-style`);
  }
  const text = url.searchParams.get('path-style');
  if (text !== null && text !== 'true' && text !== 'false') {
    throw wrong(value, `path-style takes true or false, not ${JSON.stringify(text)}`);
  }
  return text === null ? byDefault : text === 'true';
}

function wrong(value: string, why: string): ElbowError {
  return new ElbowError('usage', `ELBOW_ARTIFACTS is ${JSON.stringify(value)}: ${why}`, { hint: HINT });
}
