// The pages of docs/components: fresh, complete, and one for each component, which has a test and an example too.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { componentPages } from "../../docs/pages.ts";
import { platformPage } from "../../docs/picture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { pages, problems, components } = componentPages(root);
const filesBelow = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(path.join(root, folder), path.join(entry.parentPath, entry.name)));

it("says everything that a reader must know: each argument, each output, what replaces", () => {
  expect(components.size).toBeGreaterThan(25);
  expect(problems).toEqual([]);
});

it("has no stale page, none too many and none too few: npm run docs", () => {
  const written = filesBelow("docs/components").sort();
  expect(written).toEqual([...pages.keys()].sort());
  const stale = written.filter(
    (file) => readFileSync(path.join(root, "docs/components", file), "utf8") !== pages.get(file),
  );
  expect(stale).toEqual([]);
});

it("draws the platform as tutti graph does: npm run docs", async () => {
  const page = await platformPage(root);
  expect(readFileSync(path.join(root, "docs/platform.md"), "utf8")).toBe(page);
  expect(page).toMatch(/^flowchart LR$/m);
});

it("has an example for each component, and no other", () => {
  const expected = [...components].map(([file, name]) => `${path.dirname(file)}/${name}.ts`);
  expect(filesBelow("docs/examples").sort()).toEqual(expected.sort());
});

it("has tests of each component: one that builds it, and one that sees it refuse", () => {
  const tests = filesBelow("test/components")
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(path.join(root, "test/components", file), "utf8"));
  const untested = [...components].filter(
    ([file, name]) =>
      !tests.some(
        (text) =>
          text.includes(`components/${file}"`) &&
          text.includes(`new ${name}(`) &&
          new RegExp(`refusal\\([^;]*?new ${name}\\(`, "s").test(text),
      ),
  );
  expect(untested.map(([file]) => file)).toEqual([]);
});

it("refuses what exists under one name in two kinds: a page is found by its name", () => {
  const names = [...components.values()];
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
