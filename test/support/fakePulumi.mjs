// Plays the scripts of fakePulumi.ts: `fakePulumi.mjs <folder> <arguments of pulumi...>`.
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

const [folder, ...args] = process.argv.slice(2);
const notes = path.join(folder, "notes");
appendFileSync(
  path.join(folder, "calls.jsonl"),
  `${JSON.stringify({ args, env: { ...process.env }, cwd: process.cwd(), pid: process.pid })}\n`,
);

const scripts = JSON.parse(readFileSync(path.join(folder, "scripts.json"), "utf8"));
const words = Object.keys(scripts)
  .filter((key) => `${args.join(" ")} `.startsWith(`${key} `))
  .sort((a, b) => b.length - a.length)[0];
if (words === undefined) {
  process.stderr.write(`error: the double has no script for: ${args.join(" ")}\n`);
  process.exit(2);
}
const call = next(`calls of ${words}`.replaceAll(" ", "-"));
const acts = scripts[words][Math.min(call, scripts[words].length - 1)] ?? [];

let interrupts = 0;
const waiting = [];
// Without an act that waits for it, an interrupt is what it is for every process.
if (acts.some((act) => "until" in act)) {
  process.on("SIGINT", () => {
    interrupts += 1;
    waiting.shift()?.();
  });
}

let stream;
for (const act of acts) {
  if ("event" in act) await send(act.event);
  else if ("stdout" in act) await write(process.stdout, act.stdout);
  else if ("stderr" in act) await write(process.stderr, act.stderr);
  else if ("lines" in act)
    for (let i = 0; i < act.lines; i++) await write(process.stdout, `${String(i).padEnd(99, ".")}\n`);
  else if ("wait" in act) await new Promise((resolve) => setTimeout(resolve, act.wait));
  else if ("mkdir" in act) mkdirSync(act.mkdir, { recursive: true });
  else if ("reach" in act) note(act.reach, String(process.pid));
  else if ("until" in act) await interrupted();
  else if ("fork" in act) {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    note("child", String(child.pid));
  } else if ("die" in act) {
    process.kill(process.pid, act.die);
    await new Promise(() => setInterval(() => {}, 1000));
  } else if ("exit" in act) {
    await stream?.end();
    process.exit(act.exit);
  }
}
await stream?.end();
process.exit(0);

async function interrupted() {
  if (interrupts > 0) {
    interrupts -= 1;
    return;
  }
  const timer = setInterval(() => {}, 1000);
  await new Promise((resolve) => waiting.push(resolve));
  interrupts -= 1;
  clearInterval(timer);
}

function write(to, text) {
  return new Promise((resolve) => to.write(text, resolve));
}

/** The number of this call among its kind; each is a folder that can be made once. */
function next(kind) {
  mkdirSync(path.join(notes, kind), { recursive: true });
  for (let at = readdirSync(path.join(notes, kind)).length; ; at++) {
    try {
      mkdirSync(path.join(notes, kind, String(at)));
      return at;
    } catch {
      // Another call was faster.
    }
  }
}

function note(name, text) {
  writeFileSync(path.join(notes, `${name}.tmp`), text);
  renameSync(path.join(notes, `${name}.tmp`), path.join(notes, name));
}

async function send(event) {
  stream ??= await connect();
  await stream.send(event);
}

/** The Events service of whoever called us. */
async function connect() {
  const { default: grpc } = await import("@grpc/grpc-js");
  const { default: rpc } = await import("@pulumi/pulumi/proto/events_grpc_pb.js");
  const { default: proto } = await import("@pulumi/pulumi/proto/events_pb.js");
  const address = args[args.indexOf("--event-log") + 1].replace("tcp://", "");
  const client = new rpc.EventsClient(address, grpc.credentials.createInsecure());
  let ended;
  const done = new Promise((resolve) => {
    ended = resolve;
  });
  const sending = client.streamEvents(() => ended());
  let sequence = 0;
  return {
    send(event) {
      const request = new proto.EventRequest();
      sequence += 1;
      request.setEvent(JSON.stringify({ sequence, timestamp: 1, ...event }));
      return new Promise((resolve) => sending.write(request, resolve));
    },
    async end() {
      sending.end();
      await done;
    },
  };
}
