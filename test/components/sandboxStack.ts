// Stacks on the embedded engine that run files of the repository, in a folder that goes: their sandbox, backend, configuration.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createEngine } from "../../engine/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Protects nothing: generated passwords of a sandbox that is gone. */
const passphrase = "recorded-states";

type Config = Readonly<Record<string, string>>;

export interface SandboxStack {
  /** What the engine printed; an error that tells it all when the command failed. */
  run(...args: readonly string[]): Promise<string>;
}

export interface SandboxProject {
  /** A new stack with this configuration, in plain text. */
  stack(name: string, config?: Config): Promise<SandboxStack>;
  remove(): Promise<void>;
}

/** A project `platform` that runs these files of the repository, one after the other, as one program. */
export async function sandboxProject(...programs: readonly string[]): Promise<SandboxProject> {
  const folder = await mkdtemp(path.join(tmpdir(), "tutti-components-"));
  const project = path.join(folder, "project");
  const state = path.join(folder, "state");
  await Promise.all([project, state].map((one) => mkdir(one)));
  await symlink(path.join(root, "node_modules"), path.join(project, "node_modules"));
  const imports = programs.map((program) => pathToFileURL(path.join(root, program)).href);
  const files: Record<string, string> = {
    "Pulumi.yaml": "name: platform\nruntime: nodejs\n",
    "package.json": '{ "name": "platform", "type": "module", "main": "index.js" }',
    "index.js": imports.map((href) => `export * from ${JSON.stringify(href)};\n`).join(""),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(project, name), text);
  const engine = createEngine({
    env: {
      HOME: folder,
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
    },
    sandbox: { directory: path.join(folder, "cloud") },
  });
  return {
    async stack(name, config = {}) {
      const run = async (...args: readonly string[]) => {
        const { code, stdout, stderr } = await engine.run([...args, "--stack", name, "--non-interactive"], project, {});
        if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
        return stdout;
      };
      await engine.run(["stack", "init", name, "--non-interactive"], project, {});
      const all = { "gcp:project": "acme-prod", "gcp:region": "europe-west1", ...config };
      for (const [key, value] of Object.entries(all)) await run("config", "set", key, value, "--plaintext");
      return { run };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
