// What a deployment tells: nothing secret, in the official engine's form; and where it is told.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import grpc from "@grpc/grpc-js";
import eventsRpc from "@pulumi/pulumi/proto/events_grpc_pb.js";
import type eventsProto from "@pulumi/pulumi/proto/events_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { digestSink } from "../../../engine/deployment/digest.ts";
import { displaySink, displayType } from "../../../engine/deployment/display.ts";
import { openEventLog } from "../../../engine/deployment/eventSinks.ts";
import { blindMap, type Emitted, EventStream, programLog } from "../../../engine/deployment/events.ts";
import type { ChildEnd } from "../../../engine/language/child.ts";
import { watch } from "../../../engine/language/node.ts";
import {
  resourceReferenceSignature,
  secretSignature,
  signatureKey,
  unknownSentinel,
} from "../../../engine/state/serialize.ts";
import { Archive, Asset, OutputValue, ResourceReference, Secret, unknown } from "../../../engine/values.ts";
import { type Program, TestStack, thingUrn } from "./support.ts";

const hidden = { [signatureKey]: secretSignature, ciphertext: "[secret]" };

const unmasked = (text: string) => text;

/** Everything that a stream tells. */
function listen(secrets: readonly string[] = []) {
  const told: Emitted[] = [];
  const stream = new EventStream([{ write: (emitted) => told.push(emitted), close: async () => {} }], secrets);
  return { stream, told, messages: () => told.map(({ event }) => "diagnosticEvent" in event && event.diagnosticEvent) };
}

describe("properties in events", () => {
  it("hide secrets at any depth, and know unknowns", () => {
    const map = {
      a: new Secret("s"),
      b: [new Secret({ c: "s" }), { d: unknown }],
      e: new OutputValue("s", true, true, []),
      f: new OutputValue(null, false, false, []),
      g: new OutputValue("plain", true, false, []),
    };
    expect(blindMap(map, unmasked)).toEqual({
      a: hidden,
      b: [hidden, { d: unknownSentinel }],
      e: hidden,
      f: unknownSentinel,
      g: "plain",
    });
  });

  it("hold no contents of assets, but their hashes", () => {
    const text = new Asset({ text: "contents" }, "abc");
    const map = { text, archive: new Archive({ assets: { inner: text } }, "def") };
    const shown = blindMap(map, unmasked);
    expect(JSON.stringify(shown)).not.toMatch(/"contents"/);
    expect(shown["text"]).toMatchObject({ text: "<contents elided>", hash: "abc" });
    expect(shown["archive"]).toMatchObject({ assets: { inner: { hash: "abc" } }, hash: "def" });
  });

  it("refer to components without an id, and to what is not there yet with an empty one", () => {
    const reference = { [signatureKey]: resourceReferenceSignature, packageVersion: "", urn: "urn:x" };
    const map = Object.fromEntries(
      [undefined, unknown, "id"].map((id, index) => [index, new ResourceReference("urn:x", id, "")]),
    );
    expect(blindMap(map, unmasked)).toEqual({
      0: reference,
      1: { ...reference, id: "" },
      2: { ...reference, id: "id" },
    });
  });

  it("mask every form of a secret before its bare value", () => {
    const told: Emitted[] = [];
    const known = { mask: (text: string) => text.replaceAll("abc%20", "[form]") };
    const stream = new EventStream([{ write: (one) => told.push(one), close: async () => {} }], ["abc"], known);
    stream.diagnostic("info", "abc%20 abc");
    expect(told[0]!.event).toMatchObject({ diagnosticEvent: { message: "[form] [secret]\n" } });
  });

  it("mask texts that hold a known secret, the longer of two that overlap", () => {
    const { stream, messages } = listen(["abc", "abcdef", "xy"]);
    stream.diagnostic("info", "abcdef abc xy");
    // Two letters would blank out half of every message.
    expect(messages()).toMatchObject([{ message: "[secret] [secret] xy\n" }]);
  });
});

