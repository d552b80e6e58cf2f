/** Where each error code is brought about for real: by the thing that fails, not by a made-up error. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../src/errors.js';
import { packageRoot } from '../src/paths.js';

const COMMANDS = [
  'cli/failure-codes.test.ts',
  'says so with the code %s, its exit code and what to do',
] as const;
const PROGRAM = 'trainer/command/running.test.ts';
const TRAINER = 'trainer/pool.test.ts';

/** Test file, below tests/, and a title in it. */
const PRODUCED: Partial<Record<ErrorCode, readonly [file: string, title: string]>> = {
  // Of trials.
  'out-of-memory': [TRAINER, 'is ended when it takes more memory than it may'],
  'trainer-hung': [TRAINER, 'is ended when it says nothing any more'],
  'trainer-killed': [
    'e2e/trainer-ends.test.ts',
    'a trial has failed with %s when each of its trainers ended with %s',
  ],
  'trainer-crashed': [
    'e2e/trainer-ends.test.ts',
    'a trial has failed with %s when each of its trainers ended with %s',
  ],
  'trainer-start': [TRAINER, 'tells its last lines when it does not start'],
  'data-missing': [TRAINER, 'fails with the file that is missing, and succeeds when it is back'],
  'data-too-small': [TRAINER, 'fails with the largest size'],
  'data-damaged': ['e2e/failures.test.ts', 'because the data set is damaged say so, and run again'],
  'disk-full': ['e2e/failures.test.ts', 'because the disk is full are tried again by themselves'],
  'program-start': [
    PROGRAM,
    'because it is not there, may not be executed or lacks its folder was never started',
  ],
  'program-failed': ['e2e/command.test.ts', 'has an arm that fails, is shown, and is whole after a rerun'],
  'program-timeout': [PROGRAM, 'comes at its time limit, with what it wrote until then'],
  'objective-missing': [PROGRAM, 'to print its objective is told which metrics it did print'],
  'worker-lost': [
    'e2e/recovery.test.ts',
    'goes on with equal bits after the worker was killed and `up` brought it back',
  ],
  'workflow-lost': [
    'e2e/recovery.test.ts',
    'is found lost with the database of Temporal, and finished by a rerun',
  ],
  'lease-lost': ['contract/storage-leases.ts', 'shuts out the one before it: a late writer changes nothing'],
  'trial-cancelled': [TRAINER, 'ends a trial between two steps when it is cancelled'],
  // Of commands.
  usage: COMMANDS,
  'spec-invalid': COMMANDS,
  'spec-unreadable': COMMANDS,
  'sweep-unknown': COMMANDS,
  'sweeps-differ': [
    'cli/report-sweeps.test.ts',
    'of other data is refused with sweeps-differ, and of a sweep twice',
  ],
  'trial-unknown': COMMANDS,
  'sweep-exists': COMMANDS,
  'state-forbids': COMMANDS,
  'query-failed': COMMANDS,
  'temporal-unreachable': COMMANDS,
  'database-unreachable': COMMANDS,
  'database-refused': COMMANDS,
  'stack-down': COMMANDS,
  'model-missing': COMMANDS,
  'artifacts-unreachable': COMMANDS,
  'data-unusable': COMMANDS,
  interrupted: ['stack/downloads.test.ts', 'ends soon after Ctrl-C, and keeps what came for the next time'],
  'temporal-refused': [
    'cli/own-servers.test.ts',
    'refuses a namespace where an attribute of elbow’s name has another type',
  ],
  'database-schema': [
    'storage/connection-errors.test.ts',
    'a database that no elbow of this version has prepared is told from a defect',
  ],
  'no-worker': ['cli/lifecycle.test.ts', 'say so where no worker answers'],
  'stack-start': ['stack/processes.test.ts', 'says which program it cannot run'],
  'install-prerequisite': [
    'stack/run-program.test.ts',
    'a program that is not on this machine is named, with what to do',
  ],
  'install-unavailable': ['stack/packages.test.ts', 'names every way, with its reason, when none works'],
  'install-digest': ['stack/packages.test.ts', 'refuses another file, and leaves nothing'],
  'install-disk-full': ['stack/downloads.test.ts', 'says that the disk is full, and gives back what it took'],
  'artifacts-refused': ['artifacts/refusals.test.ts', 'is refused without credentials'],
  'artifact-missing': ['contract/artifacts.ts', 'tells what it does not have'],
  'artifact-damaged': [
    'contract/artifacts.ts',
    'never gives what was damaged or torn in the store, until it is put again',
  ],
  'model-damaged': ['models/trained.test.ts', 'with a changed byte, or cut short, is refused by its digest'],
  'scores-unusable': ['cli/fit.test.ts', 'refuses %s, and says where'],
  'picture-unusable': [
    'cli/predict.test.ts',
    'answers the good pictures, lists the bad ones and exits with 2',
  ],
};

/** Codes that no test brings about for real, and why. */
const EXCEPTIONS: Partial<Record<ErrorCode, string>> = {
  bug: 'A defect of elbow’s that is known is mended; what is thrown as anything else becomes it (tests/cli/failure.test.ts).',
  'device-out-of-memory':
    'No GPU is at hand: TensorFlow’s own words for it are read (tests/trainer/plan.test.ts), and were seen on a GPU.',
  'sweep-failed': 'Nothing throws it; the status of a sweep says it.',
  'check-failed': 'Nothing throws it; `elbow doctor` prints its checks and exits with its code.',
  'install-build':
    'Takes a TensorFlow that cannot be compiled or loaded; a compiler that fails is tried with elbow’s own operations (tests/stack/native-libraries.test.ts).',
};

const textOf = (file: string): string => readFileSync(join(packageRoot, 'tests', file), 'utf8');

it.each(Object.entries(PRODUCED))('%s is brought about in %s', (code, [file, title]) => {
  expect(existsSync(join(packageRoot, 'tests', file)), file).toBe(true);
  const text = textOf(file);
  expect(text).toContain(title);
  expect(text).toContain(code);
});

it('every code is brought about, or it is said why not', () => {
  const told = [...Object.keys(PRODUCED), ...Object.keys(EXCEPTIONS)].sort();
  expect(told).toEqual(Object.keys(ERROR_CODES).sort());
});
