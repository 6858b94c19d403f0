// The way of events from a run to whoever reads it.
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { EventStream } from "../../automation/eventStream.ts";

const neverLeft = (): Promise<void> => Promise.reject(new Error("the reader left"));

it("gives every event once, in order, to a reader that lags, catches up and waits", async () => {
  const stream = new EventStream<number>(neverLeft);
  let pushed = 0;
  const push = (count: number): void => {
    for (let at = 0; at < count; at++) stream.push(pushed++);
  };
  push(3000);
  const read: number[] = [];
  for await (const event of stream) {
    read.push(event);
    if (event < 2000 && event % 2 === 0) push(1);
    else if (event === 3999) setImmediate(push, 2);
    else if (event === 4001) stream.end();
  }
  expect(read).toEqual(Array.from({ length: 4002 }, (_, at) => at));
});

it("lets go of what was taken, also while more waits", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const stream = new EventStream<object>(neverLeft);
  const made = Array.from({ length: 10 }, () => {
    const event = {};
    stream.push(event);
    return new WeakRef(event);
  });
  const reader = stream[Symbol.asyncIterator]();
  for (let at = 0; at < 9; at++) await reader.next();
  await turn();
  collect();
  expect(made.map((one) => one.deref() !== undefined)).toEqual([...Array(9).fill(false), true]);
});

it("tells an error after the last event, once", async () => {
  const stream = new EventStream<string>(neverLeft);
  stream.push("a");
  stream.end(new Error("the disk is full"));
  stream.push("too late");
  const reader = stream[Symbol.asyncIterator]();
  expect(await reader.next()).toEqual({ done: false, value: "a" });
  await expect(reader.next()).rejects.toThrow("the disk is full");
  expect(await reader.next()).toEqual({ done: true, value: undefined });
  expect(await reader.return!()).toEqual({ done: true, value: undefined });
});

it("waits for what has to end when the reader leaves, and has nothing more for it", async () => {
  let left = 0;
  const stream = new EventStream<string>(async () => {
    await turn();
    left++;
  });
  stream.push("a");
  stream.push("b");
  for await (const event of stream) if (event === "a") break;
  expect(left).toBe(1);
  stream.push("c");
  const reader = stream[Symbol.asyncIterator]();
  expect(await reader.next()).toEqual({ done: true, value: undefined });
  await reader.return!();
  expect(left).toBe(1);
});

it("answers everybody who asks before there is anything", async () => {
  const stream = new EventStream<string>(async () => {});
  const reader = stream[Symbol.asyncIterator]();
  const asked = [reader.next(), reader.next(), reader.next()];
  stream.push("a");
  await turn();
  stream.push("b");
  await turn();
  await reader.return!();
  expect(await Promise.all(asked)).toEqual([
    { done: false, value: "a" },
    { done: false, value: "b" },
    { done: true, value: undefined },
  ]);
});
