/** Digests of files. */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ElbowError } from '../errors.js';

export type DigestKind = 'sha256' | 'sha512' | 'md5';

/** A digest of a file's content, in lower-case hex, read as a stream. */
export async function digestFile(path: string, kind: DigestKind, signal?: AbortSignal): Promise<string> {
  const hash = createHash(kind);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, ...(signal ? [{ signal }] : []));
  return hash.digest('hex');
}

/**
 * Removes a file whose digest is another one.
 * @throws ElbowError `install-digest`
 */
export async function checkDigest(
  path: string,
  what: string,
  expected: { readonly kind: DigestKind; readonly hex: string },
  signal?: AbortSignal,
): Promise<void> {
  const actual = await digestFile(path, expected.kind, signal);
  if (actual === expected.hex) return;
  rmSync(path, { force: true });
  throw new ElbowError(
    'install-digest',
    `${what} is not the expected file: ${expected.kind} ${actual}, expected ${expected.hex}; it was removed`,
    {
      hint: 'Run the same command again. If it comes back, something between here and the source changes the file.',
    },
  );
}
