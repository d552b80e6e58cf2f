/**
 * Brings the S3 server of the tests into `ELBOW_HOME/parts`: the Versity gateway, which keeps objects as files, built by
 * Go from its module. That takes a minute, once a machine. Prints the program's path; nothing where there is no Go, and
 * the tests that need it are skipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { elbowHome, homeFolders } from '../dist/src/paths.js';
import { withLock } from '../dist/src/stack/index.js';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = '1.8.0';

/**
 * @param note takes lines of progress
 * @returns the program's path; null where there is no Go
 * @throws when Go cannot build it
 */
export async function obtainS3Server(note) {
  const folder = join(homeFolders.parts(elbowHome()), `versitygw-${VERSION}`);
  const program = join(folder, 'versitygw');
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    note('There is no Go on this machine: the tests against an S3 server are skipped.');
    return null;
  }
  const { signal } = new AbortController();
  return withLock(`part ${folder}`, { signal }, () => {
    if (existsSync(program)) return program;
    note(`building an S3 server for the tests with Go: ${MODULE}@v${VERSION}, about a minute`);
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    const ended = spawnSync('go', ['install', '-trimpath', '-ldflags=-s -w', `${MODULE}@v${VERSION}`], {
      env: { ...process.env, GOBIN: draft },
      encoding: 'utf8',
    });
    if (ended.status !== 0) {
      rmSync(draft, { recursive: true, force: true });
      throw new Error(`go install ${MODULE}@v${VERSION} failed:\n${ended.stderr}`);
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return program;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const program = await obtainS3Server((line) => console.error(line));
    if (program) console.log(program);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 5;
  }
}
