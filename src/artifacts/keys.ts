/** Keys of artifacts: where checkpoints and trained networks are in a store, and what their names tell. */
import { ElbowError } from '../errors.js';

const SEGMENT = /^[0-9A-Za-z_-][0-9A-Za-z._-]*$/;
const DIGEST = /(?:^|-)([0-9a-f]{64})(?:\.[a-z]+)?$/;

/** The SHA-256 that a key says its content has, in hex; null for what is no key. */
export function digestIn(key: string): string | null {
  const segments = key.split('/');
  if (!segments.every((segment) => SEGMENT.test(segment))) return null;
  return DIGEST.exec(segments.at(-1)!)?.[1] ?? null;
}

/** @throws ElbowError `bug`: keys are made here */
export function digestOf(key: string): string {
  const digest = digestIn(key);
  if (digest === null)
    throw new ElbowError('bug', `expected the key of an artifact, got ${JSON.stringify(key)}`);
  return digest;
}

export const MODELS = 'models/';
export const CHECKPOINTS = 'checkpoints/';

/** Of a trained network; networks with equal bytes are one artifact. */
export const modelKey = (digest: string): string => `${MODELS}${digest}.safetensors`;

/** The digest of a trained network's file; null where the key is of something else. */
export const modelOf = (key: string): string | null =>
  key.startsWith(MODELS) ? (/^([0-9a-f]{64})\./.exec(key.slice(MODELS.length))?.[1] ?? null) : null;

/** Where all checkpoints of an attempt are. */
export const checkpointPrefix = (attemptId: string): string => `${CHECKPOINTS}${attemptId}/`;

/** A checkpoint in a store, as its key tells. */
export interface StoredCheckpoint {
  readonly key: string;
  readonly attemptId: string;
  /** The execution that wrote it: a later one has a larger lease. */
  readonly lease: number;
  /** Its name on a machine that trains, `EPOCHS-STEPS-DIGEST.safetensors`. */
  readonly file: string;
  /** Epochs that have ended. */
  readonly epochs: number;
  /** Steps that were done of the next one. */
  readonly steps: number;
}

const FILE = /^(\d{6,})-(\d{6,})-[0-9a-f]{64}\.safetensors$/;
const CHECKPOINT = /^checkpoints\/([0-9A-Za-z-]+)\/(\d{8,})\/([^/]+)$/;

/** How far a checkpoint's training is, by its file's name; null where that is no checkpoint's. */
export function progressOf(file: string): Pick<StoredCheckpoint, 'epochs' | 'steps'> | null {
  const found = FILE.exec(file);
  return found && { epochs: Number(found[1]), steps: Number(found[2]) };
}

/**
 * A checkpoint's key carries the lease of its writer: an execution that was taken for dead writes beside its successor
 * and not over it, and removes what is its own or older.
 * @param file its name on this machine
 */
export const checkpointKey = (attemptId: string, lease: number, file: string): string =>
  `${checkpointPrefix(attemptId)}${String(lease).padStart(8, '0')}/${file}`;

/** Null where the key is of something else. */
export function checkpointOf(key: string): StoredCheckpoint | null {
  const [, attemptId, lease, file] = CHECKPOINT.exec(key) ?? [];
  const progress = file === undefined ? null : progressOf(file);
  if (!progress || attemptId === undefined || file === undefined) return null;
  return { key, attemptId, lease: Number(lease), file, ...progress };
}
