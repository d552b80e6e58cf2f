import { expect, it } from 'vitest';
import { runChaos } from '../../chaos/run.js';

const MINUTES = 60_000;
/** As many as fit into a few minutes; `npm run chaos` has no such limit. */
const FAULTS = 8;

it(
  `sweeps that ${FAULTS} faults disturbed have the bits of one that was left alone, and nothing stays behind`,
  async () => {
    // Another one each day, so that what is rare is met some day; it is told, and repeats the plan.
    const seed = Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''));
    const said: string[] = [];
    const report = await runChaos({ seed, faults: FAULTS, note: (line) => said.push(line) });
    expect(report.problems, `npm run chaos -- --seed ${seed} --faults ${FAULTS}\n${said.join('\n')}`).toEqual(
      [],
    );
    expect(report.trials).toBeGreaterThan(0);
  },
  15 * MINUTES,
);
