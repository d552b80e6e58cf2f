/** Texts in lines, on terminals and in pictures. Pure. */

/** Columns a text takes: one a code point, none for marks that combine; wide scripts are not told apart. */
export const columnsOf = (text: string): number => [...text.replace(/\p{M}/gu, '')].length;

/** Lines of at most so many columns; a word that is longer stands alone. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