describe("diagnostics", () => {
  it("are plain, end a line, and name their severity but for what is said in passing", () => {
    const { stream, told } = listen();
    stream.diagnostic("error", "\u001b[31mred\u001b[0m", "urn:x");
    stream.diagnostic("info", "said\n", "", true);
    expect(told.map(({ event }) => event)).toMatchObject([
      { sequence: 0, diagnosticEvent: { urn: "urn:x", prefix: "error: ", message: "red\n", severity: "error" } },
      { sequence: 1, diagnosticEvent: { message: "said\n", severity: "info", ephemeral: true } },
    ]);
    expect(JSON.stringify(told[1])).not.toMatch(/prefix|urn/);
  });

  it("hold debug messages on request only", () => {
    for (const debug of [false, true]) {
      const { stream, told } = listen();
      programLog(stream, debug).log("debug", "password=hunter22", "", false);
      expect(told).toHaveLength(debug ? 1 : 0);
    }
  });
});

describe("what a program says", () => {
  it("becomes events only in part where somebody takes the rest; nothing is lost, and no chatter hides an error", () => {
    const { stream, told, messages } = listen();
    const rest: string[] = [];
    const log = programLog(stream, false, (_, line) => rest.push(line));
    for (let n = 0; n < 50_000; n++) log.log("info", `line ${n}\nand another`, "", false);
    log.log("warning", "x".repeat(2 ** 20), "", false);
    expect(told.length).toBe(2_000);
    expect(rest.length).toBe(2 * 48_000 + 1);
    expect(rest[0]).toBe("info: line 2000");
    log.log("error", "why it failed", "", false);
    expect(messages().at(-1)).toMatchObject({ severity: "error", message: "why it failed\n" });
    expect(rest.length).toBe(2 * 48_000 + 1);
  });
});

describe("what a program prints", () => {
  it("goes whole to whoever takes it, as events only in part, and not to the display as well", () => {
    const { stream, told } = listen();
    let shown = "";
    const display = displaySink((text) => (shown += text), {
      showSames: false,
      suppressOutputs: false,
      suppressProgress: false,
      showFullOutput: false,
      showConfig: false,
      withoutPrinted: true,
    });
    let taken = 0;
    const log = programLog(stream, false, () => taken++);
    for (let n = 0; n < 100_000; n++) log.print("stdout", "x".repeat(99));
    expect(taken).toBe(100_000);
    expect(told.length).toBeGreaterThan(1_000);
    expect(told.length).toBeLessThan(10_000);
    log.log("warning", "said, not printed", "", false);
    stream.emit({
      summaryEvent: {
        ...{ maybeCorrupt: false, durationSeconds: 1, resourceChanges: {}, PolicyPacks: {}, isPreview: false },
        result: "succeeded",
      },
    });
    for (const emitted of told) display.write(emitted);
    expect(shown).toContain("said, not printed");
    expect(shown).not.toContain("xxx");
  });

  it("is taken before more of it is read: no more waits in memory than a window", async () => {
    const chunk = Buffer.from(`${"x".repeat(1023)}\n`.repeat(16));
    let read = 0;
    let printed = 0;
    let widest = 0;
    const stdout = new Readable({
      highWaterMark: 64 * 1024,
      read() {
        read += chunk.length;
        this.push(read > 20 * 2 ** 20 ? null : chunk);
      },
    });
    const print = (_: string, text: string): void => {
      printed += text.length + 1;
      widest = Math.max(widest, read - printed);
    };
    const ended = new Promise<ChildEnd>((resolve) => stdout.once("end", () => resolve({ type: "exit", code: 0 })));
    const child = { pid: undefined, stdout, stderr: Readable.from([]), ended, stop() {}, kill() {} };
    const { signal } = new AbortController();
    await watch(child, signal, { waitMs: 0, graceMs: 0 }, { log() {}, print });
    expect(printed).toBe(20 * 2 ** 20);
    expect(widest).toBeLessThanOrEqual(128 * 1024);
  });
});

const pair: Program = async (api) => {
  const a = await api.thing("a", { size: 1, key: new Secret("hunter22") });
  await api.thing("b", { of: a.outputs["computed"]! }, { dependencies: [a.urn] });
  await api.outputs({ where: a.outputs["computed"]!, key: new Secret("hunter22") });
};

