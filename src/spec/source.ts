/** A sweep file's text as a YAML tree that still knows where everything stands. */
import {
  LineCounter,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { ElbowError, messageOf, type Where } from '../errors.js';

/** Keys and indices from the root to a value. */
export type Path = readonly (string | number)[];

/** A sweep file is a page of text; whatever is larger was not meant to be one. */
export const MOST_BYTES = 1024 * 1024;
/** An alias may be used this often; more is an attack or an accident. */
const MOST_ALIASES = 100;
/** After a broken line everything below looks broken too. */
const MOST_SYNTAX_ERRORS = 20;

/** A parsed YAML text. */
export interface Source {
  /** Plain values; undefined when nothing can be made of the text. */
  readonly value: unknown;
  readonly problems: readonly ElbowError[];
  /** Whether the value can be trusted enough to check it further. */
  readonly isUsable: boolean;
  /** Where the value at a path stands; the nearest ancestor that exists, if there is none. */
  whereIs(path: Path): Where;
  /** Where a key stands, rather than its value. */
  whereIsKey(path: Path): Where;
}

/**
 * Parses YAML 1.2.
 * @param file how the text is called in messages
 * @param columnOffset added to columns of line 1, for texts that stand behind something else
 */
export function parseSource(text: string, file: string, columnOffset = 0): Source {
  const counter = new LineCounter();
  const place = (offset: number): Where => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) + (line <= 1 ? columnOffset : 0) };
  };
  const start = place(0);
  const problem = (message: string, where: Where, hint?: string): ElbowError =>
    new ElbowError('spec-invalid', message, { where, ...(hint === undefined ? {} : { hint }) });

  const refusal = refuse(text);
  if (refusal !== null)
    return unusable([problem(refusal, start, 'A sweep file is a page of YAML text.')], start);

  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
  } catch (error) {
    return unusable([problem(`expected YAML, but it cannot be read: ${messageOf(error)}`, start)], start);
  }
  const problems = [...document.errors, ...document.warnings]
    .slice(0, MOST_SYNTAX_ERRORS)
    .map(({ code, message, pos: [at] }) => {
      const isBrace = code === 'MISSING_CHAR' && text.slice(at - 1, at + 1).includes('{');
      const hint = isBrace
        ? 'A text with braces, such as "--rate={rate}", stands in quotes here.'
        : undefined;
      return problem(describe(code, message), place(at), hint);
    });
  const isBroken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  problems.push(
    ...cycles(document).map((node) => problem('an alias must not contain itself', place(offsetOf(node)))),
  );
  if (isBroken || problems.some((found) => found.message.startsWith('an alias')))
    return unusable(problems, start);
  try {
    return {
      // A document's value is whatever was written; the schema checks it.
      value: document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown,
      problems,
      isUsable: true,
      whereIs: (path) => place(offsetOf(findNode(document, path, false))),
      whereIsKey: (path) => place(offsetOf(findNode(document, path, true))),
    };
  } catch (error) {
    const isBomb = messageOf(error).startsWith('Excessive alias count');
    const message = isBomb ? `expected at most ${MOST_ALIASES} uses of aliases, got more` : messageOf(error);
    return unusable([...problems, problem(message, start)], start);
  }
}

function unusable(problems: readonly ElbowError[], where: Where): Source {
  return { value: undefined, problems, isUsable: false, whereIs: () => where, whereIsKey: () => where };
}

/** Why a text is no sweep file at all, or null. */
function refuse(text: string): string | null {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES)
    return `expected a sweep file of at most 1 MiB, got ${(bytes / MOST_BYTES).toFixed(1)} MiB`;
  if (text.includes('\0')) return 'expected a sweep file in YAML, got binary data';
  if (text.trim() === '') return 'expected a mapping with at least a `name`, got an empty file';
  return null;
}

function describe(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here for the second time; each key may stand once';
  if (code === 'MULTIPLE_DOCS') return 'expected one YAML document, got several';
  return `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** Aliases that stand inside what they name. */
function cycles(document: Document.Parsed): Node[] {
  const found: Node[] = [];
  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      if (target !== undefined && ancestors.includes(target)) found.push(alias);
    },
  });
  return found;
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function findNode(document: Document.Parsed, path: Path, wantsKey: boolean): unknown {
  let node: unknown = document.contents;
  let nearest: unknown = node;
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.findLast((item) => isPair(item) && keyOf(item.key) === String(part));
      if (pair === undefined) break;
      nearest = (isLast && wantsKey) || !isNode(pair.value) ? pair.key : pair.value;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (!isNode(item)) break;
      nearest = node = item;
    }
  }
  return nearest;
}

const keyOf = (key: unknown): string => String(isScalar(key) ? key.value : key);
