/** Writes docs/errors.md from the table of codes in the code; a test fails when the two differ. */
import { writeFileSync } from 'node:fs';
import { ERROR_CODES } from '../dist/src/errors.js';

const rows = Object.entries(ERROR_CODES).map(
  ([code, { exit, retryable, meaning }]) =>
    `| \`${code}\` | ${exit} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
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
`,
);
