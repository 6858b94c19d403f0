// Destroys and refreshes that run the program, and operations that pass over protection.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { type Cloud, Pair, Thing } from "../cloud.ts";
import { PROJECT, type Scenario, say, thing } from "../scenario.ts";

const deletion = () =>
  new pulumi.ResourceHook("deletion", ({ name, oldInputs, oldOutputs }) =>
    say(`deletes ${name} ${oldInputs?.["value"]} ${oldOutputs?.["value"]}`),
  );
const hooked = (value: number) => async () => {
  const hooks = { beforeDelete: [deletion()] };
  const a = new Thing("a", { value }, { hooks });
  new Thing("b", { value: a.serial }, { hooks });
};
const change = (id: string) => (cloud: Cloud) => {
  cloud.objects[id] = { ...cloud.objects[id], value: "changed" };
};
const remove = (id: string) => (cloud: Cloud) => {
  delete cloud.objects[id];
};

/** A provider of the dynamic resources with properties of its own. */
class Tuned extends pulumi.ProviderResource {
  constructor(name: string, properties: pulumi.Inputs, options: pulumi.ResourceOptions = {}) {
    super("pulumi-nodejs", name, properties, options);
  }
}

/** `${first}-${second}`, as the setting has it. */
const pattern = (...parts: readonly string[]) => parts.map((part) => `\${${part}}`).join("-");

