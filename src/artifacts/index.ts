/** Artifacts off the machine: checkpoints and trained networks in a store that all workers share. */
export { fileDigest } from './files.js';
export {
  CHECKPOINTS,
  MODELS,
  checkpointKey,
  checkpointOf,
  checkpointPrefix,
  modelKey,
  modelOf,
  progressOf,
} from './keys.js';
export type { StoredCheckpoint } from './keys.js';
export { checkStore, openStore } from './open.js';
export { readArtifactsSetting } from './setting.js';
export type { ArtifactsSetting } from './setting.js';
export type { Artifact, ArtifactStore, Draft } from './store.js';
export { createUploads } from './uploads.js';
export type { Uploads } from './uploads.js';
export { watchStore } from './watched.js';
export type { WatchedStore } from './watched.js';
