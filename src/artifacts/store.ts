/**
 * The contract of artifact stores: files that workers on several hosts share, checkpoints and trained networks. Every
 * implementation passes tests/contract/artifacts.ts.
 *
 * Guarantees:
 * - A key ends with the SHA-256 of its content. So a key has one content for ever, putting it twice changes nothing, and
 *   two writers cannot spoil each other's work.
 * - A file is there whole or not at all, whenever a writer dies; what it had written until then is a draft, which no
 *   `list` and no `get` sees. Putting a key again replaces whatever stands there by a whole file.
 * - What is read is checked against the key before it has its name on this machine: a file that was damaged, torn or
 *   replaced in the store is `artifact-damaged` and leaves nothing behind.
 * - Nothing is locked, and nothing depends on the clocks of two hosts being equal to less than an hour.
 * - After `put` has returned, `get` of the same key finds the file on every host. `list` may lag for as long as the store
 *   lets it (an NFS client's cache for up to a minute, S3 not at all).
 * - A store that does not answer is `artifacts-unreachable`, one that refuses is `artifacts-refused`, one without space
 *   `disk-full`. An aborted signal rejects with its reason.
 */
export interface ArtifactStore {
  /** As it stands in messages: `/mnt/elbow/3f…`, `s3://bucket/prefix/3f…`. */
  readonly place: string;
  /**
   * Copies a file of this machine into the store.
   * @throws ElbowError `artifact-damaged` when the file's content is not what the key says; what the file system throws
   *   when it cannot be read
   */
  put(key: string, file: string, signal?: AbortSignal): Promise<void>;
  /**
   * Copies a file of the store to this machine, brought to the disk before it has its name. Its folder is made.
   * @throws ElbowError `artifact-missing`, `artifact-damaged`
   */
  get(key: string, file: string, signal?: AbortSignal): Promise<void>;
  /** Files whose keys begin with a prefix that is empty or ends with a slash; by key. What is no key is left out. */
  list(prefix: string, signal?: AbortSignal): Promise<readonly Artifact[]>;
  /** Those that are not there are no error. */
  delete(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** What writers have begun: some write now, others died. */
  drafts(): Promise<readonly Draft[]>;
  /** Those that are not there any more are no error. */
  dropDrafts(drafts: readonly Draft[]): Promise<void>;
  /** Gives back connections. */
  close(): void;
}

export interface Artifact {
  readonly key: string;
  readonly bytes: number;
  /** By the store's clock, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface Draft {
  /** The key that it would have had, and what else the store needs to find it. */
  readonly name: string;
  readonly bytes: number;
  /** When it was begun or last written to, like `modifiedMs` of an artifact. */
  readonly modifiedMs: number;
}
