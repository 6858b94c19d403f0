// From the comments of a source to the sentences of a page.

/** The comment at the top of a source that begins with `<title>: `, as paragraphs without that title; empty when it does not. */
export function textOf(source: string, title: string): string {
  const lines = source
    .slice(0, source.search(/^(?!\/\/)/m))
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^\/\/ ?/, ""));
  const start = `${title}: `;
  if (lines[0]?.startsWith(start) !== true) return "";
  const told = lines[0].slice(start.length);
  lines[0] = told.charAt(0).toUpperCase() + told.slice(1);
  return paragraphs(lines);
}

/** The first sentence of a text. */
export function sentence(text: string): string {
  return /^.*?[.](?=\s|$)/s.exec(text)?.[0].replaceAll("\n", " ") ?? text;
}

/** Lines joined to paragraphs; lists stay lists, and what is indented is a drawing. */
export function paragraphs(lines: readonly string[]): string {
  const blocks: string[] = [];
  let open: "text" | "drawing" | "none" = "none";
  for (const line of lines) {
    if (line.trim() === "") {
      if (open === "drawing") blocks[blocks.length - 1] += "\n```";
      open = "none";
    } else if (open === "none" && line.startsWith("  ")) {
      blocks.push(`\`\`\`text\n${line}`);
      open = "drawing";
    } else if (open === "none") {
      blocks.push(line);
      open = "text";
    } else {
      const starts = open === "drawing" || line.startsWith("- ");
      blocks[blocks.length - 1] += starts ? `\n${line}` : ` ${line.trim()}`;
    }
  }
  if (open === "drawing") blocks[blocks.length - 1] += "\n```";
  return blocks.join("\n\n");
}
