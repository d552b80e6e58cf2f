/** The workflow types; their names are public. */
export { shard } from './shard.js';
export { sweep } from './sweep.js';
export { trial } from './trial.js';
