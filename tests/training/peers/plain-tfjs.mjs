/**
 * Answers of an exported layers model in plain TensorFlow.js, in JavaScript alone and in a process of its own, fetched
 * over HTTP as in a browser: node plain-tfjs.mjs FOLDER PIXELS. PIXELS holds one byte a value, example by example.
 * Prints {"version", "backend", "answers": [[…], …]}.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

const [folder, pixelsFile] = process.argv.slice(2);
const server = createServer((request, response) => {
  response.end(readFileSync(join(folder, basename(request.url))));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const model = await tf.loadLayersModel(`http://127.0.0.1:${server.address().port}/model.json`);
server.closeAllConnections();
server.close();

const shape = model.inputs[0].shape.slice(1);
const values = Float32Array.from(readFileSync(pixelsFile));
const count = values.length / shape.reduce((product, n) => product * n, 1);
const answers = model.predict(tf.tensor(values, [count, ...shape]), { batchSize: 16 });
const { classes } = model.getUserDefinedMetadata().elbow;
console.log(
  JSON.stringify({
    version: tf.version.tfjs,
    backend: tf.getBackend(),
    classes,
    answers: await answers.array(),
  }),
);
