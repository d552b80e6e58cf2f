/** Writes docs/errors.md from the table of codes in the code; a test fails when the two differ. */
import { writeFileSync } from 'node:fs';
import { ERROR_CODES, MOST_MACHINES, OWN_TRIES } from '../dist/src/errors.js';

const rows = Object.entries(ERROR_CODES).map(
  ([code, { exit, retryable, meaning }]) =>
    `| \`${code}\` | ${exit} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
);

const triesText = ({ tries }) =>
  tries === null ? 'without limit' : tries === 'own' ? `${OWN_TRIES} in all` : `${tries}`;
const secondsText = ([first, longest]) => `${first} s, at most ${longest} s`;

const failures = Object.entries(ERROR_CODES)
  .filter(([, { retry, advice }]) => retry || advice)
  .map(([code, { retry, advice }]) =>
    retry
      ? `| \`${code}\` | ${triesText(retry)} | ${retry.tries === 'own' ? 'yes' : 'no'} | ${secondsText(retry.pause)} | ${retry.machine} | ${advice} |`
      : `| \`${code}\` | 1 | | | | ${advice} |`,
  );

writeFileSync(
  new URL('../docs/errors.md', import.meta.url),
  `# Error codes

Every error carries one of these codes. They are stable: scripts may rely on them and on the exit codes. With \`--json\` an
error is \`{"error":{"code","message","hint","where"}}\` on stdout. "Again" says whether the same thing, unchanged, can work
a moment later; a trial that fails with such a code is tried again by itself before it counts as failed.

Exit codes: 0 done · 1 a bug in elbow · 2 the command or the sweep file is wrong · 3 the sweep ended with failed trials, or
cancelled · 4 a server is out of reach · 5 a part could not be installed · 6 a check failed · 130 interrupted.

| code | exit | again | meaning |
|---|---|---|---|
${rows.join('\n')}

## When a trial fails

What is tried again by itself, before the trial counts as failed:

| code | tries | one of its own | pause before the next | machine of the next | what to do once it has failed |
|---|---|---|---|---|---|
${failures.join('\n')}

Tries count since the trial last got on: an epoch more than before, and they begin anew. A trial has ${OWN_TRIES} of its own, which all codes
with "yes" use up together; the others have their own count and leave these alone. Codes that are not listed are tried once.
Pauses double from one failure to the next and vary by a quarter, so that what failed together does not come back together.

"Another first": for five minutes the next try is left to machines of the pool that have not failed the trial, if there are such;
then any may take it. "Another only": it is always left to them, also to those that were heard of in the last ten minutes; without such a
machine the trial has failed at once. After ${MOST_MACHINES} machines in a row it has failed for good, whichever the code. A machine is a host by its
name. A training that failed keeps its checkpoints, and a rerun goes on from there; \`elbow gc\` deletes those that no rerun could use.

A worker on which three different trials failed in a row, while another of its pool finished trials, is put aside for a quarter of an hour: it
hands over what it runs, and takes no trials. Trials that have failed on another worker, too, or have got on since on the same one, do not count
against it, nor do failures in which a machine has no part ("any"). The last worker of a pool is never put aside, nor more than half of a
pool. \`elbow workers\` says which ones are, and why; \`--release WORKER\` ends it, as does a new start of the worker, and \`--aside WORKER\` does
the same by hand, until it is released.

Every execution that failed is in the view [\`failures\`](querying.md), also those of trials that succeeded in the end; \`elbow trial\` lists those of
one, \`elbow show\` groups failed trials by code.
`,
);
