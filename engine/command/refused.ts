// What the official CLI (3.260.0) can do and this engine refuses by name: commands, with all that is below them, and why.
// The list is closed: what does not stand here, nor as a refused flag in commands.ts, is done.

const cloud = "it is Pulumi Cloud's";
const policy = "policy packs are not run here";
const plugins = "it needs plugins, of which this engine starts none";

/** The reason of each refusal, by the words of the command. */
export const refusedCommands: Readonly<Record<string, string>> = {
  api: cloud,
  "config env": "environments are Pulumi Cloud's",
  console: cloud,
  convert: "it writes programs in other languages, by plugins",
  deployment: cloud,
  do: plugins,
  env: "environments are Pulumi Cloud's",
  esc: "environments are Pulumi Cloud's",
  insights: cloud,
  "logs share": "it sends a log to Pulumi Cloud",
  neo: cloud,
  new: "projects are not made from templates here",
  org: cloud,
  package: plugins,
  "plugin run": plugins,
  policy,
  project: cloud,
  schema: plugins,
  "stack drift": cloud,
  "stack history events": cloud,
  "stack schedule": cloud,
  "stack webhook": cloud,
  template: cloud,
};

/** Why flags are refused. */
export const reasons = {
  cloud,
  policy,
  plugins,
  environments: "environments are Pulumi Cloud's",
  plan: "update plans are neither saved nor followed here",
} as const;
