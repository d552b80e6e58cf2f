/** Brings what the tests need beside the dependencies: TensorFlow, Temporal, the data sets and an S3 server, into `ELBOW_HOME`. */
import { datasetNames, ensureDataset } from '../dist/src/data/index.js';
import { ensureTensorflow, obtainTemporal } from '../dist/src/stack/index.js';
import { obtainS3Server } from './bring-s3-server.mjs';

const options = {
  env: process.env,
  signal: new AbortController().signal,
  note: (line) => console.error(line),
};

try {
  await obtainTemporal(options);
  await ensureTensorflow(options);
  for (const name of datasetNames) await ensureDataset(name, options);
  await obtainS3Server(options.note);
} catch (error) {
  console.error(error.message);
  if (error.hint) console.error(error.hint);
  process.exitCode = error.exitCode ?? 1;
}
