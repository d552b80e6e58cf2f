/** What every long step of the stack is handed. */
export interface StackOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C; a step then ends soon and leaves nothing half-made in place. */
  readonly signal: AbortSignal;
  /** A line of progress. */
  note(line: string): void;
}
