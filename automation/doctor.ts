// Looks at the machine, the workspace and its environments, and says what would stand in the way of a run, with what to do.
import { access, constants, mkdir, readFile, stat } from "node:fs/promises";
import module from "node:module";
import path from "node:path";
import { satisfies } from "semver";
import { parse } from "yaml";
import { resolveChecked } from "./checkWorkspace.ts";
import type { EnvReference, Workspace } from "./define.ts";
import { TuttiError } from "./errors.ts";
import { findRoot, loadWorkspace } from "./load.ts";
import { problemLine } from "./problems.ts";
import type { Variables } from "./variables.ts";
import { noneNamed, ownValue, resolveReference } from "./workspace.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  /** `problem`: something will not work; `warning`: it may not; `note`: worth knowing. */
  readonly status: "ok" | "note" | "warning" | "problem";
  readonly message: string;
  readonly hint?: string;
}

export interface Patient {
  readonly directory: string;
  readonly variables: Variables;
  readonly platform?: NodeJS.Platform;
  readonly nodeVersion?: string;
  /** Only this one of the environments, as if it were to run now: what is missing for it is a problem, not a warning. */
  readonly environment?: string;
  /** How long anything that is asked may take, milliseconds. */
  readonly patienceMs?: number;
  /** The door to the network and a token for Google's APIs; made from `variables` by default. */
  readonly google?: { readonly request: typeof fetch; readonly token: () => Promise<string> };
}

/** Looks at everything; never throws for what it finds. @throws TuttiError `usage` for an environment there is not. */
export async function examine({
  directory,
  variables,
  platform = process.platform,
  nodeVersion = process.versions.node,
  environment,
  google,
  patienceMs = 20_000,
}: Patient): Promise<readonly Finding[]> {
  const findings: Finding[] = [node(nodeVersion), system(platform)];
  let root: string;
  try {
    root = findRoot(directory);
  } catch (error) {
    return [...findings, problem("workspace", error)];
  }
  findings.push(...(await project(root)), sdkCopies(root), await files(root));
  try {
    const { workspace, facts } = await loadWorkspace(root);
    if (environment !== undefined && ownValue(workspace.environments, environment) === undefined)
      throw new TuttiError("usage", noneNamed("environment", environment, Object.keys(workspace.environments)));
    const { problems, stacks } = resolveChecked(workspace, facts);
    findings.push(
      ...(problems.length === 0
        ? [ok("workspace", `${stacks.size} stacks in ${Object.keys(workspace.environments).length} environments`)]
        : problems.map((one): Finding => ({ check: "workspace", status: "problem", message: problemLine(one) }))),
    );
    findings.push(...(await realEnvironments(workspace, root, variables, environment, patienceMs)));
    if (environment !== undefined)
      findings.push(...(await cloud(workspace, variables, environment, root, patienceMs, google)));
  } catch (error) {
    if (error instanceof TuttiError && error.code === "usage" && environment !== undefined) throw error;
    findings.push(problem("workspace", error));
  }
  return findings;
}

const ok = (check: string, message: string): Finding => ({ check, status: "ok", message });

function problem(check: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof TuttiError ? error.hint : undefined;
  return { check, status: "problem", message, ...(hint === undefined ? {} : { hint }) };
}

function node(version: string): Finding {
  if (satisfies(version, ">=22.18.0")) return ok("node", `Node.js ${version}`);
  return {
    check: "node",
    status: "problem",
    message: `Node.js ${version}; 22.18 or newer is needed`,
    hint: "run npx tutti where npm ci has run: a fitting Node comes with it",
  };
}

function system(platform: NodeJS.Platform): Finding {
  if (platform === "linux" || platform === "darwin") return ok("system", platform);
  const hint = platform === "win32" ? "use it inside WSL" : "use Linux or macOS";
  return { check: "system", status: "problem", message: `${platform} is not supported`, hint };
}

/** Whether Pulumi.yaml runs programs the fast way, which plain `pulumi up` profits from as well. */
async function project(root: string): Promise<readonly Finding[]> {
  let yaml: {
    runtime?: string | { name?: string; options?: { typescript?: unknown; nodeargs?: unknown } };
    main?: unknown;
  };
  try {
    yaml = (parse(await readFile(path.join(root, "Pulumi.yaml"), "utf8")) ?? {}) as typeof yaml;
  } catch (error) {
    return [problem("Pulumi.yaml", error)];
  }
  const findings: Finding[] = [];
  const options = typeof yaml.runtime === "object" ? yaml.runtime.options : undefined;
  if (options?.typescript !== false) {
    findings.push({
      check: "Pulumi.yaml",
      status: "warning",
      message: "programs are compiled at every start",
      hint: "Node runs TypeScript by itself: runtime: { name: nodejs, options: { typescript: false } }",
    });
  }
  if (!String(options?.nodeargs ?? "").includes("lean")) {
    findings.push({
      check: "Pulumi.yaml",
      status: "note",
      message: "programs load the SDK's TypeScript compiler although they seldom need it: half a second at every start",
      hint: 'add to runtime.options: nodeargs: "--import tutti/lean"',
    });
  }
  return findings.length > 0 ? findings : [ok("Pulumi.yaml", "programs start without a compiler")];
}