/** What a deployment told, told again to a sink. */
async function retold(make: (print: (text: string) => void) => ReturnType<typeof displaySink>, emitted: Emitted[]) {
  let text = "";
  const sink = make((more) => {
    text += more;
  });
  for (const one of emitted) sink.write(one);
  await sink.close();
  return text;
}

const plainDisplay = {
  showSames: false,
  suppressOutputs: false,
  suppressProgress: false,
  showFullOutput: false,
  showConfig: false,
};

describe("people", () => {
  const show = (emitted: Emitted[], more: Partial<typeof plainDisplay> = {}) =>
    retold((print) => displaySink(print, { ...plainDisplay, ...more }), emitted);

  it("see what is planned, what is told by resource, the outputs and the counts", async () => {
    const stack = new TestStack();
    const { emitted } = await stack.preview(async (api) => {
      await pair(api);
      api.log.log("warning", "two\nlines", thingUrn("a"), false);
      api.log.log("info", "hello", "", false);
      api.log.log("info", "passing", "", true);
    });
    expect(await show(emitted)).toBe(`\
 +  pulumi:pulumi:Stack proj-dev create
 +  test:index:Thing a create
 +  test:index:Thing b create
Diagnostics:
  pulumi:pulumi:Stack (proj-dev):
    hello

  test:index:Thing (a):
    warning: two
    lines

Outputs:
    key  : [secret]
    where: [unknown]

Resources:
    + 3 to create

`);
  });

  it("see what changed in a property, and in the outputs", async () => {
    const stack = new TestStack();
    await stack.up(pair);
    const { emitted } = await stack.up(async (api) => {
      const a = await api.thing("a", { size: 2, key: new Secret("hunter22"), more: true });
      await api.outputs({ where: "here", more: a.outputs["more"]! });
    });
    const text = (await show(emitted)).replaceAll(/\(\d+\.\d\ds\)/g, "(T)").replace(/Duration: \d+s/, "Duration: T");
    expect(text).toBe(`\
 ~  test:index:Thing a updating (0s) [diff: +more~size]
 ~  test:index:Thing a updated (T) [diff: +more~size]
 -  test:index:Thing b deleting (0s)
 -  test:index:Thing b deleted (T)
Outputs:
  - key  : [secret]
  + more : true
  ~ where: "computed-id-1" => "here"

Resources:
    ~ 1 updated
    - 1 deleted
    2 changes. 1 unchanged

Duration: T

`);
  });

  it("see that the program failed at the stack that is all the same", async () => {
    const { emitted } = await new TestStack().up(async (api) => {
      await pair(api);
      api.log.log("error", "it threw", "", false);
    });
    expect(await show(emitted)).toMatch(/pulumi:pulumi:Stack proj-dev \*\*creating failed \(\d+\.\d\ds\)\*\*\n/);
  });

  it("see what failed, and what a refresh found", async () => {
    const stack = new TestStack();
    stack.cloud.fail.push("create:b");
    expect(await show((await stack.up(pair)).emitted)).toMatch(/\+ {2}test:index:Thing b .*\*\*creating failed/);
    stack.cloud.objects.get("id-1")!.inputs = { size: 5 };
    expect(await show((await stack.refresh()).emitted)).toMatch(/~ {2}test:index:Thing a updated \(/);
  });

  it("see once why there is no stack", async () => {
    const { emitted } = await new TestStack().up(async () => {}, { endWith: { type: "error", message: "no runtime" } });
    expect(await show(emitted)).toMatch(
      /^Diagnostics:\n {2}pulumi:pulumi:Stack:\n {4}error: no runtime\n\nResources:\n {4}1 errored\n(?!.*no runtime)/s,
    );
  });

  it("do not see what they did not ask for", async () => {
    const stack = new TestStack();
    await stack.up(pair);
    const { emitted } = await stack.up(pair);
    expect(await show(emitted, { suppressOutputs: true })).toMatch(
      /^Resources:\n {4}3 unchanged\n\nDuration: \d+s\n\n$/,
    );
    expect(await show(emitted, { showSames: true })).toMatch(/test:index:Thing a/);
    const { emitted: created } = await new TestStack().up(pair);
    expect(await show(created, { suppressProgress: true })).toMatch(/^Outputs:/);
  });
});

it("shortens the types of generated SDKs", () => {
  expect(displayType("random:index/randomPet:RandomPet")).toBe("random:index:RandomPet");
  expect(displayType("kubernetes:core/v1:Pod")).toBe("kubernetes:core/v1:Pod");
  expect(displayType("odd")).toBe("odd");
});

describe("preview --json", () => {
  const options = { showSames: false, showReplacementSteps: false, suppressOutputs: false };
  const digest = async (emitted: Emitted[], more: Partial<typeof options> = {}) =>
    JSON.parse(await retold((print) => digestSink(print, { ...options, ...more }), emitted));

  it("holds steps with their states, without secrets, and the counts", async () => {
    const { emitted } = await new TestStack().preview(pair);
    const document = await digest(emitted);
    expect(JSON.stringify(document)).not.toMatch(/hunter22/);
    expect(document.steps.map(({ op, urn }: { op: string; urn: string }) => [op, urn.split("::").at(-1)])).toEqual([
      ["create", "proj-dev"],
      ["create", "a"],
      ["create", "b"],
    ]);
    expect(document.steps[1]).toMatchObject({ newState: { inputs: { size: 1, key: "[secret]" } }, detailedDiff: null });
    expect(document.changeSummary).toEqual({ create: 3 });
  });

  it("counts a replacement once, and shows its parts on request", async () => {
    const stack = new TestStack();
    await stack.up((api) => api.thing("a", { force: 1 }).then(() => {}));
    const { emitted } = await stack.preview((api) => api.thing("a", { force: 2 }).then(() => {}));
    const ops = (document: { steps: { op: string }[] }) => document.steps.map(({ op }) => op);
    expect(ops(await digest(emitted))).toEqual(["same", "replace"]);
    expect(ops(await digest(emitted, { showReplacementSteps: true }))).toEqual([
      "same",
      "create-replacement",
      "replace",
      "delete-replaced",
    ]);
  });
});

describe("preview --json of what changes", () => {
  const options = { showSames: false, showReplacementSteps: false, suppressOutputs: false };
  const digest = async (emitted: Emitted[], more: Partial<typeof options> = {}) =>
    JSON.parse(await retold((print) => digestSink(print, { ...options, ...more }), emitted));
  const ops = ({ steps }: { steps: readonly { op: string; urn: string }[] }) =>
    steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`);

  it("leaves out what stays the same, but for its protection", async () => {
    const stack = new TestStack();
    await stack.up(pair);
    const { emitted } = await stack.preview(pair);
    expect(ops(await digest(emitted))).toEqual(["same proj-dev"]);
    expect(ops(await digest(emitted, { showSames: true }))).toEqual(["same proj-dev", "same a", "same b"]);
    const guarded = await stack.preview(async (api) => {
      const a = await api.thing("a", { size: 1, key: new Secret("hunter22") }, { protect: true });
      await api.thing("b", { of: a.outputs["computed"]! }, { dependencies: [a.urn] });
    });
    expect(ops(await digest(guarded.emitted))).toEqual(["same proj-dev", "same a"]);
  });

  it("says why, and what is told in passing not", async () => {
    const stack = new TestStack();
    await stack.up((api) => api.thing("a", { force: 1, size: 1 }).then(() => {}));
    const { emitted } = await stack.preview(async (api) => {
      api.log.log("info", "passing", "", true);
      api.log.log("warning", "staying", "", false);
      await api.thing("a", { force: 2, size: 2 });
    });
    const { steps, diagnostics } = await digest(emitted);
    expect(steps[1]).toMatchObject({ op: "replace", diffReasons: ["force", "size"], replaceReasons: ["force"] });
    expect(diagnostics).toEqual([{ message: "warning: staying\n", severity: "warning" }]);
  });

  it("says what a refresh found", async () => {
    const stack = new TestStack();
    await stack.up(pair);
    stack.cloud.objects.get("id-1")!.inputs = { size: 5 };
    const { steps } = await digest((await stack.refresh({ preview: true })).emitted);
    expect(ops({ steps })).toEqual(["refresh proj-dev", "update a", "refresh b"]);
    expect(steps[1].newState).toMatchObject({ inputs: { size: 5 } });
  });

  it("has the configuration, and the stack's outputs unless they are not wanted", async () => {
    const stack = new TestStack();
    await stack.up(pair);
    const { emitted } = await stack.preview(pair);
    const { stream, told } = listen();
    stream.emit({ preludeEvent: { config: { "proj:a": "1" } } });
    const document = await digest([...emitted, ...told]);
    expect(document).toMatchObject({ config: { "proj:a": "1" } });
    expect(document.steps[0].oldState.outputs).toMatchObject({ key: "[secret]" });
    const without = await digest(emitted, { suppressOutputs: true });
    expect(without.steps[0].oldState).not.toHaveProperty("outputs");
  });
});

describe("event logs", () => {
  it("are files of JSON lines, emptied before", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "tutti-events-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, "log");
    for (const text of ["first", "second"]) {
      const stream = new EventStream([openEventLog(file)], []);
      stream.diagnostic("info", text);
      await stream.close();
    }
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { sequence: 0, diagnosticEvent: { message: "second\n" } },
      { sequence: 1, cancelEvent: {} },
    ]);
  });

  it("that cannot be written are told of", async () => {
    const stream = new EventStream([openEventLog("/nowhere/at/all")], []);
    stream.diagnostic("info", "text");
    await expect(stream.close()).rejects.toThrow(/cannot write the event log "\/nowhere\/at\/all"/);
  });

  it("are services of the SDK, which get every event in order before the log is closed", async () => {
    const got: { sequence: number }[] = [];
    const server = new grpc.Server();
    server.addService(eventsRpc.EventsService, {
      streamEvents(
        call: grpc.ServerReadableStream<eventsProto.EventRequest, emptyProto.Empty>,
        done: grpc.sendUnaryData<emptyProto.Empty>,
      ) {
        call.on("data", (request: eventsProto.EventRequest) => got.push(JSON.parse(request.getEvent())));
        call.on("end", () => done(null, new emptyProto.Empty()));
      },
    } as unknown as grpc.UntypedServiceImplementation);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    onTestFinished(() => server.forceShutdown());
    const stream = new EventStream([openEventLog(`tcp://127.0.0.1:${port}`)], []);
    for (let i = 0; i < 200; i++) stream.diagnostic("info", `message ${i}`);
    await stream.close();
    expect(got.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 201 }, (_, i) => i));
  });

  it("whose listener goes away fail nothing", async () => {
    const server = new grpc.Server();
    server.addService(eventsRpc.EventsService, {
      streamEvents: (call: grpc.ServerReadableStream<eventsProto.EventRequest, emptyProto.Empty>) =>
        void call.once("data", () => server.forceShutdown()),
    } as unknown as grpc.UntypedServiceImplementation);
    const port = await new Promise<number>((resolve) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
    );
    const stream = new EventStream([openEventLog(`tcp://127.0.0.1:${port}`)], []);
    for (let i = 0; i < 50; i++) {
      stream.diagnostic("info", `message ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await stream.close();
  });

  it("that nobody listens to fail nothing", async () => {
    const stream = new EventStream([openEventLog("tcp://127.0.0.1:1")], []);
    stream.diagnostic("info", "text");
    await stream.close();
  });
});

it("show no secret configuration", async () => {
  const values = { "proj:region": "eu", "proj:token": "hush" };
  const { events } = await new TestStack().up(async () => {}, {
    configuration: { values, secretKeys: ["proj:token"] },
  });
  expect(events[0]).toMatchObject({ preludeEvent: { config: { "proj:region": "eu", "proj:token": "[secret]" } } });
});
