// Where and how an operation ran, as its entry in the history tells: of flags and of Pulumi's variables only that they were
// given, never a value (pulumi/pulumi: pkg/cmd/pulumi/metadata/metadata.go). Of git and of a CI system it tells nothing.
import { arch, platform } from "node:os";
import type { CommandContext } from "./context.ts";

/** As Go names them. */
const systems: Readonly<Record<string, string>> = { win32: "windows" };
const processors: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

export function updateEnvironment({ flags, env, version }: CommandContext): Readonly<Record<string, string>> {
  const execKind = flags.string("exec-kind") ?? "";
  const execAgent = flags.string("exec-agent") ?? "";
  const variables = Object.keys(env).filter((name) => name.startsWith("PULUMI_"));
  return {
    "exec.kind": /^auto\.(inline|local)$/.test(execKind) ? execKind : "cli",
    ...(execAgent !== "" && { "exec.agent": execAgent }),
    "pulumi.arch": processors[arch()] ?? arch(),
    "pulumi.os": systems[platform()] ?? platform(),
    "pulumi.version": version,
    ...Object.fromEntries(
      variables.map((name) => [`pulumi.env.${name}`, switches.test(name) ? truth(env[name]!) : "set"]),
    ),
    ...Object.fromEntries(flags.names().map((name) => [`pulumi.flag.${name}`, truth(flags.string(name) ?? "")])),
    "stack.environments": "[]",
    updatePlan: "false",
  };
}

/** Variables that are on or off. All others may hold what is not to be told. */
const switches = /^PULUMI_(SKIP|DISABLE|ENABLE|DEBUG|EXPERIMENTAL|IGNORE)/;

function truth(value: string): "true" | "false" | "set" {
  return /^(1|true)$/i.test(value) ? "true" : /^(0|false)$/i.test(value) ? "false" : "set";
}
