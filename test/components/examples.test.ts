// The example on each component's page runs as the program that it is: it registers the component whole, with the labels that it
// was given on everything that can hold labels.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { componentPages } from "../../docs/pages.ts";
import { type Registered, record } from "../support/mocks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = [...componentPages(root).components].map(
  ([file, name]) => [`${path.dirname(file)}/${name}`, name] as const,
);

/** Configuration that examples ask for, all of it secret. */
const secrets = ["pagerDutyKey", "mailPassword", "databasePassword"].map((key) => `platform:${key}`);

/** Names of the inputs of a Google Cloud type that hold labels, by the provider's own declarations. */
function labelInputs(type: string): string[] {
  const [, module = "", name = ""] = type.split(":");
  const declared = readFileSync(path.join(root, "node_modules/@pulumi/gcp", `${module}.d.ts`), "utf8");
  const args = new RegExp(`^export interface ${name}Args \\{$(.*?)^\\}$`, "ms").exec(declared)?.[1];
  if (args === undefined) throw new Error(`no ${name}Args in ${module}.d.ts`);
  return ["labels", "userLabels", "resourceLabels"].filter((input) => new RegExp(`^ {4}${input}\\?:`, "m").test(args));
}

/** What a resource is labelled with; undefined for one that cannot be. */
function labelsOf({ type, inputs }: Registered): unknown {
  if (type.startsWith("kubernetes:")) return (inputs["metadata"] as { labels?: unknown } | undefined)?.labels ?? {};
  if (type === "gcp:sql/databaseInstance:DatabaseInstance")
    return (inputs["settings"] as { userLabels: unknown }).userLabels;
  // The labels of a channel are its address; its user labels are what others call labels.
  const input = labelInputs(type).at(-1);
  return input === undefined ? undefined : (inputs[input] ?? {});
}

describe.each(examples)("%s", (file, name) => {
  it("is built by its example, and labelled throughout", async () => {
    const source = path.join(root, "docs/examples", `${file}.ts`);
    const { registered, finished, value } = await record(async () => {
      pulumi.runtime.setAllConfig(Object.fromEntries(secrets.map((key) => [key, "a secret"])), secrets);
      return { ...((await import(source)) as Record<string, unknown>) };
    });
    const [kind] = file.split("/");
    const component = registered.find(({ type }) => type === `tutti:${kind}:${name}`);
    expect(component).toBeDefined();
    expect(finished).toContain(`${component?.type} ${component?.name}`);
    expect(Object.values(value).every((output) => output !== undefined)).toBe(true);
    expect(Object.keys(value).length).toBeGreaterThan(0);

    const team = /labels: \{ team: "(\w+)" \}/.exec(readFileSync(source, "utf8"))?.[1];
    if (team === undefined) return;
    const children = registered.filter(
      ({ parent, type }) => parent === `${component?.type} ${component?.name}` && /^(?:gcp|kubernetes):/.test(type),
    );
    // A release's objects are the chart's to label.
    const unlabelled = children.filter((child) => {
      const labels = child.type.startsWith("kubernetes:helm") ? undefined : labelsOf(child);
      return labels !== undefined && (labels as Record<string, unknown>)["team"] !== team;
    });
    expect(unlabelled.map(({ type, name: child }) => `${type} ${child}`)).toEqual([]);
  });
});
