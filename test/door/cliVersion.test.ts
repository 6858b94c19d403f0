// Which CLI there is, asked once for all: a copy of `echo` stands for the binary, as it says what it is asked.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";

/** As a process that has not asked yet. */
async function versionOf(executable: string, folder?: string, meanwhile?: () => unknown): Promise<string> {
  vi.resetModules();
  const { versionOf } = await import("../../automation/pulumi/cliVersion.ts");
  return versionOf(executable, "/usr/bin:/bin", folder, meanwhile);
}

function places() {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tutti-version-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, executable: path.join(folder, "pulumi"), note: path.join(folder, "pulumi-version.json") };
}

it("is remembered of a binary until another one stands there", async () => {
  const { folder, executable, note } = places();
  copyFileSync("/bin/echo", executable);
  expect(await versionOf(executable, folder)).toBe("version\n");
  expect(statSync(note).mode & 0o777).toBe(0o600);
  const meanwhile = vi.fn();
  expect(await versionOf(executable, folder, meanwhile)).toBe("version\n");
  expect(meanwhile).not.toHaveBeenCalled();
  // Another answer than the binary would give shows where an answer comes from.
  writeFileSync(note, readFileSync(note, "utf8").replace("version\\n", "v4.0.0"));
  expect(await versionOf(executable, folder)).toBe("v4.0.0");
  expect(await versionOf(executable)).toBe("version\n");
  utimesSync(executable, new Date(0), new Date(0));
  expect(await versionOf(executable, folder)).toBe("version\n");
  for (const unreadable of ["", "null", "{}", '{"file":1}']) {
    writeFileSync(note, unreadable);
    expect(await versionOf(executable, folder)).toBe("version\n");
  }
});

it("is asked each time of a script, and where nothing can be noted", async () => {
  const { folder, executable, note } = places();
  writeFileSync(executable, "#!/bin/sh\necho v3.260.0\n", { mode: 0o755 });
  const meanwhile = vi.fn();
  expect(await versionOf(executable, folder, meanwhile)).toBe("v3.260.0\n");
  expect(meanwhile).toHaveBeenCalledOnce();
  expect(existsSync(note)).toBe(false);
  copyFileSync("/bin/echo", executable);
  expect(await versionOf(executable, path.join(folder, "nowhere"))).toBe("version\n");
});
