/** What a worker and the guard of a program say to each other. Types only. */

export interface ProgramStart {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The user's; the guard itself has the worker's. */
  readonly umask: number;
  /** From SIGTERM to SIGKILL where nobody says another time, ≥ 0. */
  readonly graceMs: number;
}

/** Paths of named pipes that the program writes to. */
export interface ProgramPipes {
  readonly stdout: string;
  readonly stderr: string;
}

export type ToGuard =
  | { readonly type: 'start'; readonly start: ProgramStart; readonly pipes: ProgramPipes }
  | { readonly type: 'stop'; readonly graceMs: number };

export type FromGuard =
  | { readonly type: 'started'; readonly pid: number }
  /** It cannot be started: Node's code, such as ENOENT. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  /** The program has ended, and its whole process group with it. */
  | { readonly type: 'ended'; readonly code: number | null; readonly signal: NodeJS.Signals | null };
