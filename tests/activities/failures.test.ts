import { describe, expect, it } from 'vitest';
import { isFinal, sentence, toFailure } from '../../activities/failures.js';
import { ERROR_CODES, ElbowError } from '../../src/errors.js';
import type { ErrorCode } from '../../src/errors.js';

const of = (code: ErrorCode): ElbowError => new ElbowError(code, 'what went wrong');

describe('a failed execution', () => {
  it('is final when the same thing again cannot help', () => {
    for (const code of ['data-missing', 'out-of-memory', 'disk-full', 'bug', 'sweep-unknown'] as const) {
      expect(isFinal(of(code), 1), code).toBe(true);
    }
  });

  it('is tried twice more when the trainer is to blame', () => {
    for (const code of ['trainer-crashed', 'trainer-killed', 'trainer-hung', 'trainer-start'] as const) {
      expect([1, 2, 3, 4].map((execution) => isFinal(of(code), execution))).toEqual([
        false,
        false,
        true,
        true,
      ]);
    }
  });

  it('is never the trial’s end when a worker or a server is to blame', () => {
    for (const code of ['worker-lost', 'database-unreachable', 'temporal-unreachable'] as const) {
      expect(isFinal(of(code), 9), code).toBe(false);
    }
  });

  it('is tried again when a lease was lost, although the table calls that final', () => {
    expect(ERROR_CODES['lease-lost'].retryable).toBe(false);
    expect(isFinal(of('lease-lost'), 9)).toBe(false);
  });

  it('tells Temporal its code, its sentence and its end', () => {
    const error = new ElbowError('out-of-memory', 'It used 9 MB and may use 8 MB.', { hint: 'Use less.' });
    const end = {
      number: 3,
      status: 'failed',
      testAccuracy: null,
      valAccuracy: null,
      objective: null,
      epochs: 0,
      failureCode: 'out-of-memory',
      failure: sentence(error),
    } as const;
    expect(toFailure(error, { isFinal: true, end })).toMatchObject({
      type: 'out-of-memory',
      message: 'It used 9 MB and may use 8 MB. Use less.',
      nonRetryable: true,
      details: [end],
    });
    expect(toFailure(of('trainer-crashed'), { isFinal: false }).nonRetryable).toBe(false);
  });
});
