import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  failuresInARow,
  finalFailure,
  isFinal,
  lastWord,
  newFailure,
  nextTry,
  pauseMs,
  storageFailure,
} from '../../activities/failures.js';
import { ElbowError, ERROR_CODES, MOST_MACHINES, retryOf } from '../../src/errors.js';
import type { ErrorCode } from '../../src/errors.js';
import type { ExecutionFailure } from '../../src/storage/index.js';

const of = (code: ErrorCode): ElbowError => new ElbowError(code, 'what went wrong');
const failed = (code: ErrorCode, host = 'a', epochs = 0): ExecutionFailure => ({
  code,
  message: `${code} on ${host}`,
  host,
  epochs,
});
/** After how many failures of a code, one after the other on one machine, a trial has failed. */
function triesOf(code: ErrorCode, otherMachines: number): number | null {
  for (let tries = 1; tries <= 50; tries++) {
    if (isFinal(Array<ExecutionFailure>(tries).fill(failed(code)), otherMachines)) return tries;
  }
  return null;
}

describe('a failed execution', () => {
  it('is final at once when nothing else can help', () => {
    for (const code of [
      'sweep-unknown',
      'spec-invalid',
      'data-too-small',
      'trial-cancelled',
      'program-timeout',
      'objective-missing',
    ] as const) {
      expect(triesOf(code, 1), code).toBe(1);
    }
  });

  it('is tried again as often as the table says', () => {
    expect(triesOf('bug', 0)).toBe(3);
    expect(triesOf('trainer-crashed', 0)).toBe(3);
    expect(triesOf('trainer-start', 0)).toBe(3);
    expect(triesOf('program-failed', 0)).toBe(3);
    expect(triesOf('disk-full', 0)).toBe(5);
    expect(triesOf('worker-lost', 0)).toBe(10);
    expect(triesOf('database-unreachable', 0)).toBeNull();
    expect(triesOf('lease-lost', 0)).toBeNull();
  });

  it('for want of what another machine may have is final without one', () => {
    for (const code of ['out-of-memory', 'data-missing', 'data-damaged', 'program-start'] as const) {
      expect(triesOf(code, 0), code).toBe(1);
      expect(triesOf(code, 1), code).toBe(3);
    }
  });

  it('uses up the trial’s own tries together with others of its own, and with no others', () => {
    const own = [failed('trainer-crashed'), failed('trainer-hung')];
    expect(isFinal([...own, failed('trainer-killed')], 0)).toBe(true);
    expect(isFinal([...own, failed('worker-lost')], 0)).toBe(false);
    expect(isFinal([...own, failed('worker-lost'), failed('disk-full'), failed('trainer-killed')], 0)).toBe(
      true,
    );
  });

  it('is final on the third machine, and machines count from where the trial last got on', () => {
    const machines = ['a', 'b', 'c'].map((host) => failed('worker-lost', host));
    expect(isFinal(machines.slice(0, 2), 5)).toBe(false);
    expect(isFinal(machines, 5)).toBe(true);
    expect(isFinal([...machines.slice(0, 2), failed('worker-lost', 'c', 1)], 5)).toBe(false);
  });

  it('counts from the last failure that had more epochs than all before it', () => {
    const epochs = [0, 0, 3, 1, 3, 5, 5, 2];
    const failures = epochs.map((count) => failed('trainer-crashed', 'a', count));
    expect(failuresInARow(failures)).toEqual(failures.slice(5));
    expect(failuresInARow([])).toEqual([]);
  });

  it('never counts a trial out that gets on, and always one that does not', () => {
    const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => {
      const retry = retryOf(code);
      return retry !== null && retry.tries !== null && retry.machine !== 'another only';
    });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...codes), { minLength: 1, maxLength: 40 }), (some) => {
        expect(
          isFinal(
            some.map((code, i) => failed(code, `host-${i}`, i)),
            0,
          ),
        ).toBe(false);
        const most = some.length * 40;
        const stuck = Array.from({ length: most }, (_, i) => failed(some[i % some.length]!));
        expect(isFinal(stuck, 0)).toBe(true);
      }),
    );
  });

  it('is stored with how often and where it was tried', () => {
    expect(lastWord([failed('disk-full')])).toEqual({ code: 'disk-full', message: 'disk-full on a' });
    expect(lastWord([failed('worker-lost'), failed('trainer-hung')]).message).toBe(
      'trainer-hung on a. It failed 2 times in a row on a.',
    );
    expect(lastWord(['a', 'b', 'c'].map((host) => failed('worker-lost', host))).message).toBe(
      `worker-lost on c. It failed 3 times in a row on ${MOST_MACHINES} machines (a, b, c).`,
    );
  });

  it('leaves the machine out of it where it has no part', () => {
    expect(newFailure(of('worker-lost')).avoidSeconds).toBeNull();
    expect(newFailure(of('program-timeout')).avoidSeconds).toBeNull();
    expect(newFailure(of('data-missing')).avoidSeconds).toBe(Infinity);
    expect(newFailure(of('disk-full')).avoidSeconds).toBeGreaterThan(0);
    expect(newFailure(new ElbowError('trainer-crashed', 'its last line: \0')).message).toBe(
      'its last line: �',
    );
  });

  it('tells Temporal its code, its sentence and its end', () => {
    const end = {
      number: 3,
      status: 'failed',
      testAccuracy: null,
      valAccuracy: null,
      objective: null,
      epochs: 0,
      failureCode: 'out-of-memory',
      failure: 'It used 9 MB.',
    } as const;
    expect(finalFailure({ code: 'out-of-memory', message: 'It used 9 MB.' }, end)).toMatchObject({
      type: 'out-of-memory',
      message: 'It used 9 MB.',
      nonRetryable: true,
      details: [end],
    });
    const again = nextTry(new ElbowError('trainer-crashed', 'It ended.', { hint: 'Look.' }), 1);
    expect(again).toMatchObject({ type: 'trainer-crashed', message: 'It ended. Look.', nonRetryable: false });
    expect(again.nextRetryDelay).toBeGreaterThan(0);
  });
});

describe('the pause before the next try', () => {
  it('doubles up to the longest, and varies by a quarter', () => {
    const retry = { pause: [2, 60] } as const;
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((nth) => pauseMs(retry, nth, 0.5) / 1000);
    expect(pauses).toEqual([2, 4, 8, 16, 32, 60, 60]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (nth, chance) => {
          const middle = pauseMs(retry, nth, 0.5);
          expect(Math.abs(pauseMs(retry, nth, chance) - middle)).toBeLessThanOrEqual(middle / 4);
        },
      ),
    );
  });
});

describe('a failure of storage', () => {
  it('is waited for while Postgres is away, tried three times as a defect, and final otherwise', () => {
    const isLast = (code: ErrorCode, execution: number): unknown =>
      storageFailure(of(code), execution).nonRetryable;
    expect(isLast('database-unreachable', 500)).toBe(false);
    expect([1, 2, 3].map((execution) => isLast('bug', execution))).toEqual([false, false, true]);
    expect(isLast('sweep-unknown', 1)).toBe(true);
  });
});
