/** A worker as a process of its own: what `elbow up` starts, and what a container runs. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { ElbowError, EXIT, asElbowError, messageOf } from '../errors.js';
import { keepFilesPrivate } from '../umask.js';
import { devicesFor } from './devices.js';
import { readSettings } from './settings.js';
import { startWorkerProcess } from './process.js';

keepFilesPrivate();

const note = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};

/** @throws ElbowError `usage` for an option that is not known or lacks its value */
function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(options: Options) {
  try {
    return parseArgs({ options });
  } catch (error) {
    throw new ElbowError('usage', messageOf(error), {
      hint: `Options: ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(' ')}.`,
    });
  }
}

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (!stop.signal.aborted) note(`${name}: stopping; other workers take over what runs here`);
      stop.abort();
    });
  }
  try {
    const { values } = readArguments({
      pool: { type: 'string' },
      slots: { type: 'string' },
      device: { type: 'string' },
      devices: { type: 'string' },
      'trainer-memory': { type: 'string' },
      grace: { type: 'string' },
      'no-pin-cores': { type: 'boolean' },
      'no-control': { type: 'boolean' },
      'control-only': { type: 'boolean' },
    });
    const options = {
      pool: values.pool,
      slots: values.slots,
      device: values.device,
      trainerMemory: values['trainer-memory'],
      grace: values.grace,
      pinCores: values['no-pin-cores'] === true ? false : undefined,
      control: values['no-control'] !== true,
      trials: values['control-only'] !== true,
    };
    const { device } = readSettings(options, process.env);
    const found = { asked: values.devices, device, env: process.env, signal: stop.signal };
    const settings = readSettings(options, process.env, await devicesFor(found));
    await startWorkerProcess({ ...settings, env: process.env, signal: stop.signal, note });
    note('stopped');
    return EXIT.done;
  } catch (thrown) {
    const error = asElbowError(thrown);
    note(error.code === 'bug' ? (error.stack ?? error.message) : error.message);
    if (error.hint) note(error.hint);
    return error.exitCode;
  }
}

// A trainer or connection that lingers must not keep a stopped worker alive.
process.exit(await main());
