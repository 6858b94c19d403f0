// How many columns a text takes on a terminal, and texts made to padded. Colours take none and stay whole.

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what a colour begins with
const colours = /\x1b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const pieces = /\x1b\[[0-9;]*m|[\s\S]/gu;

/** Columns of one character: none for marks that combine, two for what East Asia writes wide and for emoji. */
function columnsOf(character: string): number {
  const code = character.codePointAt(0)!;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < 0x300) return 1;
  if (/^(?:\p{Mn}|\p{Me}|\p{Cf})$/u.test(character)) return 0;
  return (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
    ? 2
    : 1;
}

/** Columns of a text on one line. */
export function widthOf(text: string): number {
  const plain = text.replace(colours, "");
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += columnsOf(character);
  return width;
}

/** A text cut to so many columns, its colours left whole. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let width = 0;
  let full = false;
  let kept = "";
  for (const [piece] of text.matchAll(pieces)) {
    if (piece.startsWith("\x1b[")) {
      kept += piece;
      continue;
    }
    full ||= width + columnsOf(piece) > columns;
    if (full) continue;
    kept += piece;
    width += columnsOf(piece);
  }
  return kept;
}

/** A text that is exactly so many columns wide: filled with blanks, or cut with a mark at its end. */
export function padded(text: string, columns: number, mark: string): string {
  const width = widthOf(text);
  if (width <= columns) return text + " ".repeat(columns - width);
  const kept = columns <= widthOf(mark) ? cut(mark, columns) : cut(text, columns - widthOf(mark)) + mark;
  return kept + " ".repeat(columns - widthOf(kept));
}

/** A text broken at blanks into lines of at most so many columns; words that are longer are broken where they must. */
export function wrap(text: string, columns: number): readonly string[] {
  const room = Math.max(1, columns);
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let word of paragraph.split(" ")) {
      if (line !== "" && widthOf(line) + 1 + widthOf(word) > room) {
        lines.push(line);
        line = "";
      }
      while (line === "" && widthOf(word) > room) {
        // A character that is wider than the whole line still has to go somewhere.
        const head = cut(word, room) || [...word][0]!;
        lines.push(head);
        word = word.slice(head.length);
      }
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
