// Stacks that read other stacks.
import pulumi from "@pulumi/pulumi";
import { Thing } from "../cloud.ts";
import { PROJECT, type Scenario } from "../scenario.ts";

const upstream = (value: string) => async () => {
  const a = new Thing("a", { value });
  return { value: a.value, hidden: pulumi.secret("h"), serial: a.serial };
};
const downstream = async () => {
  const reference = new pulumi.StackReference(`organization/${PROJECT}/upstream`);
  const b = new Thing("b", { value: { v: reference.requireOutput("value"), h: reference.requireOutput("hidden") } });
  return { value: b.value, copy: reference.getOutput("serial"), missing: reference.getOutput("nowhere") };
};

export const references: readonly Scenario[] = [
  {
    name: "stack-reference-reads-outputs",
    steps: [
      { run: "up", stack: "upstream", program: upstream("one") },
      { run: "preview", stack: "downstream", program: downstream },
      { run: "up", stack: "downstream" },
      { run: "up", stack: "upstream", program: upstream("two") },
      { run: "up", stack: "downstream", program: downstream },
      { run: "up", stack: "downstream" },
      { run: "destroy", stack: "downstream" },
    ],
  },
  {
    name: "stack-reference-to-nowhere",
    steps: [{ run: "up", program: downstream }],
  },
];
