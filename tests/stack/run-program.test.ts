import { expect, it } from 'vitest';
import { runProgram } from '../../src/stack/run-program.js';
import { thrownBy } from './support.js';

it('a program that is not on this machine is named, with what to do', async () => {
  const error = await thrownBy(runProgram('no-such-program', ['--version'], { env: process.env }));
  expect(error).toMatchObject({
    code: 'install-prerequisite',
    exitCode: 5,
    message: expect.stringContaining('cannot run no-such-program'),
    hint: 'Install no-such-program, or put it on PATH.',
  });
});

it('no shell reads its arguments', async () => {
  const ended = await runProgram('printf', ['%s|', '$(touch x)', '; ls', '`id`', "'"], { env: process.env });
  expect(ended).toMatchObject({ code: 0, stdout: "$(touch x)|; ls|`id`|'|" });
});
