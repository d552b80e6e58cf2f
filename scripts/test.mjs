/**
 * `npm test` on a machine that has nothing installed: brings everything, then lint, format, types and every test.
 * It leaves nothing running. The last line is `N passed, N failed[, N skipped]`.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, build, checkPrerequisites, installDependencies } from './build.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'elbow-test-'));
/** Marks every process of this run, so that what stays behind is found. */
const runId = randomUUID();

/** Runs a command to its end, its output passed on; resolves to the exit code. */
function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, ELBOW_TEST_RUN: runId },
    });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal ? 1 : code));
  });
}

/** Processes of this run that still live, as `pid command`. */
function leftovers() {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environment.includes(`ELBOW_TEST_RUN=${runId}`)) continue;
      found.push(
        `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 160)}`,
      );
    } catch {
      // The process has ended meanwhile, or is another user's.
    }
  }
  return found;
}

const bin = (name) => join(root, 'node_modules', '.bin', name);
const checks = [
  ['lint', bin('eslint'), ['.', '--max-warnings', '0']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['types', bin('tsc'), ['-p', 'tsconfig.check.json']],
];

/** What vitest counted, from its JSON report; a run that wrote none has failed. */
function countTests(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    // A suite that fails to load has no test in it, and must count all the same.
    const broken = report.testResults.filter(
      (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken.length,
      skipped: report.numPendingTests + report.numTodoTests,
      skippedNames: report.testResults.flatMap((suite) =>
        suite.assertionResults
          .filter((test) => test.status === 'pending' || test.status === 'skipped')
          .map((test) => test.fullName),
      ),
    };
  } catch (error) {
    console.error(`No test report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0, skippedNames: [] };
  }
}

async function main() {
  checkPrerequisites();
  await installDependencies();
  await build();
  if ((await run(process.execPath, [join(root, 'scripts', 'bring-parts.mjs')])) !== 0) return 1;

  let passed = 0;
  let failed = 0;
  for (const [name, command, args] of checks) {
    console.error(`\n== ${name}`);
    const ok = (await run(command, args)) === 0;
    console.error(`${name}: ${ok ? 'passed' : 'FAILED'}`);
    if (ok) passed += 1;
    else failed += 1;
  }

  console.error('\n== tests');
  const report = join(scratch, 'tests.json');
  const extra = process.argv.slice(2);
  const code = await run(bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...extra,
  ]);
  const counted = countTests(report);
  passed += counted.passed;
  failed += counted.failed;
  if (code !== 0 && counted.failed === 0) failed += 1;

  const left = leftovers();
  if (left.length > 0) {
    console.error(`\nThe tests left ${left.length} processes running:\n${left.join('\n')}`);
    failed += 1;
  } else passed += 1;

  if (counted.skipped > 0) console.log(`\nskipped: ${counted.skippedNames.join('; ')}`);
  console.log(
    `\n${passed} passed, ${failed} failed${counted.skipped > 0 ? `, ${counted.skipped} skipped` : ''}`,
  );
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exitCode = error.exitCode ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
