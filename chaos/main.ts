/** `npm run chaos -- --seed N --faults 100`: breaks things at random, and tells whether anything came of it. */
import { parseArgs } from 'node:util';
import { ensureDataset } from '../src/data/index.js';
import { planFaults } from './plan.js';
import { runChaos } from './run.js';

const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      faults: { type: 'string', default: '100' },
      plan: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const [seed, faults] = [values.seed, values.faults].map(Number) as [number, number];
  if (!Number.isSafeInteger(seed) || seed < 0 || !Number.isSafeInteger(faults) || faults < 1)
    throw new Error('--seed takes a whole number from 0 on, --faults one from 1 on');
  if (values.plan) {
    process.stdout.write(`${JSON.stringify(planFaults(seed, faults), null, 2)}\n`);
    return 0;
  }
  await ensureDataset('cifar10', { env: process.env, signal: new AbortController().signal, note });
  const report = await runChaos({ seed, faults, keep: values.keep, note });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  return report.problems.length === 0 ? 0 : 6;
}

process.exitCode = await main();
