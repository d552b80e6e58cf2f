/**
 * `npm start` in a fresh clone: installs, builds, starts the local stack, runs the preset `quickstart` and writes its
 * report. A second time it finds everything there and reports the sweep that is there.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { SetupError, build, checkPrerequisites, installDependencies, root } from './build.mjs';

/** Runs `elbow ARGS…` on this terminal; resolves to its exit code. */
function elbow(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'dist', 'src', 'cli', 'main.js'), ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 130 : code));
  });
}

// Ctrl-C reaches the command that runs as well; it says how to go on, and its exit code is passed on.
process.on('SIGINT', () => undefined);

const INCOMPLETE = 3;

async function main() {
  checkPrerequisites();
  await installDependencies();
  await build();
  const ran = await elbow('run', 'quickstart');
  // A sweep in which some trials failed has a report all the same.
  if (ran !== 0 && ran !== INCOMPLETE) return ran;
  const reported = await elbow('report', 'quickstart');
  if (reported !== 0) return reported;
  console.log();
  await elbow('status');
  return ran;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = error.exitCode ?? 1;
}
