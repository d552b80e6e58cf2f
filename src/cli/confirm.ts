/** Asking before something is deleted. */
import { createInterface } from 'node:readline/promises';
import { ElbowError } from '../errors.js';
import type { Context } from './command.js';

/**
 * @param text what would be deleted, as a sentence
 * @param command that deletes without asking
 * @throws ElbowError `usage` where nobody can be asked, `interrupted`
 */
export async function isConfirmed(text: string, command: string, { out, signal }: Context): Promise<boolean> {
  out.note(text);
  if (!process.stdin.isTTY || !out.isTerminal || out.json) {
    throw new ElbowError('usage', 'this has to be confirmed, and there is no terminal to ask on', {
      hint: `\`${command}\` deletes without asking.`,
    });
  }
  const lines = createInterface({ input: process.stdin, output: out.stderr });
  try {
    const answer = await lines.question('Go on? [y/N] ', { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) throw new ElbowError('interrupted', 'Nothing was deleted.');
    throw error;
  } finally {
    lines.close();
  }
}
