// Records the state of program.ts as the components of today make it: `node test/components/upgrade/record.ts 0.2.0`, once a
// release. A recorded state is never made anew: what it says is what somebody's stack holds.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { sandboxProject } from "../sandboxStack.ts";

const [version = ""] = process.argv.slice(2);
const file = fileURLToPath(new URL(`recordings/${version}.json`, import.meta.url));
if (!/^\d+\.\d+\.\d+$/.test(version) || existsSync(file)) {
  process.stderr.write("usage: record.ts <version>, of a release that was not recorded yet\n");
  process.exit(2);
}
const project = await sandboxProject("test/components/upgrade/program.ts");
try {
  const stack = await project.stack("main");
  await stack.run("up", "--yes", "--skip-preview");
  // Where a resource was written on the machine that recorded it is nobody's business.
  const state = JSON.stringify(
    JSON.parse(await stack.run("stack", "export"), (key, value: unknown) =>
      key === "sourcePosition" || key === "stackTrace" ? undefined : value,
    ),
    null,
    4,
  );
  await writeFile(file, `${state}\n`);
} finally {
  await project.remove();
}
