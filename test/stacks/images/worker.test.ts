// The worker of `images`: the model on images it never saw, files of every kind, and the real program against a server that
// speaks Google's protocols.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { encode as encodePng } from "fast-png";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { classify } from "../../../stacks/images/worker/classify.ts";
import { decode, Unreadable } from "../../../stacks/images/worker/decode.ts";
import { type Google, type Message, metadataToken, Refused } from "../../../stacks/images/worker/google.ts";
import { draw, kinds } from "../../../stacks/images/worker/training/draw.ts";
import { work } from "../../../stacks/images/worker/work.ts";
import { type FakeGoogle, fakeGoogle, results, subscription } from "./pubsubAndStorage.ts";

const folder = fileURLToPath(new URL("../../../stacks/images/worker/", import.meta.url));

describe("the model", () => {
  it.each(kinds)("knows a %s it has never seen, 19 times of 20", (kind) => {
    const labels = Array.from({ length: 20 }, (_, index) => classify(draw(kind, 5000 + index)).label);
    expect(labels.filter((label) => label === kind).length, labels.join(" ")).toBeGreaterThanOrEqual(19);
  });
});

describe("a file", () => {
  const grey = (depth: 8 | 16): Uint8Array =>
    encodePng({
      width: 2,
      height: 1,
      channels: 1,
      depth,
      data: depth === 8 ? Uint8Array.of(0, 200) : Uint16Array.of(0, 51_400),
    });

  it.each([8, 16] as const)("of %i bits of grey is read as colours", (depth) => {
    expect([...decode(grey(depth)).rgb]).toEqual([0, 0, 0, 200, 200, 200]);
  });

  it("with a palette of two colours, eight pixels a byte, is read as colours", () => {
    // 10 x 2 pixels, 1 bit each, made by hand: the library writes none of these.
    const png = palettePng();
    const { width, height, rgb } = decode(png);
    const reds = Array.from({ length: width * height }, (_, pixel) => rgb[pixel * 3]);
    expect({ width, height }).toEqual({ width: 10, height: 2 });
    expect(reds).toEqual([...Array<number>(8).fill(255), 9, 255, 9, ...Array<number>(9).fill(255)]);
  });

  it.each([
    ["text", new TextEncoder().encode("hello"), "neither PNG nor JPEG"],
    ["nothing", new Uint8Array(), "neither PNG nor JPEG"],
    ["half a PNG", grey(8).subarray(0, 40), "broken PNG"],
    ["a PNG's first bytes", grey(8).subarray(0, 10), "broken PNG: it ends within its header"],
    ["a PNG said to be vast", vast(grey(8)), "1000000 x 1000000 pixels"],
    ["a JPEG's first bytes", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 4), "broken JPEG"],
  ])("that is %s is refused with a sentence", (_, bytes, sentence) => {
    expect(() => decode(bytes)).toThrow(Unreadable);
    expect(() => decode(bytes)).toThrow(sentence);
  });
});

describe("the program", () => {
  it("publishes a row for each image, in the columns of the table, then acknowledges; gives back what may pass; stops when told", async () => {
    const google = await fake();
    for (const kind of kinds) put(google, `${kind}s/one of them.img`, draw(kind, 9000));
    put(google, "notes.txt", new TextEncoder().encode("no image"));
    google.send({ bucketId: "images", objectId: "gone.png", objectGeneration: "1", eventType: "OBJECT_FINALIZE" });
    google.send({ somebody: "else" });
    google.failNext("publish", 503);

    const worker = run({ PUBSUB_EMULATOR_HOST: google.host, STORAGE_EMULATOR_HOST: google.host });
    await google.settled();
    worker.child.kill("SIGTERM");
    expect(await worker.exit).toBe(0);

    const rows = google.rows as { object: string; label: string }[];
    expect(rows.map(({ object, label }) => `${object}: ${label}`).sort()).toEqual(
      [...kinds.map((kind) => `${kind}s/one of them.img: ${kind}`), "notes.txt: unreadable"].sort(),
    );
    for (const row of rows) expect(Object.keys(row)).toEqual(columns());
    // m1 was refused once, given back, and settled later; of each, the row comes before the acknowledgement.
    expect(google.happened).toContain("publish 503");
    expect(google.happened).toContain("modifyAckDeadline m1");
    const at = (what: string): number => google.happened.indexOf(what);
    expect(at("publish photos/one of them.img")).toBeGreaterThan(at("modifyAckDeadline m1"));
    expect(at("acknowledge m1")).toBeGreaterThan(at("publish photos/one of them.img"));
    expect(worker.lines().map(({ message }) => message)).toEqual(
      expect.arrayContaining(["classified", "gone", "not a notification of Cloud Storage"]),
    );
  });

  it("ends with 2 and names what is wrong in its environment, and with 1 when it is refused for good", async () => {
    const wrong = run({ SUBSCRIPTION: "images-new" });
    expect(await wrong.exit).toBe(2);
    expect(wrong.lines()).toMatchObject([
      { severity: "CRITICAL", message: expect.stringContaining('SUBSCRIPTION is "images-new"') },
    ]);

    const google = await fake();
    google.failNext("pull", 403);
    const refused = run({ PUBSUB_EMULATOR_HOST: google.host, STORAGE_EMULATOR_HOST: google.host });
    expect(await refused.exit).toBe(1);
    expect(refused.lines()).toMatchObject([{ severity: "CRITICAL", message: expect.stringContaining("HTTP 403") }]);
  });

  it("needs what its image installs, at the versions the tests ran with", () => {
    const read = (file: string): Record<string, Record<string, string>> => JSON.parse(readFileSync(file, "utf8"));
    const { dependencies } = read(`${folder}package.json`);
    const { devDependencies } = read(fileURLToPath(new URL("../../../package.json", import.meta.url)));
    for (const [name, version] of Object.entries(dependencies!)) expect(devDependencies![name], name).toBe(version);
  });
});