export const programs: readonly Scenario[] = [
  {
    name: "destroy-by-the-program-calls-hooks",
    steps: [
      { run: "up", program: hooked(1) },
      { run: "destroy", program: hooked(2), options: { runProgram: true } },
    ],
  },
  {
    name: "destroy-by-the-program-creates-nothing",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          const gone = new Thing("gone", { value: a.serial });
          new Pair("p", { value: gone.serial });
        },
      },
      {
        run: "destroy",
        program: async () => {
          const a = new Thing("a", { value: 2 });
          const fresh = new Thing("fresh", { value: a.value });
          new Thing("after", { value: fresh.serial });
          new Pair("p");
          new Pair("q");
          new random.RandomPet("pet", {}, { provider: new random.Provider("mine") });
          return { value: a.value };
        },
        options: { runProgram: true },
      },
    ],
  },
  {
    name: "destroy-by-the-program-of-a-target",
    steps: [
      { run: "up", program: hooked(1) },
      { run: "destroy", options: { runProgram: true, target: [thing("b")] } },
      { run: "destroy", options: { runProgram: true, exclude: [thing("a")] } },
    ],
  },
  {
    name: "destroy-by-the-program-fails",
    steps: [
      { run: "up", program: hooked(1) },
      { run: "destroy", options: { runProgram: true }, meanwhile: (cloud) => cloud.fail.push("delete b") },
      {
        run: "destroy",
        options: { runProgram: true },
        program: async () => {
          throw new pulumi.RunError("the program gives up");
        },
        meanwhile: (cloud) => {
          cloud.fail = [];
        },
      },
    ],
  },
  {
    name: "destroy-by-the-program-after-a-refresh",
    steps: [
      { run: "up", program: hooked(1) },
      { run: "destroy", options: { runProgram: true, refresh: true }, meanwhile: remove("b-1") },
    ],
  },
  {
    name: "refresh-by-the-program",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("b", { value: 1 });
          new Thing("gone", { value: 1 });
          new Pair("p");
        },
      },
      {
        run: "refresh",
        program: async () => {
          new Thing("a", { value: 2 });
          new Thing("b", { value: 1 });
          new Thing("fresh");
          new Pair("p");
        },
        options: { runProgram: true },
        meanwhile: (cloud) => {
          change("a-1")(cloud);
          change("gone-1")(cloud);
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "refresh-by-the-program-finds-one-gone",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          new Thing("b", { value: a.serial });
          new Thing("c", { value: 1 });
        },
      },
      { run: "refresh", options: { runProgram: true }, meanwhile: remove("a-1") },
      { run: "up" },
    ],
  },
  {
    name: "refresh-by-the-program-of-a-target",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("b", { value: 1 });
        },
      },
      {
        run: "refresh",
        meanwhile: (cloud) => {
          change("a-1")(cloud);
          change("b-1")(cloud);
        },
        options: { runProgram: true, target: [thing("a")] },
      },
    ],
  },
  {
    name: "destroy-by-the-program-of-what-needs-what-is-new",
    steps: [
      {
        run: "up",
        program: async () => {
          new Pair("p", {}, { dependsOn: new Thing("a", { value: 1 }) });
        },
      },
      {
        run: "destroy",
        program: async () => {
          const fresh = new Thing("fresh");
          const a = new Thing("a", { value: 1 }, { dependsOn: fresh });
          a.serial.apply((serial) => say(`serial ${serial}`));
          new Pair("p", {}, { dependsOn: fresh });
          new Pair("q", {}, { dependsOn: fresh });
          new random.RandomPet("pet", {}, { provider: new random.Provider("mine", {}, { dependsOn: fresh }) });
        },
        options: { runProgram: true },
      },
    ],
  },
  {
    name: "destroy-by-the-program-of-nothing",
    steps: [
      {
        run: "destroy",
        program: async () => {
          new Thing("a");
          new Pair("p");
        },
        options: { runProgram: true },
      },
    ],
  },
  {
    name: "destroy-by-the-program-of-what-is-read",
    steps: [
      { run: "up", program: async () => void new random.RandomPet("pet") },
      {
        run: "destroy",
        program: async () => {
          new random.RandomPet("pet");
          random.RandomId.get("id", "p-,vpHsfw");
        },
        options: { runProgram: true },
      },
    ],
  },
  {
    name: "preview-of-a-refresh-by-the-program",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }) },
      { run: "preview-refresh", options: { runProgram: true }, meanwhile: change("a-1") },
    ],
  },
  {
    name: "update-with-refresh-by-the-program",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          new Thing("b", { value: a.serial });
          new Thing("c", { value: 1 });
          new Pair("p", { value: 1 });
          new Thing("gone", { value: 1 });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          new Thing("b", { value: a.serial });
          new Thing("c", { kind: "x", value: 1 });
          new Pair("p", { value: 1 });
        },
        options: { refresh: true, runProgram: true },
        meanwhile: (cloud) => {
          remove("a-1")(cloud);
          change("c-1")(cloud);
          change("p-thing-1")(cloud);
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "ignore-protect",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 }, { protect: true });
          new Thing("b", { kind: "x" }, { protect: true });
          const c = new Thing("c", { slot: "1" }, { protect: true });
          new Thing("d", { slot: c.serial.apply(String) }, { protect: true });
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("b", { kind: "y" }, { protect: true });
          const c = new Thing("c", { slot: "2" }, { protect: true });
          new Thing("d", { slot: c.serial.apply(String) }, { protect: true });
        },
      },
      { run: "up", options: { ignoreProtect: true } },
      { run: "destroy" },
      { run: "destroy", options: { ignoreProtect: true } },
    ],
  },
  {
    name: "protection-changes-with-the-replacement",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { kind: "x" }, { protect: true });
          new Thing("b", { kind: "x" });
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("a", { kind: "y" });
          new Thing("b", { kind: "y" }, { protect: true });
        },
      },
    ],
  },
  {
    name: "provider-of-dynamic-resources-with-secrets",
    steps: [
      {
        run: "up",
        program: async () => {
          const provider = new Tuned("mine", { note: pulumi.secret("one") });
          new Thing("a", { value: 1 }, { provider });
        },
      },
      {
        run: "preview",
        program: async () => {
          const other = new Thing("other");
          const provider = new Tuned("mine", { note: other.serial });
          new Thing("a", { value: 1 }, { provider });
        },
      },
      { run: "up" },
    ],
  },
  {
    name: "provider-with-mapped-environment",
    steps: [
      {
        run: "up",
        program: async () => {
          const provider = new random.Provider("mine", {}, { envVarMappings: { HOME: "RANDOM_HOME" } });
          new random.RandomPet("pet", {}, { provider });
        },
      },
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", {}, { provider: new random.Provider("mine") }),
      },
      { run: "destroy" },
    ],
  },
  {
    name: "mapped-environment-of-what-is-no-provider",
    steps: [
      {
        run: "up",
        program: async () => void new random.RandomPet("pet", {}, { envVarMappings: { HOME: "RANDOM_HOME" } }),
      },
    ],
  },
  {
    name: "program-leaves-a-rejection",
    steps: [
      { run: "up", program: async () => void new Thing("a") },
      {
        run: "up",
        program: async () => {
          new Thing("b");
          void Promise.reject(new Error("nobody listens"));
        },
      },
    ],
  },
  {
    name: "bad-parent",
    steps: [
      {
        run: "up",
        program: async () => {
          const ghost = new Thing("ghost");
          Object.assign(ghost, { urn: pulumi.output("urn:pulumi:dev::contract::no:such:Type::parent") });
          new Thing("child", {}, { parent: ghost });
        },
      },
    ],
  },
  {
    name: "autonaming-is-misconfigured",
    config: { "pulumi:autonaming.mode": "nonsense" },
    steps: [{ run: "up", program: async () => void new random.RandomPet("pet") }],
  },
  {
    name: "autonaming-without-randomness-deletes-first",
    config: { "pulumi:autonaming.mode": "verbatim" },
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x" }) },
      { run: "up", program: async () => void new Thing("a", { kind: "y" }, { deleteBeforeReplace: false }) },
    ],
  },
  {
    name: "autonaming-with-randomness-creates-first",
    config: { "pulumi:autonaming.pattern": pattern("name", "hex(4)") },
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x" }) },
      { run: "up", program: async () => void new Thing("a", { kind: "y" }) },
    ],
  },
  {
    name: "autonaming-of-dynamic-resources",
    config: { "pulumi:autonaming.providers.pulumi-nodejs.pattern": pattern("project", "name") },
    steps: [{ run: "up", program: async () => void new Thing("a") }],
  },
  {
    name: "autonaming-of-what-has-no-names",
    config: { "pulumi:autonaming.providers.random.pattern": pattern("project", "name") },
    steps: [{ run: "up", program: async () => void new random.RandomPet("pet") }],
  },
  {
    name: "update-with-refresh-by-the-program-fails",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("gone", { value: 1 });
        },
      },
      {
        run: "up",
        program: async () => void new Thing("a", { value: 2 }),
        options: { refresh: true, runProgram: true, continueOnError: true },
        meanwhile: (cloud) => cloud.fail.push("read a"),
      },
      { run: "up", options: { refresh: true, runProgram: true } },
      { run: "refresh", options: { runProgram: true } },
    ],
  },
  {
    name: "provider-that-is-not-known-yet",
    told: true,
    steps: [
      {
        run: "preview",
        program: async () => {
          const provider = new Tuned("tuned", { setting: new Thing("a").serial });
          const b = new Thing("b", { value: 7 }, { provider });
          const known = new Tuned("known", { setting: 1 });
          for (const { id } of [provider, b, known]) id.apply((text) => say(`id ${text}`));
          b.value.apply((value) => say(`value ${value}`));
        },
      },
    ],
  },
  {
    name: "providers-of-which-a-part-is-not-known-yet",
    told: true,
    steps: [
      {
        run: "preview",
        program: async () => {
          const { serial } = new Thing("a");
          for (const [name, setting] of [
            ["list", [1, serial]],
            ["map", { of: serial }],
            ["secret", pulumi.secret(serial)],
          ] as const) {
            const provider = new Tuned(name, { setting });
            const thing = new Thing(`by-${name}`, { value: 7 }, { provider });
            thing.value.apply((value) => say(`${name} ${value}`));
          }
        },
      },
    ],
  },
  {
    name: "a-failed-deletion-keeps-the-provider-it-needs",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }, { provider: new Tuned("mine", {}) }) },
      {
        run: "up",
        program: async () => void new Thing("a", { value: 2 }, { provider: new Tuned("mine", {}) }),
        meanwhile: (cloud) => cloud.fail.push("update a"),
        options: { replace: [`urn:pulumi:dev::${PROJECT}::pulumi:providers:pulumi-nodejs::mine`] },
      },
      {
        run: "destroy",
        meanwhile: (cloud) => {
          cloud.fail = ["delete a"];
        },
        options: { continueOnError: true },
      },
    ],
  },
];
