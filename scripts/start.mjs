/**
 * `npm start` in a fresh clone: installs, builds, starts the local stack, runs the preset `quickstart` and writes its
 * report. A second time it finds everything there and reports the sweep that is there.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { SetupError, build, checkPrerequisites, installDependencies, root } from './build.mjs';

/** Runs `elbow ARGS…` on this terminal, or with its stdout kept; resolves to its exit code and what it wrote. */
function elbow(args, { isKept = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'dist', 'src', 'cli', 'main.js'), ...args], {
      cwd: root,
      stdio: ['inherit', isKept ? 'pipe' : 'inherit', 'inherit'],
    });
    let stdout = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: signal ? 130 : code, stdout }));
  });
}

// Ctrl-C reaches the command that runs as well; it says how to go on, and its exit code is passed on.
process.on('SIGINT', () => undefined);

const INCOMPLETE = 3;

async function main() {
  checkPrerequisites();
  await installDependencies();
  await build();
  const { code } = await elbow(['run', 'quickstart']);
  // A sweep in which some trials failed has a report all the same.
  if (code !== 0 && code !== INCOMPLETE) return code;
  // The curve stands above already: only the path is wanted.
  const report = await elbow(['report', 'quickstart', '--json'], { isKept: true });
  if (report.code !== 0) {
    console.error(report.stdout);
    return report.code;
  }
  console.log(`\nThe report: ${JSON.parse(report.stdout).files[0]}\n`);
  await elbow(['status']);
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = error.exitCode ?? 1;
}
