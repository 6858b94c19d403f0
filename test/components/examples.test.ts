// The examples on the components' pages, run as the programs that they are: all of them come up in one sandbox, which refuses
// what a cloud would. Each has made its component, whole, with the labels that it was given on everything that can hold labels.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { componentPages } from "../../docs/pages.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { type SandboxProject, sandboxProject } from "./sandboxStack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const components = [...componentPages(root).components].map(([file, name]) => ({ kind: path.dirname(file), name }));

interface Recorded {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly custom: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

const canaries = { pagerDutyKey: "canary-1", mailPassword: "canary-2", databasePassword: "canary-3" };

let project: SandboxProject;
let state: { readonly text: string; readonly resources: readonly Recorded[] };
beforeAll(async () => {
  project = await sandboxProject(...components.map(({ kind, name }) => `docs/examples/${kind}/${name}.ts`));
  const stack = await project.stack("main", { "kubernetes:kubeconfig": kubeconfig, ...canaries });
  await stack.run("up", "--yes", "--skip-preview");
  const text = await stack.run("stack", "export");
  state = { text, resources: (JSON.parse(text) as { deployment: { resources: Recorded[] } }).deployment.resources };
}, 120_000);
afterAll(() => project.remove());

/** Names of the inputs of a Google Cloud type that hold labels, by the provider's own declarations. */
function labelInputs(type: string): string[] {
  const [, module = "", name = ""] = type.split(":");
  const folder = path.join(root, "node_modules/@pulumi/gcp", path.dirname(module));
  // iAMMember is declared in iammember.d.ts.
  const wanted = `${path.basename(module)}.d.ts`.toLowerCase();
  const file = readdirSync(folder).find((one) => one.toLowerCase() === wanted) ?? wanted;
  const declared = readFileSync(path.join(folder, file), "utf8");
  const args = new RegExp(`^export interface ${name}Args \\{$(.*?)^\\}$`, "ms").exec(declared)?.[1];
  if (args === undefined) throw new Error(`no ${name}Args in ${module}.d.ts`);
  return ["labels", "userLabels", "resourceLabels"].filter((input) => new RegExp(`^ {4}${input}\\?:`, "m").test(args));
}

/** What a resource is labelled with; undefined for one that cannot be. */
function labelsOf({ type, inputs = {} }: Recorded): unknown {
  // What a chart makes is the chart's to label.
  if (type.startsWith("kubernetes:helm")) return undefined;
  if (type.startsWith("kubernetes:")) return (inputs["metadata"] as { labels?: unknown } | undefined)?.labels ?? {};
  if (type === "gcp:sql/databaseInstance:DatabaseInstance")
    return (inputs["settings"] as { userLabels: unknown }).userLabels;
  // The labels of a notification channel are its address; its user labels are what others call labels.
  const input = labelInputs(type).at(-1);
  return input === undefined ? undefined : (inputs[input] ?? {});
}

/** Whether a resource is a child of the component, or of a child. */
function isBelow({ parent }: Recorded, component: Recorded | undefined): boolean {
  if (parent === undefined || component === undefined) return false;
  if (parent === component.urn) return true;
  const above = state.resources.find(({ urn }) => urn === parent);
  return above !== undefined && isBelow(above, component);
}

/** Names of the outputs that a component declares, sorted, and how its constructor ends. */
function publicMembers(kind: string, name: string) {
  const file = path.join(root, "components", kind, `${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`);
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const members = source.statements
    .filter(ts.isClassDeclaration)
    .filter((one) => one.name?.text === name)
    .flatMap(({ members }) => [...members]);
  const statements = members.filter(ts.isConstructorDeclaration).flatMap(({ body }) => [...(body?.statements ?? [])]);
  return {
    outputs: members
      .filter((member) => ts.isPropertyDeclaration(member) || ts.isGetAccessorDeclaration(member))
      .filter((member) => ts.isIdentifier(member.name))
      .map((member) => member.name.getText())
      .sort(),
    registering: source.text.split("this.registerOutputs(").length - 1,
    last: statements.at(-1)?.getText().startsWith("this.registerOutputs(") ?? false,
  };
}

const shortName = (urn: string) => urn.split("::").slice(2).join("::");

describe.each(components)("the example of $kind/$name", ({ kind, name }) => {
  const source = readFileSync(path.join(root, "docs/examples", kind, `${name}.ts`), "utf8");
  const logical = new RegExp(`new ${name}\\(\\s*"([a-z0-9-]+)"`).exec(source)?.[1];
  const component = () => state.resources.find(({ urn }) => urn.endsWith(`::tutti:${kind}:${name}::${logical}`));

  it("makes the component, whose outputs are registered: what it has for its users, and nothing else", () => {
    const { outputs } = publicMembers(kind, name);
    expect(outputs.length).toBeGreaterThan(0);
    expect(Object.keys(component()?.outputs ?? {}).sort()).toEqual(outputs);
  });

  it("registers them once, when everything else is made", () => {
    const { registering, last } = publicMembers(kind, name);
    expect([registering, last]).toEqual([1, true]);
  });

  const team = /labels: \{ team: "(\w+)" \}/.exec(source)?.[1];
  if (team === undefined) return;
  it("labels everything that can hold labels", () => {
    const children = state.resources.filter(
      (one) => isBelow(one, component()) && /^(?:gcp|kubernetes):/.test(one.type),
    );
    expect(children.length).toBeGreaterThan(0);
    const unlabelled = children.filter((child) => {
      const labels = labelsOf(child);
      return labels !== undefined && (labels as Record<string, unknown>)["team"] !== team;
    });
    expect(unlabelled.map(({ urn }) => shortName(urn))).toEqual([]);
  });
});

it("takes a label for every component that has one to give", () => {
  const unlabelled = components.filter(({ kind, name }) => {
    const file = path.join(root, "components", kind, `${name.charAt(0).toLowerCase()}${name.slice(1)}.ts`);
    const takes = /labels\?: (?:Kubernetes)?Labels|extends WorkloadArgs/.test(readFileSync(file, "utf8"));
    const gives = /labels: \{ team:/.test(readFileSync(path.join(root, "docs/examples", kind, `${name}.ts`), "utf8"));
    return takes !== gives;
  });
  expect(unlabelled).toEqual([]);
});

it("gives every child of a component a parent and a name that begins with the component's", () => {
  const byUrn = new Map(state.resources.map((resource) => [resource.urn, resource]));
  const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";
  const badly = state.resources.filter(({ urn, parent, type }) => {
    const above = byUrn.get(parent ?? "");
    if (above === undefined || !above.type.startsWith("tutti:")) return !/^(?:tutti:|pulumi:)/.test(type);
    return nameOf(urn) !== nameOf(above.urn) && !nameOf(urn).startsWith(`${nameOf(above.urn)}-`);
  });
  expect(badly.map(({ urn }) => shortName(urn))).toEqual([]);
});

it("keeps what was secret out of the state's plain text", () => {
  for (const [, password] of state.text.matchAll(/"result": "([^"]+)"/g)) expect(password).toBeUndefined();
  for (const canary of Object.values(canaries)) expect(state.text).not.toContain(canary);
});
