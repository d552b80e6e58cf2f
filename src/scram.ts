/** Passwords as Postgres keeps them. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const ITERATIONS = 4096;
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;

/**
 * What Postgres stores of a password, to be handed to it in the password's place: a statement that the server logs (because
 * it failed, or because all are logged) then does not show the password.
 * @param password normalised as the drivers do, which of ASCII leaves all as it is
 * @see RFC 5802, section 3; Postgres' `scram_build_secret`
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, DIGEST_BYTES, 'sha256');
  const keyOf = (what: string): Buffer => createHmac('sha256', salted).update(what).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const server = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
