import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { importCircles } from "../../automation/importCircles.ts";

it("names the stacks of a circle of contracts, and the files of any other", () => {
  const file = (name: string): string => `stacks/${name}/contract.ts`;
  const found = importCircles(
    new Map([
      [file("a"), [file("b")]],
      [file("b"), [file("c")]],
      [file("c"), [file("a")]],
      ["stacks/workspace.ts", [file("a")]],
      ["stacks/x.ts", ["stacks/y.ts"]],
      ["stacks/y.ts", ["stacks/x.ts"]],
    ]),
  );
  expect(found.map(({ message }) => message)).toEqual([
    "stacks need each other in a circle: a -> b -> c -> a; take one of these needs away",
    "files import each other in a circle: stacks/x.ts -> stacks/y.ts -> stacks/x.ts",
  ]);
  expect(
    importCircles(
      new Map([
        [file("a"), [file("b")]],
        [file("b"), []],
      ]),
    ),
  ).toEqual([]);
});

it("prints the path when contracts of a workspace on disk import each other in a circle", () => {
  const folder = mkdtempSync(join(tmpdir(), "tutti-circle-"));
  try {
    const define = JSON.stringify(new URL("../../automation/define.ts", import.meta.url).href);
    const load = JSON.stringify(new URL("../../automation/load.ts", import.meta.url).href);
    const contract = (name: string, other: string): void => {
      mkdirSync(join(folder, "stacks", name), { recursive: true });
      writeFileSync(
        join(folder, "stacks", name, "contract.ts"),
        `import { defineStack } from ${define};
         import { ${other} } from "../${other}/contract.ts";
         export const ${name} = defineStack({ name: "${name}", needs: { ${other} }, program: () => import("./program.ts") });`,
      );
    };
    contract("ping", "pong");
    contract("pong", "ping");
    writeFileSync(join(folder, "Pulumi.yaml"), "name: platform\nruntime: nodejs\n");
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "stacks", "workspace.ts"),
      `import { defineWorkspace } from ${define};
       import { ping } from "./ping/contract.ts";
       import { pong } from "./pong/contract.ts";
       export default defineWorkspace({ stacks: [ping, pong], environments: {} });`,
    );
    // In a process of its own: the test runner loads modules its own way.
    const script = `
      const { loadWorkspace } = await import(${load});
      await loadWorkspace(${JSON.stringify(folder)}).catch((error) => console.log(JSON.stringify([error.code, error.problems])));`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual([
      "workspace",
      [
        {
          code: "cycle",
          where: "stack ping",
          message: "stacks need each other in a circle: ping -> pong -> ping; take one of these needs away",
        },
      ],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
