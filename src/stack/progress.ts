/** Progress of something measured in bytes, as lines that are not too many. */

const STEP_MS = 5_000;

/** `12.3 MB`, `274 MB`, `1,234 MB`: decimal megabytes, as downloads are usually shown. */
export function formatBytes(bytes: number): string {
  const megabytes = bytes / 1e6;
  return `${megabytes < 100 ? megabytes.toFixed(1) : Math.round(megabytes).toLocaleString('en-US')} MB`;
}

/**
 * Says how far something is: at most every five seconds, and never for what is done sooner.
 * @param what named at the start of each line
 * @param totalBytes null where it is not known
 * @param now a clock in milliseconds
 * @returns a function that is handed the bytes that are there now
 */
export function byteProgress(
  what: string,
  totalBytes: number | null,
  note: (line: string) => void,
  now: () => number = () => performance.now(),
): (bytes: number) => void {
  const begin = now();
  let first: number | null = null;
  let last = begin;
  return (bytes) => {
    // What an earlier, broken download left does not count as speed.
    first ??= bytes;
    const time = now();
    if (time - last < STEP_MS) return;
    last = time;
    const rate = (bytes - first) / ((time - begin) / 1000);
    const part =
      totalBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
    note(`${what}: ${part}, ${formatBytes(Math.max(0, rate))}/s`);
  };
}
