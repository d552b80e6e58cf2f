/** No source of elbow starts a shell: programs are given lists of arguments. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../src/paths.js';

const SHELLS: readonly [what: string, pattern: RegExp][] = [
  ['a shell asked for', /\bshell\s*:\s*(?!false)/],
  ['exec, which is a shell', /(?<![.\w])exec(Sync)?\s*\(/],
  ['exec, imported', /import\s*\{[^}]*\bexec(Sync)?\b[^}]*\}\s*from\s*['"](node:)?child_process/],
  [
    'a shell by name',
    /\b(spawn|execFile|fork|runProgram|startDetached)(Sync)?\(\s*['"`](\/bin\/)?(ba|da|z)?sh['"`]/,
  ],
  ['code from text', /\beval\s*\(|new Function\s*\(/],
];

it.each(['src', 'activities', 'workflows'])('%s', (room) => {
  const files = readdirSync(join(packageRoot, room), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.includes('generated'),
  );
  expect(files.length).toBeGreaterThan(5);
  const found = files.flatMap((file) => {
    const text = readFileSync(join(packageRoot, room, file), 'utf8');
    return SHELLS.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${file}: ${what}`);
  });
  expect(found).toEqual([]);
});

it('would be seen', () => {
  const bad = [
    "spawn('x', [], { shell: true })",
    "exec('x')",
    'execSync(`x`)',
    "spawn('/bin/sh', [])",
    "eval('1')",
  ];
  for (const text of bad)
    expect(
      SHELLS.some(([, pattern]) => pattern.test(text)),
      text,
    ).toBe(true);
  for (const text of ['/x/.exec(text)', 'execFile(program)']) {
    expect(
      SHELLS.some(([, pattern]) => pattern.test(text)),
      text,
    ).toBe(false);
  }
});
