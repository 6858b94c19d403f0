// The text edits of `tutti new` on stacks/workspace.ts: comments and layout stay, and what is not as expected is refused.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { addEnvironment, addImport, addStack, blanked, environmentCode } from "../../automation/scaffold/sourceEdit.ts";

const edited = (result: { ok: boolean; value?: string; error?: string }): string => {
  if (!result.ok) throw new Error(result.error);
  return result.value!;
};

it("adds a stack and its import, in one line and in several, whatever comments say", () => {
  const one = `import { defineWorkspace } from "tutti/define"; // ours
// import { old } from "./old/contract.ts";
import { base } from "./base/contract.ts";

/* defineWorkspace({ stacks: [] }) was here */
export default defineWorkspace({ stacks: [base], environments: {} });
`;
  expect(
    edited(addStack(one, "billing", "./billing/contract.ts")),
  ).toBe(`import { defineWorkspace } from "tutti/define"; // ours
// import { old } from "./old/contract.ts";
import { base } from "./base/contract.ts";
import { billing } from "./billing/contract.ts";

/* defineWorkspace({ stacks: [] }) was here */
export default defineWorkspace({ stacks: [base, billing], environments: {} });
`);
  const many = (last: string): string => `import { base } from "./base/contract.ts";
export default defineWorkspace({
  environments: { a: defineEnvironment({ cloud: "sandbox", only: [base] }) },
  stacks: [
    base, // the "first", of all ]
    ${last} // and the last
  ],
});
`;
  for (const last of ["network", "network,"])
    expect(edited(addStack(many(last), "billing", "./billing/contract.ts"))).toContain(
      `    network, // and the last\n    billing,\n  ],`,
    );
  expect(
    edited(addStack('import x from "y";\ndefineWorkspace({ stacks: [], environments: {} })', "a", "./a.ts")),
  ).toContain("stacks: [a]");
});

it("edits the reference platform as a person would", () => {
  const text = readFileSync(new URL("../../stacks/workspace.ts", import.meta.url), "utf8");
  const after = edited(addStack(text, "billing", "./billing/contract.ts")).split("\n");
  const before = text.split("\n");
  const added = after.filter((line) => !before.includes(line));
  expect(added).toHaveLength(2);
  expect(added[0]).toBe(`import { billing } from "./billing/contract.ts";`);
  expect(added[1]).toBe("    billing,");
  const qa = edited(addEnvironment(text, "qa", edited(environmentCode(text, "staging"))));
  expect(qa).toContain("    qa: defineEnvironment({\n      ...real,\n");
  expect(qa.endsWith("    }),\n  },\n});\n")).toBe(true);
  expect(qa.replace(/\n {4}qa: defineEnvironment\([\s\S]*?\n {4}\}\),(?=\n {2}\},\n\}\);\n$)/, "")).toBe(text);
});

it("adds a name to an import that is there", () => {
  const text = `import { defineWorkspace } from "tutti/define";\n`;
  expect(edited(addImport(text, "env", "tutti/define"))).toBe(`import { defineWorkspace, env } from "tutti/define";\n`);
  expect(edited(addImport(text, "defineWorkspace", "tutti/define"))).toBe(text);
});

it("takes nothing in comments, texts and templates for code", () => {
  const text = "a // b\n'c' `d\n$` /* f */ z";
  expect(blanked(text)).toHaveLength(text.length);
  expect(blanked(text).split(/\s+/)).toEqual(["a", "z"]);
  expect(blanked(`x("stacks: [", 1)`)).toMatch(/^x\( +, 1\)$/);
});

it.each([
  ["stacks = [a]; export default defineWorkspace({ stacks, environments })", `defineWorkspace has no "stacks: [...]"`],
  [
    'import a from "a"; export default defineWorkspace({ stacks: all, environments })',
    `"stacks" is not written out as [...]`,
  ],
  ["export default defineWorkspace(spec)", "it calls defineWorkspace({ ... }) 0 times, not once"],
  [
    "defineWorkspace({ stacks: [] }); defineWorkspace({ stacks: [] })",
    "it calls defineWorkspace({ ... }) 2 times, not once",
  ],
  ["defineWorkspace({ stacks: [ }", "its brackets do not match"],
  ["defineWorkspace({ stacks: [] })", "it imports nothing"],
])("refuses %s", (text, error) => {
  expect(addStack(text, "b", "./b.ts")).toEqual({ ok: false, error });
});
