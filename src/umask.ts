/** Whose the files are that elbow makes: its user's alone, but for those that the user has asked for elsewhere. */

/** The umask that elbow was started under; null before `keepFilesPrivate`. */
let started: number | null = null;

/**
 * Makes everything that this process and its children (servers, compilers, pip) write from now on the user's alone,
 * whatever umask elbow was started under. Called once by each entry point, before it makes anything.
 */
export function keepFilesPrivate(): void {
  started = process.umask(0o077);
}

/** The umask that the user has set, in force for what is not elbow's own: results in places that the user names, programs. */
export const usersUmask = (): number => started ?? process.umask();

/**
 * Runs some work under the user's umask.
 * @param work synchronous, because the umask is the whole process's
 */
export function underUsersUmask<T>(work: () => T): T {
  const own = process.umask(usersUmask());
  try {
    return work();
  } finally {
    process.umask(own);
  }
}
