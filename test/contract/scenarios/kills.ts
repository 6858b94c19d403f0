// The engine is killed while the cloud works: what it leaves in the state, and how the next operation goes on from there.
import { Held } from "../cloud.ts";
import type { Scenario } from "../scenario.ts";

/** Large enough for the embedded engine to write changes rather than the whole state. */
const large = () => new Held("large", { value: "x".repeat(600_000) });

export const kills: readonly Scenario[] = [
  {
    name: "killed-while-it-creates",
    steps: [
      { run: "up", program: async () => void new Held("a") },
      {
        run: "up",
        program: async () => {
          const a = new Held("a");
          new Held("b", {}, { dependsOn: a });
        },
        options: { killAt: "create b" },
      },
      { run: "preview" },
      { run: "up" },
      { run: "refresh", options: { clearPendingCreates: true } },
    ],
  },
  {
    name: "killed-while-it-updates-and-destroyed",
    steps: [
      { run: "up", program: async () => void new Held("a", { value: 1 }) },
      { run: "up", program: async () => void new Held("a", { value: 2 }), options: { killAt: "update a" } },
      { run: "up" },
      { run: "destroy", options: { killAt: "delete a" } },
      { run: "destroy" },
    ],
  },
  {
    name: "killed-while-the-replaced-is-deleted",
    steps: [
      { run: "up", program: async () => void new Held("a", { kind: "x" }) },
      { run: "up", program: async () => void new Held("a", { kind: "y" }), options: { killAt: "delete a" } },
      { run: "up" },
    ],
  },
  {
    name: "killed-between-deletion-and-creation",
    steps: [
      { run: "up", program: async () => void new Held("a", { slot: "x" }) },
      { run: "up", program: async () => void new Held("a", { slot: "y" }), options: { killAt: "create a" } },
      { run: "up" },
      { run: "refresh", options: { clearPendingCreates: true } },
    ],
  },
  {
    name: "killed-with-a-large-state",
    steps: [
      {
        run: "up",
        program: async () => {
          large();
          new Held("a", { kind: "x" });
          new Held("gone");
        },
      },
      {
        run: "up",
        program: async () => {
          large();
          new Held("a", { kind: "x" });
          new Held("gone");
          new Held("b");
        },
        options: { killAt: "create b" },
      },
      {
        run: "up",
        program: async () => {
          large();
          new Held("a", { kind: "y" }, { dependsOn: [new Held("before"), new Held("before-too")] });
        },
        meanwhile: ({ objects }) => void delete objects["gone-1"],
        options: { refresh: true, killAt: "delete a" },
      },
      { run: "up" },
    ],
  },
];
