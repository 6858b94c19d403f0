// Programs that are wrong, providers that fail half-way, and how far an operation gets with them.
import pulumi from "@pulumi/pulumi";
import random from "@pulumi/random";
import { Forgotten, Frail, Pair, Thing } from "../cloud.ts";
import { type Scenario, say, thing } from "../scenario.ts";

/** A resource of any type, known to a provider or not. */
class Untyped extends pulumi.CustomResource {}

const heal = (cloud: { fail: string[] }) => {
  cloud.fail = [];
};
/**
 * The replacement of `c` comes when it is known what became of `a`, and wants `d`, which depended on `a`, deleted first.
 * `d` comes after that, and depends on neither any more.
 */
const deletedFirst = (value: number) => async () => {
  const a = new Thing("a", { value });
  const b = new Thing("b", { value });
  const c = new Thing("c", { slot: `${value}` }, { dependsOn: b });
  const e = new Thing("e", { value }, { dependsOn: b });
  if (value === 1) new Thing("d", { kind: c.serial.apply(String) }, { dependsOn: [a, e] });
  else new Thing("d", { kind: "own" }, { dependsOn: e });
};
/** Lets a program go on when the resource fails. */
const recovered = <T extends pulumi.Resource>(resource: T): T => {
  for (const output of Object.values(resource))
    if (pulumi.Output.isInstance(output)) pulumi.recover(output, () => undefined);
  return resource;
};
/** Makes do without `a`, and is there when `gone` goes. */
const recovering = (value: number) => async () => {
  const hook = new pulumi.ResourceHook("deletion", ({ name }) => say(`deletes ${name}`));
  recovered(new Thing("a", { value }));
  if (value === 1) new Thing("gone", {}, { hooks: { beforeDelete: [hook] } });
};

