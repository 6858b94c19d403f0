// Functions of the program that run before and after steps, and when one fails.
import pulumi from "@pulumi/pulumi";
import { Fickle, Thing } from "../cloud.ts";
import { type Scenario, say } from "../scenario.ts";

type Told = pulumi.ResourceHookArgs;

const shown = (values: Told["newInputs"]) => (values ? String(values["value"]) : "-");
const tell = (name: string, options?: pulumi.ResourceHookOptions) =>
  new pulumi.ResourceHook(
    name,
    async ({ name: resource, oldInputs, newInputs, oldOutputs, newOutputs }) =>
      say(`${name} ${resource} ${[oldInputs, newInputs, oldOutputs, newOutputs].map(shown).join(" ")}`),
    options,
  );
const fails = (name: string, options?: pulumi.ResourceHookOptions) =>
  new pulumi.ResourceHook(
    name,
    () => {
      throw new Error(`${name} says no`);
    },
    options,
  );
const leaving = () =>
  new pulumi.ResourceHook("leaving", async () => {
    void Promise.reject(new Error("nobody listens"));
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
const everywhere = () => ({
  beforeCreate: [tell("before-create")],
  afterCreate: [tell("after-create")],
  beforeUpdate: [tell("before-update")],
  afterUpdate: [tell("after-update")],
  beforeDelete: [tell("before-delete")],
  afterDelete: [tell("after-delete")],
});
/** Asks for another attempt until there were so many. */
const again = (most: number) => {
  let attempts = 0;
  return new pulumi.ErrorHook("again", ({ failedOperation, errors }) => {
    attempts += 1;
    say(`${failedOperation} failed ${errors.length} times`);
    return attempts < most;
  });
};
const heal = (cloud: { fail: string[] }) => {
  cloud.fail = [];
};

class Hooked extends pulumi.ComponentResource {
  constructor(name: string, size: number, hooks: pulumi.ResourceHookBinding) {
    super("contract:index:Hooked", name, { size }, { hooks });
    this.registerOutputs({ size });
  }
}

export const hooks: readonly Scenario[] = [
  {
    name: "hooks-around-create-update-and-delete",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }, { hooks: everywhere() }) },
      { run: "up", program: async () => void new Thing("a", { value: 2 }, { hooks: everywhere() }) },
      { run: "up" },
      { run: "up", program: async () => void everywhere() },
    ],
  },
  {
    name: "hooks-around-a-replacement",
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x", value: 1 }, { hooks: everywhere() }) },
      { run: "up", program: async () => void new Thing("a", { kind: "y", value: 2 }, { hooks: everywhere() }) },
    ],
  },
  {
    name: "hooks-in-a-preview",
    steps: [
      {
        run: "preview",
        program: async () =>
          void new Thing(
            "a",
            { value: 1 },
            {
              hooks: {
                beforeCreate: [tell("silent"), tell("heard", { onDryRun: true })],
                afterCreate: [tell("heard-after", { onDryRun: true })],
              },
            },
          ),
      },
    ],
  },
  {
    name: "hook-of-what-runs-when-another-fails",
    steps: [
      {
        run: "up",
        program: async () => {
          const begun = Promise.withResolvers<void>();
          const early = new pulumi.ResourceHook("early", async () => {
            begun.resolve();
            // Leaves more time than it takes to refuse the other.
            await new Promise((resolve) => setTimeout(resolve, 1000));
          });
          new Thing("a", {}, { hooks: { beforeCreate: [early], afterCreate: [tell("late")] } });
          await begun.promise;
          new Thing("b", { value: "bad" });
        },
      },
      { run: "up", program: async () => void new Thing("a") },
    ],
  },
  {
    name: "hook-for-a-deletion-leaves-a-rejection",
    steps: [
      { run: "up", program: async () => void new Thing("a", {}, { hooks: { beforeDelete: [leaving()] } }) },
      { run: "up", program: async () => void leaving() },
    ],
  },
  {
    name: "hook-before-a-step-fails",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("a", {}, { hooks: { beforeCreate: [fails("early")] } }),
      },
    ],
  },
  {
    name: "hook-after-a-step-fails",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", {}, { hooks: { afterCreate: [fails("late")] } });
          new Thing("b", {}, { dependsOn: a });
        },
      },
      { run: "up", program: async () => void fails("late") },
    ],
  },
  {
    name: "hook-after-a-step-fails-and-others-go-on",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", {}, { hooks: { afterCreate: [fails("late")] } });
          new Thing("b", {}, { dependsOn: a });
        },
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "hooks-whose-failures-are-ignored",
    steps: [
      {
        run: "up",
        program: async () =>
          void new Thing(
            "a",
            {},
            {
              hooks: {
                beforeCreate: [fails("early", { ignoreErrors: true })],
                afterCreate: [fails("late", { ignoreErrors: true })],
              },
            },
          ),
      },
    ],
  },
  {
    name: "hooks-of-a-component",
    steps: [
      {
        run: "up",
        program: async () => {
          const named = (name: string) =>
            new pulumi.ResourceHook(name, ({ name: resource }) => say(`${name} ${resource}`));
          new Hooked("c", 1, { beforeCreate: [named("before")], afterCreate: [named("after")] });
        },
      },
    ],
  },
  {
    name: "hooks-of-a-component-that-changes",
    steps: [1, 2, 2].map((size) => ({
      run: "up" as const,
      program: async () => {
        const named = (name: string) =>
          new pulumi.ResourceHook(name, ({ name: resource }) => say(`${name} ${resource}`));
        new Hooked("c", size, { beforeUpdate: [named("before")], afterUpdate: [named("after")] });
      },
    })),
  },
  {
    name: "hooks-for-errors-try-again",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", {}, { hooks: { onError: [again(3)] } });
        },
        meanwhile: (cloud) => cloud.fail.push("create a"),
      },
      { run: "up", program: async () => void new Thing("a", {}), meanwhile: heal },
    ],
  },
  {
    name: "destroy-with-hooks-for-deletion",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("a", {}, { hooks: { beforeDelete: [tell("before-delete")] } }),
      },
      { run: "destroy" },
    ],
  },
  {
    name: "hooks-for-errors-try-updates-and-deletions-again",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }, { hooks: { onError: [again(2)] } }) },
      {
        run: "up",
        program: async () => void new Thing("a", { value: 2 }, { hooks: { onError: [again(2)] } }),
        meanwhile: (cloud) => cloud.fail.push("update a"),
      },
      { run: "up", program: async () => void again(3), meanwhile: (cloud) => cloud.fail.push("delete a") },
      { run: "up", meanwhile: heal },
    ],
  },
  {
    name: "hooks-of-what-is-gone-with-them",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("a", {}, { hooks: { beforeDelete: [tell("before-delete")] } }),
      },
      { run: "up", program: async () => {} },
    ],
  },
  {
    name: "hooks-without-a-name-of-their-own",
    steps: [
      { run: "up", program: async () => void tell("") },
      {
        run: "up",
        program: async () => {
          tell("twice");
          tell("twice");
        },
      },
    ],
  },
  {
    name: "hooks-for-errors-do-not-agree",
    steps: [
      {
        run: "up",
        program: async () => {
          const again = new pulumi.ErrorHook("again", ({ errors }) => {
            say(errors.map((error) => /time \d/.exec(error)?.[0]).join(", "));
            return errors.length < 3;
          });
          const never = new pulumi.ErrorHook("never", () => false);
          new Fickle("a", { hooks: { onError: [again, never] } });
        },
        meanwhile: (cloud) => cloud.fail.push("create a"),
      },
    ],
  },
  {
    name: "hooks-for-errors-never-give-up",
    steps: [
      {
        run: "up",
        program: async () => {
          const again = new pulumi.ErrorHook("again", ({ errors }) => {
            if (errors.length % 33 === 0) say(`${errors.length} failures`);
            return true;
          });
          new Thing("a", {}, { hooks: { onError: [again] } });
        },
        meanwhile: (cloud) => cloud.fail.push("create a"),
      },
    ],
  },
];
