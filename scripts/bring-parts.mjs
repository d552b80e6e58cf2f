/**
 * Brings parts into `ELBOW_HOME`, each checked: `tensorflow`, `temporal`, `s3-server` and data sets by name; without names all that the
 * tests need. Images are built with it.
 */
import { datasetNames, ensureDataset } from '../dist/src/data/index.js';
import { ensureTensorflow, obtainTemporal } from '../dist/src/stack/index.js';
import { obtainS3Server } from './bring-s3-server.mjs';

const options = {
  env: process.env,
  signal: new AbortController().signal,
  note: (line) => console.error(line),
};

const named = process.argv.slice(2);
const wanted = named.length > 0 ? named : ['temporal', 'tensorflow', ...datasetNames, 's3-server'];

try {
  for (const name of wanted) {
    if (name === 'temporal') await obtainTemporal(options);
    else if (name === 'tensorflow') {
      const { kind, version, reason } = await ensureTensorflow(options);
      options.note(`TensorFlow ${version} for the ${kind.toUpperCase()}: ${reason}`);
    } else if (name === 's3-server') await obtainS3Server(options.note);
    else await ensureDataset(name, options);
  }
} catch (error) {
  console.error(error.message);
  if (error.hint) console.error(error.hint);
  process.exitCode = error.exitCode ?? 1;
}
