// Secrets: from configuration, from the program, through resources, to outputs and other stacks.
import pulumi from "@pulumi/pulumi";
import { Thing } from "../cloud.ts";
import type { Scenario } from "../scenario.ts";

export const secrets: readonly Scenario[] = [
  {
    name: "secrets-stay-secret",
    config: { "contract:plain": "open", "contract:hidden!": "closed" },
    steps: [
      {
        run: "up",
        program: async () => {
          const config = new pulumi.Config();
          const a = new Thing("a", { value: config.requireSecret("hidden") });
          const b = new Thing("b", { value: { list: [pulumi.secret(1), 2], plain: config.require("plain") } });
          new Thing("c", { value: pulumi.secret({ x: a.serial }) });
          return { a: a.value, b: b.value, made: pulumi.secret("made"), plain: config.require("plain") };
        },
      },
      { run: "up" },
      { run: "preview" },
    ],
  },
  {
    name: "a-value-becomes-secret",
    steps: [
      { run: "up", program: async () => ({ value: new Thing("a", { value: "v" }).value }) },
      { run: "up", program: async () => ({ value: new Thing("a", { value: pulumi.secret("v") }).value }) },
      { run: "up", program: async () => ({ value: new Thing("a", { value: "v" }).value }) },
    ],
  },
  {
    name: "unknown-secrets-in-a-preview",
    steps: [
      {
        run: "preview",
        program: async () => {
          const a = new Thing("a", {}, { additionalSecretOutputs: ["serial"] });
          const b = new Thing("b", { value: pulumi.secret(a.serial) });
          return { a: a.serial, b: b.value, both: pulumi.all([a.serial, b.serial]) };
        },
      },
    ],
  },
];
