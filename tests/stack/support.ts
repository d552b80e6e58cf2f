/** What the stack's tests share: fresh folders that go away, stand-ins for programs, options that keep the notes. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach } from 'vitest';
import type { StackOptions } from '../../src/stack/options.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of mode 0700 that is removed after the test. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'elbow-stack-'));
  folders.push(folder);
  return folder;
}

/** Writes a shell script that stands in for a program; returns the folder, to be put on PATH. */
export function standIn(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return folder;
}

/** The environment with a folder before everything else on PATH. */
export function pathFirst(folder: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...env, PATH: `${folder}${delimiter}${env['PATH'] ?? ''}` };
}

export interface Noted extends StackOptions {
  readonly notes: string[];
  readonly controller: AbortController;
}

export function noted(env: NodeJS.ProcessEnv = process.env): Noted {
  const notes: string[] = [];
  const controller = new AbortController();
  return { env, notes, controller, signal: controller.signal, note: (line) => void notes.push(line) };
}

/** What an operation throws, for looking at; fails when it throws nothing. */
export async function thrownBy(work: Promise<unknown>): Promise<Error & { code?: string; hint?: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
