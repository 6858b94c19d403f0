// Part of a stack only: targets, excludes, forced replacement.
import { Thing } from "../cloud.ts";
import { type Scenario, thing } from "../scenario.ts";

const chain = (value: number) => async () => {
  const a = new Thing("a", { value });
  const b = new Thing("b", { value: a.value });
  new Thing("c", { value: b.value });
  new Thing("d", { value });
};

export const selections: readonly Scenario[] = [
  {
    name: "target-updates-one",
    steps: [
      { run: "up", program: chain(1) },
      { run: "up", program: chain(2), options: { target: [thing("a")] } },
      { run: "up", options: { target: [thing("b")], targetDependents: true } },
      { run: "up" },
      { run: "up", program: chain(3), options: { target: [thing("a")], targetDependents: true } },
    ],
  },
  {
    name: "target-creates-one",
    steps: [
      { run: "up", program: chain(1), options: { target: [thing("d")] } },
      { run: "up", options: { target: [thing("nowhere")] } },
    ],
  },
  {
    name: "target-destroys-with-dependents",
    steps: [
      { run: "up", program: chain(1) },
      { run: "destroy", options: { target: [thing("b")] } },
      { run: "destroy", options: { target: [thing("b")], targetDependents: true } },
      { run: "destroy" },
    ],
  },
  {
    name: "exclude-leaves-one-out",
    steps: [
      { run: "up", program: chain(1) },
      { run: "up", program: chain(2), options: { exclude: [thing("d")] } },
      { run: "destroy", options: { exclude: [thing("a")] } },
    ],
  },
  {
    name: "replace-by-request",
    steps: [
      { run: "up", program: chain(1) },
      { run: "preview", options: { replace: [thing("a")] } },
      { run: "up", options: { replace: [thing("a")] } },
    ],
  },
];
