/** What the SDK and servers of S3 throw, as elbow's errors. */
import { ElbowError, messageOf } from '../errors.js';

/** Of servers and of the SDK itself, which is not to be asked again unless somebody changes something. */
const REFUSALS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'There is no such bucket: make it, or mend ELBOW_ARTIFACTS.',
  AccessDenied:
    'The credentials may not do that: elbow reads, writes, lists and deletes objects below the prefix, and lists and aborts uploads.',
  AllAccessDisabled: 'The bucket is closed to everyone.',
  InvalidAccessKeyId: 'Mend AWS_ACCESS_KEY_ID, or the profile that AWS_PROFILE names.',
  SignatureDoesNotMatch: 'Mend AWS_SECRET_ACCESS_KEY, or the profile that AWS_PROFILE names.',
  ExpiredToken: 'The credentials have expired: get new ones.',
  InvalidToken: 'Mend AWS_SESSION_TOKEN, or get new credentials.',
  AuthorizationHeaderMalformed: 'The region is most likely another one: set AWS_REGION.',
  PermanentRedirect: 'The bucket is in another region: set AWS_REGION.',
  CredentialsProviderError:
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; on machines of Amazon a role is enough.',
  TokenProviderError: 'Sign in again: `aws sso login`.',
  RequestTimeTooSkewed: 'The clock of this machine is wrong.',
};

const OTHER_REFUSAL =
  'See the credentials, the rights, the region and ELBOW_ARTIFACTS; `elbow doctor` tries the store.';

/** Servers have words of their own; what is wrong with a request stays wrong, but for two that are about the moment. */
function isRefusal(name: string, status: number | undefined): boolean {
  if (name === 'RequestTimeout' || status === undefined) return false;
  return status >= 300 && status < 500 && status !== 408 && status !== 429;
}

/**
 * @param place of the store, as it stands in messages
 * @returns what is elbow's already as it is; `artifacts-refused` for what asking again cannot mend, `disk-full` for a store
 *   without space, else `artifacts-unreachable`
 */
export function s3Error(place: string, error: unknown): ElbowError {
  if (error instanceof ElbowError) return error;
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  // The SDK's word for a server that answers in no language that it knows is the status alone.
  const why =
    name === 'Error' || messageOf(error).includes(name) ? messageOf(error) : `${name}: ${messageOf(error)}`;
  if (name === 'XMinioStorageFull' || status === 507) {
    return new ElbowError('disk-full', `no space left in the artifact store ${place}`, {
      hint: 'Make room there; `elbow gc` deletes what no sweep needs.',
      cause: error,
    });
  }
  const hint = REFUSALS[name] ?? (isRefusal(name, status) ? OTHER_REFUSAL : undefined);
  if (hint !== undefined) {
    return new ElbowError('artifacts-refused', `the artifact store ${place} refuses access: ${why}`, {
      hint,
      cause: error,
    });
  }
  return new ElbowError('artifacts-unreachable', `the artifact store ${place} does not answer: ${why}`, {
    hint: 'Is its server up? AWS_ENDPOINT_URL_S3 names it; without that it is Amazon S3.',
    cause: error,
  });
}
