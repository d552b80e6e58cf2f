/**
 * Placeholders in the arguments of a command: `{name}` stands for a value, `{{` and `}}` for braces, as in Python's
 * format strings. Pure.
 */

/** A piece of an argument: text as it is, or the name of what stands there. */
type Piece = { readonly text: string } | { readonly name: string };

/** What is wrong with an argument, as the end of "expected …, got …". */
export interface PlaceholderFault {
  readonly expected: string;
  readonly got: string;
}

/** @returns the pieces in order, or the first thing that is wrong */
function piecesOf(argument: string): readonly Piece[] | PlaceholderFault {
  const pieces: Piece[] = [];
  // A brace that is doubled, a placeholder, a brace that stands alone, or text without braces.
  for (const [found] of argument.matchAll(/\{\{|\}\}|\{[^{}]+\}|[{}]|[^{}]+/g)) {
    if (found === '{' || found === '}') {
      return { expected: `{name}, or ${found}${found} for a brace`, got: `${found} alone` };
    }
    if (found === '{{' || found === '}}') pieces.push({ text: found[0]! });
    else pieces.push(found.startsWith('{') ? { name: found.slice(1, -1) } : { text: found });
  }
  return pieces;
}

const isFault = (result: readonly Piece[] | PlaceholderFault): result is PlaceholderFault =>
  'expected' in result;

/** The first thing wrong with the braces of an argument; null where they are in order. */
export function placeholderFault(argument: string): PlaceholderFault | null {
  const result = piecesOf(argument);
  return isFault(result) ? result : null;
}

/** Names in the placeholders of an argument, each once; none where its braces are not in order. */
export function placeholdersIn(argument: string): readonly string[] {
  const result = piecesOf(argument);
  return isFault(result)
    ? []
    : [...new Set(result.flatMap((piece) => ('name' in piece ? [piece.name] : [])))];
}

/**
 * An argument with its placeholders filled in: numbers as JSON writes them, `true`, `false` and `null` as words. What
 * is filled in is not looked at again.
 * @param values by name
 * @throws Error where a placeholder has no value, or the braces are not in order: a sweep file is checked for both
 */
export function fillPlaceholders(
  argument: string,
  values: Readonly<Record<string, string | number | boolean | null>>,
): string {
  const result = piecesOf(argument);
  if (isFault(result)) throw new Error(`expected ${result.expected}, got ${result.got} in ${argument}`);
  return result
    .map((piece) => {
      if ('text' in piece) return piece.text;
      if (!Object.hasOwn(values, piece.name)) throw new Error(`{${piece.name}} of ${argument} has no value`);
      return String(values[piece.name]);
    })
    .join('');
}
