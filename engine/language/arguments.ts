// Splits `nodeargs` of Pulumi.yaml into arguments as a POSIX shell would: blanks divide, quotes and backslashes join,
// `#` at the start of a word begins a comment. The official language host uses google/shlex, which has these rules.

/** @throws Error for a quote that is not closed. */
export function splitArguments(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quote === "'") {
      if (character === "'") quote = "";
      else word += character;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else word += character === "\\" ? (text[++at] ?? "") : character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") word = (word ?? "") + (text[++at] ?? "");
    else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (character === "#" && word === undefined) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") throw new Error(`the quote ${quote} is never closed in: ${text}`);
  if (word !== undefined) found.push(word);
  return found;
}
