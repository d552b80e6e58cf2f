/** The local stack: parts found or brought, servers and worker started, stopped, looked at. */
export {
  externalServers,
  findServers,
  readConnections,
  requireDatabase,
  requireTemporal,
} from './connections.js';
export type { Connections, DatabaseConnection, TemporalConnection } from './connections.js';
export { chooseDevices, findDevices } from './devices.js';
export type { FoundDevices, GpuDevice } from './devices.js';
export { diagnose } from './doctor.js';
export type { Check } from './doctor.js';
export { takeDown } from './down.js';
export { downloadFile } from './downloads.js';
export { readGraceSeconds } from './grace.js';
export {
  RETENTION_DAYS,
  VALUE_TYPES,
  attributesCommand,
  grpcCode,
  readNamespace,
} from './namespace-state.js';
export type { NamespaceState } from './namespace-state.js';
export { withLock } from './lock.js';
export type { StackOptions } from './options.js';
export { obtainNpmPackage } from './packages.js';
export { areServersUp, isAllUp, readStatus } from './status.js';
export type { StackStatus } from './status.js';
export { obtainTemporal } from './temporal-cli.js';
export { ensureTensorflow, probeTensorflow } from './tensorflow.js';
export type { Tensorflow } from './tensorflow.js';
export { ensureUp, wantsNoWorker } from './up.js';
export { diskFull, firstWay, isDiskFull } from './ways.js';
