/** Which trials a command is about: named, by what they ended with, or by a condition in SQL. */
import { ElbowError } from '../errors.js';
import type { Storage, SweepRow } from '../storage/storage.js';
import { readTrialNumber, unknownTrial } from './session.js';
import { totalOf } from './sweep-facts.js';

/**
 * Numbers in ascending order, by `--trial`, `--where` or `--failed`, which is the default.
 * @throws ElbowError `usage`, `trial-unknown`, `query-failed`
 */
export async function chooseTrials(
  storage: Storage,
  sweep: SweepRow,
  options: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): Promise<readonly number[]> {
  const given = (['trial', 'where', 'failed'] as const).filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    const names = given.map((name) => `--${name}`).join(' and ');
    throw new ElbowError('usage', `expected one of --failed, --trial and --where, got ${names}`);
  }
  if (Array.isArray(options['trial'])) return named(storage, sweep, options['trial'] as string[]);
  if (typeof options['where'] === 'string') return matching(sweep, options['where'], env);
  return storage.trialNumbers(sweep.id, ['failed', 'cancelled']);
}

async function named(storage: Storage, sweep: SweepRow, texts: readonly string[]): Promise<number[]> {
  // Commander makes strings of what is typed; `3,7` is taken as well.
  const numbers = [...new Set(texts.flatMap((text) => text.split(',')).map(readTrialNumber))];
  const known = new Set((await storage.trialsNamed(sweep.id, numbers)).map(({ trial }) => trial));
  for (const number of numbers) {
    if (!known.has(number))
      throw unknownTrial(sweep.name, number, totalOf(await storage.countTrials(sweep.id)));
  }
  return numbers.sort((a, b) => a - b);
}

/**
 * The condition is asked under the role that only reads, within the rows of the sweep: it can name no trial of another
 * one, whatever it says.
 */
async function matching(sweep: SweepRow, condition: string, env: NodeJS.ProcessEnv): Promise<number[]> {
  const [{ findServers, requireDatabase }, { connectReader }] = await Promise.all([
    import('../stack/index.js'),
    import('../storage/index.js'),
  ]);
  const reader = await connectReader(requireDatabase(await findServers(env)));
  try {
    // Names of sweeps hold lower-case letters, digits and dashes.
    const { rows } = await reader.query(
      `select trial from (select * from trial_results where sweep = '${sweep.name}') as trials where (${condition}\n) order by 1`,
    );
    return rows.map(({ trial }) => Number(trial));
  } catch (error) {
    if (!(error instanceof ElbowError) || error.code !== 'query-failed') throw error;
    throw new ElbowError('query-failed', `--where was refused: ${error.message}`, {
      hint: `It is a condition on the columns of the view trial_results, such as "status = 'failed' and samples_per_class > 100".`,
      cause: error,
    });
  } finally {
    await reader.close();
  }
}
