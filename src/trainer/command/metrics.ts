/** What a program says of itself: lines of its output that are JSON objects with numbers. Pure. */

export interface MetricsLine {
  /** By name; what was not finite (`NaN`, `Infinity`, and `null`, which JavaScript writes for both) is NaN. */
  readonly values: Readonly<Record<string, number>>;
  /** Whether the object holds anything else, such as a message: then the line belongs to the log, too. */
  readonly hasOthers: boolean;
}

/** Strings, which stay as they are, and the words that Python writes and JSON does not know. */
const NOT_JSON = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
const LONGEST_NAME = 100;

/** @returns null for a line that is none: it is one of the log */
export function metricsOf(line: string): MetricsLine | null {
  const text = line.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return null;
  const object =
    parse(text) ?? parse(text.replace(NOT_JSON, (found) => (found.startsWith('"') ? found : 'null')));
  if (object === null) return null;
  const values: Record<string, number> = Object.create(null) as Record<string, number>;
  let hasOthers = false;
  for (const [name, value] of Object.entries(object)) {
    const isMetric = (typeof value === 'number' || value === null) && isMetricName(name);
    // JSON's 1e999 is infinite.
    if (isMetric) values[name] = Number.isFinite(value) ? Number(value) : NaN;
    else hasOthers = true;
  }
  return Object.keys(values).length === 0 ? null : { values, hasOthers };
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Without control characters and halves of surrogate pairs, which Postgres refuses. */
const isMetricName = (name: string): boolean =>
  name.length <= LONGEST_NAME && /^[^\p{Cc}\p{Cs}]+$/u.test(name);
