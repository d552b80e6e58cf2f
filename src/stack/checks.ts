/** What a check of `doctor` is. */

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly found: string;
  /** What to do; null when nothing is. */
  readonly hint: string | null;
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found, hint: null });
export const warn = (name: string, found: string, hint: string): Check => ({
  name,
  state: 'warn',
  found,
  hint,
});
export const fail = (name: string, found: string, hint: string): Check => ({
  name,
  state: 'fail',
  found,
  hint,
});
