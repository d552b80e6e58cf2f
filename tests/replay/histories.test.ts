import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import proto from '@temporalio/proto';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { keepQuiet, workflowBundle } from '../support/temporal.js';

type History = proto.temporal.api.history.v1.IHistory;

interface Recording {
  readonly workflowId: string;
  readonly history: Record<string, unknown>;
}

const folder = join(packageRoot, 'tests', 'replay', 'histories');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

function read(name: string): { workflowId: string; history: History } {
  const recording = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording;
  const history = proto.temporal.api.history.v1.History.fromObject(recording.history);
  return { workflowId: recording.workflowId, history };
}

async function replay({ workflowId, history }: { workflowId: string; history: History }): Promise<void> {
  keepQuiet();
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
}

describe('the workflows as they are now', () => {
  it.each(names)('go the way that was recorded: %s', async (name) => {
    await replay(read(name));
  });

  it('would be found out if they went another way', async () => {
    const recording = read('trial-succeeded.json');
    for (const event of recording.history.events ?? []) {
      const type = event.activityTaskScheduledEventAttributes?.activityType;
      if (type) type.name = 'another';
    }
    await expect(replay(recording)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
