import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { describeFailure, placeText } from '../../src/cli/failure.js';
import { ElbowError } from '../../src/errors.js';

const colors = pc.createColors(false);

describe('an error on the terminal', () => {
  it('says where first, then what, then what to do, and the same of all others', () => {
    const where = { file: 'sweep.yaml', line: 3, column: 5 };
    const error = new ElbowError('spec-invalid', 'unknown key optimiser', {
      where,
      hint: 'Did you mean optimizer?',
      others: [new ElbowError('spec-invalid', 'expected a size', { where: { ...where, line: 4 } })],
    });
    const failure = describeFailure(error, colors);
    expect(failure.exitCode).toBe(2);
    expect(failure.text).toBe(
      'sweep.yaml:3:5: unknown key optimiser\n  Did you mean optimizer?\nsweep.yaml:4:5: expected a size',
    );
    expect(failure.document).toEqual({
      error: {
        code: 'spec-invalid',
        message: 'unknown key optimiser',
        hint: 'Did you mean optimizer?',
        where,
        others: [
          { code: 'spec-invalid', message: 'expected a size', hint: null, where: { ...where, line: 4 } },
        ],
      },
    });
  });

  it('says error where there is no place', () => {
    expect(describeFailure(new ElbowError('usage', 'no'), colors).text).toBe('error: no');
    expect(placeText({ line: 2, column: 7 })).toBe('line 2:7');
    expect(placeText({ file: 'a.yaml' })).toBe('a.yaml');
  });

  it('shows the stack of a bug, its cause, and asks to report it', () => {
    const bug = new TypeError('x is not a function', { cause: new Error('deeper') });
    const failure = describeFailure(bug, colors);
    expect(failure.exitCode).toBe(1);
    expect(failure.text).toMatch(/bug in elbow/);
    expect(failure.text).toMatch(/failure\.test\.ts/);
    expect(failure.text).toMatch(/caused by Error: deeper/);
    expect(failure.document.error).toMatchObject({ code: 'bug', message: 'x is not a function' });
  });

  it('shows no stack for what is known, and is calm about Ctrl-C', () => {
    const known = describeFailure(new ElbowError('stack-down', 'not up', { hint: '`elbow up`' }), colors);
    expect(known.text).not.toMatch(/at .*\.ts/);
    const interrupted = describeFailure(new ElbowError('interrupted', 'It goes on.'), colors);
    expect(interrupted).toMatchObject({ exitCode: 130, text: 'It goes on.' });
  });
});
