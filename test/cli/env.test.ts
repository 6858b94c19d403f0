// `eval "$(tutti env -e real)"`: plain `pulumi` then finds the backend, the passphrase and the Node that runs tutti, from any
// folder of the workspace.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createFixture, type Fixture } from "./fixture.ts";

let fixture: Fixture;
beforeAll(() => {
  fixture = createFixture();
  fixture.write("it's secret", "the passphrase");
  fixture.write(
    "installed/pulumi",
    '#!/bin/sh\necho "$@"; echo "$PULUMI_BACKEND_URL"; cat "$PULUMI_CONFIG_PASSPHRASE_FILE"; echo; command -v node\n',
  );
  chmodSync(path.join(fixture.root, "installed/pulumi"), 0o755);
  // A Node that is older than tutti needs, where a person's own is.
  fixture.write("installed/node", "#!/bin/sh\nexit 1\n");
  chmodSync(path.join(fixture.root, "installed/node"), 0o755);
  mkdirSync(path.join(fixture.root, "state"));
});
afterAll(() => fixture.remove());

it("makes plain pulumi work in a shell, quoted for it", () => {
  const script = path.resolve(import.meta.dirname, "../../bin/tutti.js");
  const env = {
    PATH: `${path.join(fixture.root, "installed")}:/usr/bin:/bin`,
    HOME: fixture.root,
    STATE_URL: `file://${fixture.root}/state`,
    PULUMI_CONFIG_PASSPHRASE_FILE: "it's secret",
  };
  const said = execFileSync(
    "sh",
    ["-c", `eval "$('${process.execPath}' '${script}' env -e real)" && cd stacks && pulumi up -s base.real`],
    { cwd: fixture.root, env, encoding: "utf8" },
  );
  expect(said).toBe(`up -s base.real\nfile://${fixture.root}/state\nthe passphrase\n${process.execPath}\n`);
});

it("says what is left to do where no passphrase is known, and leaves standard output to the shell", async () => {
  const { code, stdout, stderr } = await fixture.tutti(["env", "-e", "real"], { env: { STATE_URL: "file:///state" } });
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^(?:export [A-Z_]+='[^']*'\n)+$/);
  expect(stderr).toMatch(/environment real uses a passphrase: set PULUMI_CONFIG_PASSPHRASE_FILE/);
});
