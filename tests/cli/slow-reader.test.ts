import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/paths.js';
import { until } from '../support/wait.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-slow-reader-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Bytes that a process has written so far; null once it is gone. */
function written(pid: number): number | null {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
  } catch {
    return null;
  }
}

it('a large document is whole for whoever reads it late', async () => {
  const values = Array.from({ length: 8_000 }, (_, i) => i);
  writeFileSync(
    join(folder, 'large.yaml'),
    `name: large\ntrainable: noop\nspace: { x: [${values.join()}] }\n`,
  );
  const child = spawn(
    process.execPath,
    [join(packageRoot, 'dist', 'src', 'cli', 'main.js'), 'run', 'large.yaml', '--dry-run', '--json'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ELBOW_HOME: folder } },
  );
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  // Nobody reads until the pipe is full, and for a while after: the command waits, or has gone with the rest of it.
  let [before, still] = [0, 0];
  await until('it to have written what fits', () => {
    const now = written(child.pid!);
    still = now === before && before > 100_000 ? still + 1 : 0;
    before = now ?? before;
    return now === null || still > 20;
  });
  const document = await text(child.stdout);
  expect(await ended).toBe(0);
  expect(document.length).toBeGreaterThan(500_000);
  expect(JSON.parse(document)).toMatchObject({ sweep: 'large', trials: 8_000 });
});
