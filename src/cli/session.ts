/** What commands need of the outside: storage, and Temporal where they ask for it. Opened late, closed always. */
import type { Client } from '@temporalio/client';
import { hostname } from 'node:os';
import { ElbowError, messageOf } from '../errors.js';
import { elbowHome } from '../paths.js';
import type { Connections, TemporalConnection } from '../stack/index.js';
import type { Storage, SweepRow, TrialResult } from '../storage/storage.js';
import { totalOf } from './sweep-facts.js';

/** The client's own ten seconds are long for somebody who waits. */
const CONNECT_LIMIT_MS = 5_000;

export interface Session {
  readonly storage: Storage;
  /** Where Temporal is; null for a local one that does not run. */
  readonly temporalPlace: TemporalConnection | null;
  /** What that is called in the database; null as above. */
  readonly server: string | null;
  /** Connects to Temporal the first time. @throws ElbowError `stack-down`, `temporal-unreachable` */
  temporal(): Promise<Client>;
}

/**
 * Opens a session, hands it to `use` and closes it.
 * @param connections of an `up` that was made already; otherwise read from the settings and the local stack
 * @throws ElbowError `stack-down`, `database-unreachable`
 */
export async function withSession<T>(
  env: NodeJS.ProcessEnv,
  use: (session: Session) => Promise<T>,
  connections?: Connections,
): Promise<T> {
  const [{ findServers, requireDatabase, requireTemporal }, { connectStorage }] = await Promise.all([
    import('../stack/index.js'),
    import('../storage/index.js'),
  ]);
  const found = connections ?? (await findServers(env));
  const storage = await connectStorage({ url: requireDatabase(found).url });
  let client: Promise<Client> | undefined;
  try {
    return await use({
      storage,
      temporalPlace: found.temporal,
      server: found.temporal && serverName(found.temporal, env),
      temporal: async () => (client ??= connectTemporal(requireTemporal(found))),
    });
  } finally {
    await storage.close();
    // One that could not be opened was told already.
    await client?.then(
      (one) => one.connection.close(),
      () => undefined,
    );
  }
}

/** A local server is that of a machine and its `ELBOW_HOME`, whatever its port is today. */
const serverName = ({ embedded, address, namespace }: TemporalConnection, env: NodeJS.ProcessEnv): string =>
  embedded ? `local to ${hostname()}, ${elbowHome(env)}` : `${address}/${namespace}`;

/** @throws ElbowError `temporal-unreachable` */
export async function connectTemporal(temporal: TemporalConnection): Promise<Client> {
  const { Client, Connection } = await import('@temporalio/client');
  try {
    const connection = await Connection.connect({
      connectTimeout: CONNECT_LIMIT_MS,
      ...temporal.connect.connection,
    });
    return new Client({ connection, namespace: temporal.connect.namespace });
  } catch (error) {
    throw new ElbowError(
      'temporal-unreachable',
      `the Temporal server at ${temporal.address} does not answer: ${messageOf(error)}`,
      {
        hint: temporal.embedded
          ? '`elbow up` starts it again; `elbow doctor` says what is wrong.'
          : 'Check TEMPORAL_ADDRESS, and that this machine reaches it.',
        cause: error,
      },
    );
  }
}

/** The sweep of a name. @throws ElbowError `sweep-unknown` naming the nearest one */
export async function requireSweep(storage: Storage, name: string): Promise<SweepRow> {
  const sweep = await storage.findSweep(name);
  if (sweep !== null) return sweep;
  const names = (await storage.listSweeps()).map((one) => one.name);
  const { nearestName } = await import('../spec/index.js');
  const near = nearestName(name, names);
  const list =
    names.length === 0
      ? 'There are no sweeps yet: `elbow run quickstart`.'
      : '`elbow list` shows all sweeps.';
  throw new ElbowError('sweep-unknown', `there is no sweep called ${JSON.stringify(name)}`, {
    hint: near === null ? list : `Did you mean \`${near}\`? ${list}`,
  });
}

/** A trial's number as it was typed. @throws ElbowError `usage` */
export function readTrialNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ElbowError('usage', `expected the number of a trial (0, 1, 2, …), got ${JSON.stringify(text)}`, {
    hint: '`elbow show SWEEP` lists a sweep; its trials are numbered from 0.',
  });
}

/** @throws ElbowError `trial-unknown` */
export async function requireTrial(
  storage: Storage,
  sweep: Pick<SweepRow, 'id' | 'name'>,
  number: number,
): Promise<TrialResult> {
  const result = await storage.trialResult(sweep.id, number);
  if (result === null) throw unknownTrial(sweep.name, number, totalOf(await storage.countTrials(sweep.id)));
  return result;
}

/** @throws ElbowError `trial-unknown` with the numbers there are */
export function unknownTrial(sweep: string, number: number, trials: number): ElbowError {
  return new ElbowError('trial-unknown', `the sweep ${sweep} has no trial ${number}`, {
    hint: trials === 0 ? 'Its trials are not planned yet.' : `Its trials are numbered 0 to ${trials - 1}.`,
  });
}
