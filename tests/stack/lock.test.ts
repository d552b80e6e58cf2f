import { spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/stack/lock.js';
import { compiled } from '../../src/paths.js';
import { thrownBy } from './support.js';

const free = new AbortController().signal;
// One signal is waited on by many here.
setMaxListeners(50, free);
let counter = 0;
const uniqueName = (): string => `test ${process.pid} ${counter++}`;

/** A process that takes the lock, says so, and holds it for ever. */
async function holder(name: string): Promise<ReturnType<typeof spawn>> {
  const script = `
    const { withLock } = await import(${JSON.stringify(compiled('src/stack/lock.js'))});
    await withLock(${JSON.stringify(name)}, { signal: new AbortController().signal }, async () => {
      console.log('held');
      setInterval(() => undefined, 1000);
      await new Promise(() => undefined);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('withLock', () => {
  it('lets one in at a time, and everyone in the end', async () => {
    const name = uniqueName();
    let inside = 0;
    let most = 0;
    let done = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      done += 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLock(name, { signal: free }, work)));
    expect([most, done]).toEqual([1, 20]);
  });

  it('does not keep others out under another name', async () => {
    await withLock(uniqueName(), { signal: free }, () =>
      withLock(uniqueName(), { signal: free }, async () => undefined),
    );
  });

  it('is let go of when the work throws', async () => {
    const name = uniqueName();
    const failure = withLock(name, { signal: free }, () => Promise.reject(new Error('no')));
    await expect(failure).rejects.toThrow('no');
    await expect(withLock(name, { signal: free }, async () => 'in')).resolves.toBe('in');
  });

  it('passes to the one who waits when its holder is killed', async () => {
    const name = uniqueName();
    const child = await holder(name);
    let waits = 0;
    const onWait = (): void => {
      waits += 1;
      child.kill('SIGKILL');
    };
    await expect(withLock(name, { signal: free, onWait }, async () => 'in')).resolves.toBe('in');
    expect(waits).toBe(1);
  });

  it('is waited for no longer after Ctrl-C', async () => {
    const name = uniqueName();
    const child = await holder(name);
    try {
      const controller = new AbortController();
      const waiting = withLock(
        name,
        { signal: controller.signal, onWait: () => controller.abort() },
        async () => 'in',
      );
      expect(await thrownBy(waiting)).toMatchObject({ code: 'interrupted' });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