describe("a message", () => {
  afterEach(() => vi.useRealTimers());
  const one: Message = { ackId: "m1", attributes: { bucketId: "b", objectId: "o", objectGeneration: "1" } };

  it("is kept from other workers while its image is looked at, and given back unread when the worker is stopped", async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const calls: string[] = [];
    const held = Promise.withResolvers<Uint8Array>();
    const google = script({
      pull: async () => [one, { ...one, ackId: "m2" }],
      read: () => held.promise,
      acknowledge: async (ids) => void calls.push(`acknowledge ${ids.join()}`),
      extend: async (ids, seconds) => void calls.push(`extend ${ids.join()} ${seconds}`),
      publish: async () => void calls.push("publish"),
    });
    const working = work({ google, signal: stop.signal, log: () => {}, deadlineSeconds: 120 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual(["extend m1,m2 120"]);
    stop.abort();
    held.resolve(draw("blank", 1));
    await working;
    expect(calls).toEqual(["extend m1,m2 120", "publish", "acknowledge m1", "extend m2 0"]);
  });

  it("is asked for again after a pause that grows when Google is not well", async () => {
    const stop = new AbortController();
    const pauses: number[] = [];
    const google = script({
      pull: async () => {
        throw new Refused(503, "pull", "");
      },
    });
    await work({
      google,
      signal: stop.signal,
      log: () => {},
      pause: async (ms) => {
        if (pauses.push(ms) === 9) stop.abort();
      },
    });
    for (const [index, ms] of pauses.entries()) {
      const longest = Math.min(30_000, 500 * 2 ** index);
      expect(ms).toBeGreaterThanOrEqual(longest / 2);
      expect(ms).toBeLessThanOrEqual(longest);
    }
  });
});

it("uses a token until a minute before it ends", async () => {
  let asked = 0;
  let nowMs = 0;
  vi.stubGlobal("fetch", async (_: string, { headers }: { headers: Record<string, string> }) => {
    expect(headers).toEqual({ "metadata-flavor": "Google" });
    return Response.json({ access_token: `t${++asked}`, expires_in: 3600, token_type: "Bearer" });
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const token = metadataToken("metadata", () => nowMs);
  expect(await token()).toBe("t1");
  nowMs = 3539_000;
  expect(await token()).toBe("t1");
  nowMs = 3540_000;
  expect(await token()).toBe("t2");
});

async function fake(): Promise<FakeGoogle> {
  const google = await fakeGoogle();
  onTestFinished(() => google.close());
  return google;
}

function put(google: FakeGoogle, name: string, bytes: Uint8Array): void {
  google.objects.set(`images/${name}#7`, bytes);
  google.send({ bucketId: "images", objectId: name, objectGeneration: "7", eventType: "OBJECT_FINALIZE" });
}

function run(environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [`${folder}main.ts`], {
    env: { PATH: process.env["PATH"], SUBSCRIPTION: subscription, RESULTS: results, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  return {
    child,
    exit: once(child, "close").then(([code]) => code as number | null),
    lines: () =>
      output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

/** Columns of the table, in their order, as the stack's program makes it. */
function columns(): readonly string[] {
  const program = readFileSync(`${folder}../program.ts`, "utf8");
  const table = program.slice(program.indexOf("columns: {"), program.indexOf("partition:"));
  return [...table.matchAll(/^\s+(\w+): \{ type:/gm)].map(([, name]) => name!);
}

function script(calls: Partial<Google>): Google {
  const none = (): never => {
    throw new Error("not expected");
  };
  return { pull: none, acknowledge: none, extend: none, read: none, publish: none, ...calls };
}

/** A PNG whose header says that it is a million pixels wide and high. */
function vast(png: Uint8Array): Uint8Array {
  const changed = png.slice();
  const view = new DataView(changed.buffer);
  view.setUint32(16, 1_000_000);
  view.setUint32(20, 1_000_000);
  return changed;
}

function palettePng(): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(10, 0);
  header.writeUInt32BE(2, 4);
  header.set([1, 3, 0, 0, 0], 8);
  const rows = Buffer.from([0, 0b00000000, 0b10000000, 0, 0b10000000, 0b00000000]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from([255, 0, 0, 9, 9, 9])),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
