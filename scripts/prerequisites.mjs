/** What must be on a machine before anything of elbow is installed. Nothing but Node's own modules is used here. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Exit code of everything that could not be installed. */
const EXIT_INSTALL = 5;
const OLDEST_NODE = [20, 19];
/** The libraries inside the wheels ask for this version of the C library. */
const OLDEST_GLIBC = [2, 27];

/** An error that people caused or can mend: it is shown without a stack. */
export class SetupError extends Error {
  exitCode = EXIT_INSTALL;
}

const onPath = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)));

/** Whether a version, as numbers, is older than another. */
function isOlder(version, oldest) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}

function glibcVersion() {
  // Reading the whole report would look up network names.
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}

/** What is wrong with this Node and system, as sentences. */
function platformProblems() {
  const problems = [];
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    problems.push(`elbow runs on Linux x64; this is ${process.platform} ${process.arch}.`);
  } else {
    const glibc = glibcVersion();
    if (!glibc || isOlder(glibc, OLDEST_GLIBC)) {
      problems.push(
        `The C library must be glibc ${OLDEST_GLIBC.join('.')} or newer; found: ${glibc ?? 'another one (musl?)'}.`,
      );
    }
  }
  if (isOlder(process.versions.node, OLDEST_NODE)) {
    problems.push(`Node must be ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  }
  return problems;
}

/** Programs that are missing, as sentences with what to do. */
function programProblems() {
  const problems = [];
  if (!onPath('npm')) problems.push('npm is not on PATH: it comes with Node.');
  if (!onPath('python3')) {
    problems.push('python3 is not on PATH (Debian, Ubuntu: apt-get install python3 python3-pip).');
  } else if (spawnSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' }).status !== 0) {
    problems.push('python3 has no pip (Debian, Ubuntu: apt-get install python3-pip).');
  }
  const compiler = process.env.CXX?.split(' ')[0];
  const hasCompiler = compiler ? existsSync(compiler) || onPath(compiler) : onPath('g++') || onPath('c++');
  if (!hasCompiler) {
    problems.push(
      `There is no C++ compiler: ${compiler ?? 'g++'} (Debian, Ubuntu: apt-get install build-essential).`,
    );
  }
  if (!onPath('make'))
    problems.push('make is not on PATH (Debian, Ubuntu: apt-get install build-essential).');
  return problems;
}

/**
 * Checks what elbow needs before it can install anything: Linux x64, Node, npm, Python 3 with pip, a C++ compiler and
 * make. Names everything that is missing at once.
 * @throws SetupError with exit code 5
 */
export function checkPrerequisites() {
  const problems = [...platformProblems(), ...programProblems()];
  if (problems.length === 0) return;
  throw new SetupError(
    `This machine lacks what elbow needs:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}
