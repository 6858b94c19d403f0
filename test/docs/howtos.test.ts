// The how-tos: every block of shell that is marked `run` is executed, in order, in a copy of the repository, as a reader would.
// `npx` is a script that starts the same programs without asking npm each time.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const repository = path.resolve(import.meta.dirname, "../..");
const docs = path.join(repository, "docs");
let root = "";
beforeAll(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "tutti-howto-"));
  for (const name of ["node_modules", "automation", "engine", "components", "bin"])
    symlinkSync(path.join(repository, name), path.join(root, name));
  for (const name of ["stacks", "Pulumi.yaml", "package.json", "tsconfig.json", "vitest.config.ts"])
    cpSync(path.join(repository, name), path.join(root, name), { recursive: true });
  // The closing reporter of this repository's own tests.
  mkdirSync(path.join(root, "test"));
  symlinkSync(path.join(repository, "test/support"), path.join(root, "test/support"));
  mkdirSync(path.join(root, ".tools"));
  const script = `#!/bin/sh
program=$1; shift
case $program in
  tutti) exec "${process.execPath}" "${path.join(repository, "bin/tutti.js")}" "$@" ;;
  vitest) exec "${process.execPath}" node_modules/vitest/vitest.mjs "$@" ;;
  *) echo "no $program here" >&2; exit 127 ;;
esac
`;
  writeFileSync(path.join(root, ".tools/npx"), script, { mode: 0o755 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The text of the marked blocks of a page, in order. */
function blocks(page: string): readonly string[] {
  const text = readFileSync(path.join(docs, page), "utf8");
  return [...text.matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
}

const pages = [
  "first-stack.md",
  "add-an-environment.md",
  "existing-project.md",
  "rotate-a-password.md",
  "on-premises.md",
];

it("has a test for every page with marked blocks", () => {
  const marked = readdirSync(docs).filter((page) => page.endsWith(".md") && blocks(page).length > 0);
  expect(marked.sort()).toEqual([...pages].sort());
});

it.each(pages)("%s does what it says", { timeout: 300_000 }, (page) => {
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", blocks(page).join("\n")], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: `${path.join(root, ".tools")}:/usr/bin:/bin`, HOME: root },
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
});
