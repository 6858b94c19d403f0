// The picture of the reference platform and the list of its stacks: writes what `tutti graph` draws, and the first sentence of each
// contract, into docs/platform.md between two marks. `npm run docs` calls it; a test fails when the page is stale.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { drawnNodes } from "../automation/drawnNodes.ts";
import { open } from "../automation/index.ts";
import { drawGraph } from "../automation/views/graph.ts";
import { sentence, textOf } from "./text.ts";

const marks = /(<!-- made by npm run docs -->\n).*?(<!-- end -->)/s;

/** The text of docs/platform.md as it should be. */
export async function platformPage(root: string): Promise<string> {
  const tutti = await open(root, { variables: {} });
  const { steps } = tutti.plan("preview", { environment: "local" });
  const nodes = drawnNodes(tutti, steps);
  const rows = nodes.flatMap(({ id }) => {
    const [name = ""] = id.split(".");
    return aboutOf(root, name);
  });
  const made = `\n\`\`\`mermaid\n${drawGraph(nodes, "mermaid")}\`\`\`\n\n${rows.join("\n")}\n\n`;
  const page = readFileSync(path.join(root, "docs/platform.md"), "utf8");
  if (!marks.test(page)) throw new Error("docs/platform.md has lost its marks");
  return page.replace(marks, (_, start: string, end: string) => `${start}${made}${end}`);
}

/** `- **network**: The VPC ...`, from the comment at the top of the contract; nothing for what has no folder of its own. */
function aboutOf(root: string, name: string): string[] {
  let source: string;
  try {
    source = readFileSync(path.join(root, "stacks", name, "contract.ts"), "utf8");
  } catch {
    return [];
  }
  return [`- **${name}**: ${sentence(textOf(source, name))}`];
}

async function main(): Promise<void> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  writeFileSync(path.join(root, "docs/platform.md"), await platformPage(root));
  process.stdout.write("docs/platform.md is up to date\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
