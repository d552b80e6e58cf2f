/** What Postgres and Temporal say, asked straight and not through elbow. */
import { Client, Connection, defaultPayloadConverter } from '@temporalio/client';
import pg from 'pg';
import type { TrialInput } from '../workflows/messages.js';

export type Row = Readonly<Record<string, unknown>>;

export interface Truth {
  readonly temporal: Client;
  /** Rows of a statement; waits for a Postgres that is away. */
  rows(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Of a sweep; null where there is none. */
  statusOf(sweep: string): Promise<string | null>;
  /** What a trial's workflow was started with; null where it cannot be read any more. */
  inputOf(workflowId: string, runId: string): Promise<TrialInput | null>;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;

export async function askTruth(databaseUrl: string, temporalAddress: string): Promise<Truth> {
  const connection = await Connection.connect({ address: temporalAddress });
  const temporal = new Client({ connection, namespace: 'elbow' });
  const rows: Truth['rows'] = async (sql, values = []) => {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      // One connection a question: those that are open at the end are not ours.
      const client = new pg.Client({ connectionString: databaseUrl });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.query<Row>(sql, [...values])).rows;
      } catch (error) {
        if (performance.now() > end) throw error;
      } finally {
        await client.end().catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  return {
    temporal,
    rows,
    statusOf: async (sweep) => {
      const [row] = await rows('select status from sweeps where name = $1', [sweep]);
      return (row?.['status'] as string | undefined) ?? null;
    },
    inputOf: async (workflowId, runId) => {
      try {
        const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
        const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
        return payload ? defaultPayloadConverter.fromPayload<TrialInput>(payload) : null;
      } catch {
        return null;
      }
    },
    close: () => connection.close(),
  };
}