/** Two copies of the SDK break outputs and dynamic providers (@pulumi/pulumi keeps its state in the module). */
function sdkCopies(root: string): Finding {
  const resolved = (from: string): string | undefined => {
    try {
      return module.createRequire(from).resolve("@pulumi/pulumi/package.json");
    } catch {
      return undefined;
    }
  };
  const theirs = resolved(path.join(root, "stacks", "index.ts"));
  const ours = resolved(import.meta.filename);
  if (theirs === undefined)
    return {
      check: "sdk",
      status: "problem",
      message: "@pulumi/pulumi is not installed in the workspace",
      hint: "npm install @pulumi/pulumi",
    };
  if (ours !== undefined && ours !== theirs) {
    return {
      check: "sdk",
      status: "problem",
      message: `two copies of @pulumi/pulumi: ${theirs} and ${ours}`,
      hint: "npm dedupe",
    };
  }
  return ok("sdk", "one copy of @pulumi/pulumi");
}

async function files(root: string): Promise<Finding> {
  const folder = path.join(root, ".tutti");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
    const mode = (await stat(folder)).mode & 0o077;
    if (mode !== 0)
      return {
        check: "files",
        status: "warning",
        message: `${folder} is readable by others`,
        hint: `chmod 700 ${folder}`,
      };
    return ok("files", `${folder} is writable, and yours alone`);
  } catch (error) {
    return problem("files", error);
  }
}

/** What real environments need, or the one that is named: the CLI, every variable they name, and a backend that answers. */
async function realEnvironments(
  workspace: Workspace,
  root: string,
  variables: Variables,
  only: string | undefined,
  patienceMs: number,
): Promise<readonly Finding[]> {
  const real = Object.entries(workspace.environments).filter(
    ([name, { cloud }]) => cloud === "real" && (only === undefined || name === only),
  );
  if (real.length === 0) return [];
  const status = only === undefined ? "warning" : "problem";
  const findings: Finding[] = [];
  const { locateOfficial } = await import("./pulumi/official.ts");
  let installed = true;
  try {
    const { executable, version } = await locateOfficial(variables);
    findings.push(ok("pulumi", `pulumi ${version.version} at ${executable}`));
  } catch (error) {
    installed = false;
    const names = real.map(([name]) => name).join(", ");
    // Nobody who works in sandboxes only needs it.
    findings.push({
      ...problem("pulumi", error),
      status,
      message: `${problem("pulumi", error).message} (for ${names})`,
    });
  }
  for (const [name, environment] of real) {
    const { backend, secretsProvider, passphrase, variables: more } = environment;
    const missing = Object.entries({ backend, secretsProvider, passphrase, ...more }).flatMap(([key, value]) => {
      if (value === undefined) return [];
      const result = resolveReference(value, variables, `environment ${name}: ${key}`);
      return result.ok ? [] : [problemLine(result.error)];
    });
    findings.push(...missing.map((message): Finding => ({ check: "environments", status, message })));
    if (!installed || missing.length > 0) continue;
    const { examineBackend } = await import("./pulumi/examineBackend.ts");
    const found = await examineBackend({ name, environment, root, variables, all: workspace.environments, patienceMs });
    findings.push({ check: "backend", ...found });
  }
  return findings;
}

/** What one environment needs to be there before it runs: plugins, and in the cloud what it says it needs of Google. */
async function cloud(
  workspace: Workspace,
  variables: Variables,
  name: string,
  root: string,
  patienceMs: number,
  google: Patient["google"],
): Promise<readonly Finding[]> {
  const environment = workspace.environments[name];
  if (environment?.cloud !== "real") return [ok(name, "a sandbox: it needs nothing of any cloud")];
  const { isInstalled, requiredPlugins } = await import("./pulumi/plugins.ts");
  const known = Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => !!entry[1]));
  const missing = requiredPlugins(root).filter((plugin) => !isInstalled(plugin, known));
  const findings: Finding[] = [
    missing.length === 0
      ? ok("plugins", "installed")
      : {
          check: "plugins",
          status: "note",
          message: `missing: ${missing.map((one) => `${one.name} ${one.version ?? ""}`.trim()).join(", ")}; the first run installs them`,
          hint: missing
            .map((one) => `pulumi plugin install resource ${one.name} ${one.version ?? ""}`.trim())
            .join(" && "),
        },
  ];
  if (environment.google === undefined) return findings;
  const { googleFindings, googleToken } = await import("./googleFindings.ts");
  const said = (value: string | EnvReference | undefined): string | undefined => {
    const result = value === undefined ? undefined : resolveReference(value, variables, name);
    return result?.ok ? result.value : undefined;
  };
  // What the environment hands to its programs is what they will sign in with.
  const own = Object.entries(environment.variables).map(([key, value]) => [key, said(value)]);
  const theirs: Variables = { ...variables, ...Object.fromEntries(own) };
  return [
    ...findings,
    ...(await googleFindings({
      environment: name,
      needs: environment.google,
      backend: said(environment.backend),
      secretsProvider: said(environment.secretsProvider),
      token: google?.token ?? (() => googleToken(theirs)),
      patienceMs,
      ...(google !== undefined && { request: google.request }),
    })),
  ];
}
