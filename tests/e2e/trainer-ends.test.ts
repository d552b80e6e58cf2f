/** Trainers that end by a signal each time, as a user sees what became of their trial. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OWN_TRIES } from '../../src/errors.js';
import { createHome, queryRows, type TestHome } from '../support/elbow.js';
import { until } from '../support/wait.js';

const MINUTES = 60_000;
let stack: TestHome;

beforeAll(async () => {
  stack = createHome({ data: true });
  expect((await stack.elbow('up')).code).toBe(0);
}, 4 * MINUTES);

afterAll(async () => {
  await stack.remove();
}, MINUTES);

/** Trainers of this home that have the data set in their memory: they are in the middle of a trial. */
function busyTrainers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('trainer/process.js') &&
          readFileSync(`/proc/${pid}/maps`, 'utf8').includes(join(stack.home, 'data', 'cifar10'))
        );
      } catch {
        // It has ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

it.each([
  ['trainer-killed', 'SIGKILL', /memory/],
  ['trainer-crashed', 'SIGSEGV', /SIGSEGV in the middle of a trial/],
] as const)(
  'a trial has failed with %s when each of its trainers ended with %s, and `show` and `trial` say so',
  async (code, signal, message) => {
    // An epoch takes long enough that none ends before the signal: a trial that gets on is tried on and on.
    const file = `name: ${code}\nspace: { model: lenet, samplesPerClass: 5000, epochs: 1 }\n`;
    writeFileSync(join(stack.scratch, `${code}.yaml`), file);
    const run = stack.start('run', `${code}.yaml`);
    const ended = new Set<number>();
    for (let one = 0; one < OWN_TRIES; one++) {
      const pid = await until(
        `trainer ${one + 1}`,
        () => busyTrainers().find((each) => !ended.has(each)),
        3 * MINUTES,
      );
      ended.add(pid);
      process.kill(pid, signal);
    }
    const { code: exit, stdout, stderr } = await run.ended;
    expect(exit, stdout + stderr).toBe(3);
    const show = await stack.elbow('show', code);
    expect(show.stdout).toMatch(new RegExp(`${code}: 1 trial failed \\(0\\)`));
    expect(show.stdout).toMatch(message);
    expect(show.stdout).toMatch(/failed 3 times in a row on /);
    expect(show.stdout + show.stderr).toContain(`elbow rerun ${code}`);
    const trial = await stack.elbow('trial', code, '0');
    expect(trial.stdout).toMatch(new RegExp(`failure +${code}: `));
    expect(
      await queryRows(stack, `select code, count(*) as n from failures where sweep = '${code}' group by 1`),
    ).toEqual([{ code, n: OWN_TRIES }]);
  },
  8 * MINUTES,
);