export const mistakes: readonly Scenario[] = [
  {
    name: "an-apply-throws",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          a.serial.apply(() => {
            throw new pulumi.RunError("no use for a serial");
          });
        },
      },
      { run: "up", program: async () => void new Thing("a") },
    ],
  },
  {
    name: "an-input-is-rejected",
    steps: [
      {
        run: "up",
        program: async () => void new Thing("a", { value: Promise.reject(new pulumi.RunError("no value")) }),
      },
    ],
  },
  {
    name: "configuration-is-missing",
    steps: [{ run: "up", program: async () => void new Thing("a", { value: new pulumi.Config().require("absent") }) }],
  },
  {
    name: "configuration-of-every-kind",
    config: {
      "contract:text": "t",
      "contract:number": "4.5",
      "contract:flag": "true",
      "contract:object": '{"a":[1,{"b":"c"}]}',
      "contract:secret!": '{"x":1}',
      "other:key": "of another namespace",
    },
    steps: [
      {
        run: "up",
        program: async () => {
          const config = new pulumi.Config();
          new Thing("a", {
            value: {
              text: config.get("text"),
              number: config.requireNumber("number"),
              flag: config.requireBoolean("flag"),
              object: config.requireObject("object"),
              secret: config.requireSecretObject("secret"),
              other: new pulumi.Config("other").get("key"),
              absent: config.get("absent") ?? "default",
            },
          });
        },
      },
    ],
  },
  {
    name: "configuration-of-the-wrong-kind",
    config: { "contract:number": "four" },
    steps: [{ run: "up", program: async () => ({ n: new pulumi.Config().requireNumber("number") }) }],
  },
  {
    name: "two-components-of-one-name",
    steps: [
      {
        run: "up",
        program: async () => {
          new Pair("p");
          new Pair("p");
        },
      },
    ],
  },
  {
    name: "one-name-under-two-parents",
    steps: [
      {
        run: "up",
        program: async () => {
          new random.RandomPet("same", {}, { parent: new Pair("p") });
          new random.RandomPet("same");
        },
      },
    ],
  },
  {
    name: "a-type-of-no-package",
    steps: [{ run: "up", program: async () => void new Untyped("nosuchpackage:index:Type", "a", {}) }],
  },
  {
    name: "a-type-the-provider-does-not-know",
    steps: [{ run: "up", program: async () => void new Untyped("random:index/none:None", "a", {}) }],
  },
  {
    name: "a-check-fails-beside-others",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing("b", { value: "bad" }, { dependsOn: a });
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 2 });
          new Thing("b", { value: "good" }, { dependsOn: a });
        },
      },
    ],
  },
  {
    name: "a-check-fails-in-an-update",
    steps: [
      { run: "up", program: async () => void new Thing("a", { value: 1 }) },
      { run: "up", program: async () => void new Thing("a", { value: "bad" }) },
    ],
  },
  {
    name: "a-check-fails-and-others-go-on",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: "bad" });
          new Thing("b");
        },
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "an-update-fails-and-others-go-on",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 1 });
          new Thing("b", { value: a.value });
          new Thing("c", { value: 1 });
          new Thing("gone");
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 2 });
          new Thing("b", { value: a.value });
          new Thing("c", { value: 2 });
        },
        meanwhile: (cloud) => cloud.fail.push("update a"),
        options: { continueOnError: true },
      },
      { run: "up", meanwhile: heal },
    ],
  },
  {
    name: "a-replacement-fails-and-others-go-on",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { kind: "x" });
          new Thing("b", { slot: "1" });
        },
      },
      {
        run: "up",
        program: async () => {
          new Thing("a", { kind: "y" });
          new Thing("b", { slot: "2" });
        },
        // Not "delete b" too: then the official engine waits for ever.
        meanwhile: (cloud) => cloud.fail.push("create a"),
        options: { continueOnError: true },
      },
      { run: "up", meanwhile: heal },
    ],
  },
  {
    name: "a-check-fails-for-the-replacement-only",
    steps: [
      { run: "up", program: async () => void new Thing("a", { kind: "x" }) },
      { run: "up", program: async () => void new Thing("a", { kind: "x", value: "late" }) },
      { run: "up", program: async () => void new Thing("a", { kind: "y", value: "late" }) },
    ],
  },
  {
    name: "a-failed-one-keeps-its-dependent-from-being-deleted-first",
    steps: [
      { run: "up", program: deletedFirst(1) },
      {
        run: "up",
        program: deletedFirst(2),
        meanwhile: (cloud) => cloud.fail.push("update a"),
        options: { continueOnError: true },
      },
      { run: "up", meanwhile: heal },
    ],
  },
  {
    name: "a-deletion-fails-and-others-go-on",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          new Thing("b", { value: a.serial });
          new Thing("c");
        },
      },
      {
        run: "destroy",
        meanwhile: (cloud) => cloud.fail.push("delete b"),
        options: { continueOnError: true },
      },
      { run: "destroy", meanwhile: heal },
    ],
  },
  {
    name: "a-program-gives-up-and-nothing-is-deleted",
    steps: [
      {
        run: "up",
        program: async () => {
          new Thing("a", { value: 1 });
          new Thing("b");
        },
      },
      {
        run: "up",
        program: async () => {
          const a = new Thing("a", { value: 2 });
          await new Promise((resolve) => a.serial.apply(resolve));
          throw new pulumi.RunError("the program gives up");
        },
      },
    ],
  },
  {
    name: "created-but-not-well",
    steps: [
      {
        run: "up",
        program: async () => void new Frail("a", { value: 1 }),
        meanwhile: (cloud) => cloud.fail.push("cold"),
      },
      { run: "up" },
      { run: "up", meanwhile: heal },
      { run: "up" },
    ],
  },
  {
    name: "created-but-not-well-and-replaced",
    steps: [
      {
        run: "up",
        program: async () => void new Frail("a", { value: 1 }),
        meanwhile: (cloud) => cloud.fail.push("cold"),
      },
      {
        run: "up",
        meanwhile: heal,
        program: async () => void new Frail("a", { value: 1 }, { replaceOnChanges: ["*"] }),
      },
    ],
  },
  {
    name: "updated-but-not-well",
    steps: [
      { run: "up", program: async () => void new Frail("a", { value: 1 }) },
      {
        run: "up",
        program: async () => void new Frail("a", { value: 2 }),
        meanwhile: (cloud) => cloud.fail.push("cold"),
      },
      { run: "refresh" },
      { run: "refresh", meanwhile: heal },
      { run: "up" },
    ],
  },
  {
    name: "a-failed-dependent-of-a-failed-one",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          const b = new Thing("b", { value: a.serial });
          b.serial.apply((serial) => say(`b ${serial}`));
          new Thing("c", {}, { dependsOn: b });
          new Pair("p", {}, { dependsOn: a });
          new Thing("d", {}, { parent: a });
        },
        meanwhile: (cloud) => cloud.fail.push("create a"),
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "log-messages-of-a-program",
    steps: [
      {
        run: "up",
        program: async () => {
          const a = new Thing("a");
          await pulumi.log.warn("careful", a);
          await pulumi.log.info("by the way", a);
          await pulumi.log.warn("in general");
        },
      },
      { run: "up", program: async () => pulumi.log.error("this is wrong") },
    ],
  },
  {
    name: "a-creation-without-an-id",
    steps: [{ run: "up", program: async () => void new Forgotten("a") }, { run: "destroy" }],
  },
  {
    name: "outputs-of-a-component-are-registered-twice",
    steps: [
      {
        run: "up",
        program: async () => {
          const pair = new Pair("p");
          // As it does itself: which comes first is a matter of time.
          pulumi.runtime.registerResourceOutputs(pair, { serial: pair.thing.serial });
        },
      },
    ],
  },
  {
    name: "a-program-recovers-from-a-failure",
    steps: [
      { run: "up", program: recovering(1) },
      {
        run: "up",
        program: recovering(2),
        meanwhile: (cloud) => cloud.fail.push("update a"),
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "what-was-renamed-and-passed-over-keeps-what-it-needs",
    steps: [
      {
        run: "up",
        program: async () => {
          const dependsOn = [new Thing("a", { value: 1 }), new Thing("b", { value: 1 }), new Thing("needed")];
          new Thing("old", {}, { dependsOn });
        },
      },
      {
        run: "up",
        program: async () => {
          recovered(new Thing("a", { value: 2 }));
          // Comes when it is known what became of the other.
          const dependsOn = [new Thing("b", { value: 2 }), new pulumi.DependencyResource(thing("a"))];
          recovered(new Thing("new", {}, { dependsOn, aliases: [{ name: "old" }], ignoreChanges: ["name"] }));
        },
        meanwhile: (cloud) => cloud.fail.push("update a"),
        options: { continueOnError: true },
      },
    ],
  },
  {
    name: "what-waits-for-its-deletion-keeps-what-it-needs",
    steps: [
      { run: "up", program: async () => void new Thing("b", { kind: "x" }, { dependsOn: new Thing("z") }) },
      {
        run: "up",
        program: async () => {
          new Thing("z");
          new Thing("b", { kind: "y" });
        },
        meanwhile: (cloud) => cloud.fail.push("delete b"),
      },
      { run: "destroy", options: { continueOnError: true } },
      { run: "destroy", meanwhile: heal },
    ],
  },
];
