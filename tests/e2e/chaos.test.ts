import { expect, it } from 'vitest';
import { runChaos } from '../../chaos/run.js';

const MINUTES = 60_000;
/** As many as fit into a few minutes; `npm run chaos` has no such limit. */
const FAULTS = 8;
/** Its first eight faults are all of different kinds. */
const SEED = 22;

it(
  `sweeps that ${FAULTS} faults disturbed have the bits of one that was left alone, and nothing stays behind`,
  async () => {
    const said: string[] = [];
    const report = await runChaos({ seed: SEED, faults: FAULTS, note: (line) => said.push(line) });
    expect(report.problems, `npm run chaos -- --seed ${SEED} --faults ${FAULTS}\n${said.join('\n')}`).toEqual(
      [],
    );
    expect(report.trials).toBeGreaterThan(0);
  },
  15 * MINUTES,
);
