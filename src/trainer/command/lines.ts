/** What a program writes, cut into lines: memory is bounded whatever comes. */

const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Of a line, in bytes; what follows is counted and dropped. */
export const LONGEST_LINE = 65_536;

export interface Line {
  /** Without its end; invalid UTF-8 is U+FFFD. */
  readonly text: string;
  /** Bytes of the line that are not in the text, 0 unless it was longer than the limit. */
  readonly dropped: number;
}

export interface LineSplitter {
  /** Lines that end in this piece. */
  push(chunk: Uint8Array): Generator<Line>;
  /** The line that was begun and has no end; null where nothing was. */
  end(): Line | null;
}

/**
 * Lines end with `\n` or `\r\n`. Within a line `\r` begins it anew, as on a terminal: of a progress bar the last state is
 * kept.
 */
export function createLineSplitter(limit = LONGEST_LINE): LineSplitter {
  const decoder = new TextDecoder();
  let held = Buffer.alloc(0);
  let length = 0;
  let dropped = 0;
  /** Whether the last byte was `\r`: the next one tells what it means. */
  let isReturned = false;
  let isBegun = false;

  const restart = (): void => {
    length = 0;
    dropped = 0;
  };
  const hold = (bytes: Uint8Array): void => {
    const kept = bytes.subarray(0, limit - length);
    if (held.length < length + kept.length) {
      const grown = Buffer.alloc(Math.min(limit, 2 * (length + kept.length)));
      grown.set(held.subarray(0, length));
      held = grown;
    }
    held.set(kept, length);
    length += kept.length;
    dropped += bytes.length - kept.length;
  };
  /** @param bytes within one line, without `\n` */
  const add = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    isBegun = true;
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === RETURN) end--;
    const from = bytes.subarray(0, end).lastIndexOf(RETURN) + 1;
    if (end > 0 && (isReturned || from > 0)) restart();
    hold(bytes.subarray(from, end));
    isReturned = end < bytes.length || (end === 0 && isReturned);
  };
  const take = (): Line => {
    const line = { text: decoder.decode(held.subarray(0, length)), dropped };
    restart();
    isReturned = false;
    isBegun = false;
    return line;
  };

  return {
    *push(chunk) {
      let at = 0;
      for (;;) {
        const newline = chunk.indexOf(NEWLINE, at);
        add(chunk.subarray(at, newline < 0 ? chunk.length : newline));
        if (newline < 0) return;
        yield take();
        at = newline + 1;
      }
    },
    end: () => (isBegun ? take() : null),
  };
}
